// Breaks each rule on purpose: the simulator must say which.

#include <gtest/gtest.h>

#include <string>

#include "testing/simulation/mutations.h"
#include "testing/simulation/world.h"

namespace interconnect::simulation {
namespace {

constexpr std::uint64_t kSeeds = 400;

// How many of the first schedules are found to break the rule.
int count_caught(const Hooks& hooks, const std::string& violation, std::uint64_t seeds = kSeeds) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Result result = run(make_plan(seed), hooks);
    for (const std::string& found : result.violations) {
      if (found.find(violation) == std::string::npos) continue;
      ++caught;
      break;
    }
  }
  return caught;
}

TEST(MutationTest, AcknowledgingAtDeliveryIsCaught) {
  EXPECT_GT(count_caught(acknowledge_at_delivery(), "acknowledged before it is at the destination"), 300);
}

TEST(MutationTest, ConfirmingWithoutWritingIsCaught) {
  EXPECT_GT(count_caught(answer_without_writing(), "acknowledged before it is at the destination"), 100);
}

TEST(MutationTest, ExpectingAnyRevisionIsCaught) { EXPECT_GT(count_caught(expect_any_revision(), "doubled"), 30); }

TEST(MutationTest, ForgettingTheLookUpIsCaught) { EXPECT_GT(count_caught(forget_the_look_up(), "doubled"), 30); }

TEST(MutationTest, ReorderingARetryIsCaught) { EXPECT_GT(count_caught(reverse_retries(), "out of order", 3 * kSeeds), 10); }

// Few of the schedules promise an order over all streams to a sink that keeps none.
TEST(MutationTest, ClaimingAnOrderIsCaught) {
  EXPECT_GT(count_caught(claim_an_order(), "out of the global order", 20 * kSeeds), 10);
}

TEST(MutationTest, NeverAcknowledgingIsCaught) { EXPECT_GT(count_caught(never_acknowledge(), "it stalls"), 100); }

TEST(MutationTest, NeverExitingIsCaught) {
  EXPECT_GT(count_caught(never_exit(), "asked to stop") + count_caught(never_exit(), "it stalls"), 10);
}

TEST(MutationTest, ChangingDataIsCaught) { EXPECT_GT(count_caught(tamper_with_data(), "not as specified"), 200); }

TEST(MutationTest, NothingIsCaughtWhereNothingIsBroken) { EXPECT_EQ(count_caught({}, ""), 0); }

}  // namespace
}  // namespace interconnect::simulation
