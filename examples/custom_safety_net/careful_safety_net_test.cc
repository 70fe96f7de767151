#include "careful_safety_net.h"

#include "gtest/gtest.h"

namespace interconnect::examples {
namespace {

EventView event(std::string_view type, std::string_view data = "") {
  return {"orders-1", 0, {}, type, ContentKind::kJson, data, ""};
}

TEST(CarefulSafetyNet, ParksWhatCannotBeWritten) {
  CarefulSafetyNet net("PaymentReceived");
  EXPECT_EQ(net.cannot_write_event(event("OrderPlaced"), {WriteFailureReason::kTimedOut, ""}), SafetyAction::kPark);
}

TEST(CarefulSafetyNet, ExitsForTheIndispensableType) {
  CarefulSafetyNet net("PaymentReceived");
  EXPECT_EQ(net.cannot_write_event(event("PaymentReceived"), {WriteFailureReason::kTimedOut, ""}), SafetyAction::kExit);
}

TEST(CarefulSafetyNet, ExitsWhenTheDestinationRefusesEverything) {
  CarefulSafetyNet net("PaymentReceived");
  EXPECT_EQ(net.cannot_write_event(event("OrderPlaced"), {WriteFailureReason::kRefused, ""}), SafetyAction::kExit);
  EXPECT_EQ(net.cannot_write_event(event("OrderPlaced"), {WriteFailureReason::kUnreachable, ""}), SafetyAction::kExit);
}

TEST(CarefulSafetyNet, CountsWhatIsRefused) {
  CarefulSafetyNet net("PaymentReceived");
  EXPECT_EQ(net.invalid_event(event("Picture"), {true, "too long"}), SafetyAction::kSkip);
  EXPECT_EQ(net.invalid_event(event("Other"), {false, "not allowed"}), SafetyAction::kSkip);
  EXPECT_EQ(net.refused(), 2u);
}

TEST(SizeValidator, RefusesWhatIsTooLong) {
  const SizeValidator validator(3);
  EXPECT_EQ(validator.validate(event("Picture", "abc")), std::nullopt);
  EXPECT_EQ(validator.validate(event("Picture", "abcd")), "its data are 4 bytes long; 3 are allowed");
}

}  // namespace
}  // namespace interconnect::examples
