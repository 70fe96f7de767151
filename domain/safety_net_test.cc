#include "domain/safety_net.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

SafetyAction answer(SafetyAction configured, WriteFailureReason reason) {
  return StockSafetyNet(configured).cannot_write_event({}, {reason, ""});
}

TEST(StockSafetyNetTest, DoesAsToldWithAnEventThatIsNotTaken) {
  for (const SafetyAction action :
       {SafetyAction::kExit, SafetyAction::kRetry, SafetyAction::kSkip, SafetyAction::kPark}) {
    EXPECT_EQ(answer(action, WriteFailureReason::kTimedOut), action);
    EXPECT_EQ(answer(action, WriteFailureReason::kRejected), action);
    EXPECT_EQ(answer(action, WriteFailureReason::kStreamDenied), action);
  }
}

TEST(StockSafetyNetTest, GivesNoEventUpBecauseOfItsDestination) {
  for (const WriteFailureReason reason : {WriteFailureReason::kUnreachable, WriteFailureReason::kRefused}) {
    EXPECT_EQ(answer(SafetyAction::kSkip, reason), SafetyAction::kExit);
    EXPECT_EQ(answer(SafetyAction::kPark, reason), SafetyAction::kExit);
    EXPECT_EQ(answer(SafetyAction::kExit, reason), SafetyAction::kExit);
    EXPECT_EQ(answer(SafetyAction::kRetry, reason), SafetyAction::kRetry);
  }
}

TEST(StockSafetyNetTest, AlwaysSkipsWhatIsNotAllowed) {
  EXPECT_EQ(StockSafetyNet({}, SafetyAction::kPark).invalid_event({}, {true, ""}), SafetyAction::kPark);
  EXPECT_EQ(StockSafetyNet({}, SafetyAction::kPark).invalid_event({}, {false, ""}), SafetyAction::kSkip);
}

}  // namespace
}  // namespace interconnect
