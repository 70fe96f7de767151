#include "app/next_step.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::HasSubstr;

TEST(NextStepTest, NamesTheVariablesOfTheStore) {
  EXPECT_THAT(next_step(Store::kSource, {ErrorKind::kUnavailable, "no connection"}),
              HasSubstr("EVENTSTORE_INTERCO_CONNECTION_STRING_SRC"));
  EXPECT_THAT(next_step(Store::kDestination, {ErrorKind::kNotAuthenticated, "no"}),
              HasSubstr("set EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_DST"));
  EXPECT_THAT(next_step(Store::kDestination, {ErrorKind::kAccessDenied, "no"}), HasSubstr("at the destination"));
}

TEST(NextStepTest, IsAClauseOrNothing) {
  for (const ErrorKind kind :
       {ErrorKind::kTimeout, ErrorKind::kUnavailable, ErrorKind::kNotReady, ErrorKind::kNotAuthenticated,
        ErrorKind::kAccessDenied, ErrorKind::kNotFound, ErrorKind::kStreamDeleted, ErrorKind::kTooLarge,
        ErrorKind::kUnsupported, ErrorKind::kInvalid}) {
    const std::string step = next_step(Store::kSource, {kind, "no"});
    EXPECT_TRUE(step.empty() || step.starts_with("; ")) << step;
  }
}

TEST(NextStepTest, IsNotAddedToAnother) {
  EXPECT_EQ(next_step(Store::kSource, {ErrorKind::kUnavailable, "no connection: there is no TLS at this port"}), "");
  EXPECT_EQ(next_step(Store::kSource, {ErrorKind::kNotAuthenticated, "the server's certificate is refused"}), "");
}

}  // namespace
}  // namespace interconnect
