#include "adapters/process_killer/exiting_process_killer.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

class ExitingProcessKillerDeathTest : public testing::TestWithParam<ExitCode> {};

TEST_P(ExitingProcessKillerDeathTest, SaysItsLastWordsAndExitsWithTheCode) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const int code = static_cast<int>(GetParam());
  EXPECT_EXIT(ExitingProcessKiller().kill(GetParam(), "The store is gone."), testing::ExitedWithCode(code),
              "The store is gone. \\(exit code " + std::to_string(code) + "\\)");
}

INSTANTIATE_TEST_SUITE_P(EveryCode, ExitingProcessKillerDeathTest,
                         testing::Values(ExitCode::kStopped, ExitCode::kKilledBySafetyRules,
                                         ExitCode::kWrongConfiguration, ExitCode::kRefusedByServer));

TEST(ProcessExitDeathTest, SaysItOnOneLine) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(ExitingProcessKiller().kill(ExitCode::kStopped, "stream 'a\nb' is gone"), testing::ExitedWithCode(0),
              "stream 'a b' is gone");
}

TEST(ProcessExitDeathTest, RunsNothingOnTheWayOut) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        std::atexit([] { std::abort(); });
        ExitingProcessKiller().kill(ExitCode::kStopped, "Bye.");
      },
      testing::ExitedWithCode(0), "Bye.");
}

}  // namespace
}  // namespace interconnect
