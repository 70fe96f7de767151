#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "testing/simulation/world.h"

namespace interconnect::simulation {
namespace {

constexpr std::uint64_t kSchedules = 10'000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Bazel's shards share the seeds out.
const std::uint64_t kShards = from_environment("TEST_TOTAL_SHARDS", 1);
const std::uint64_t kShard = from_environment("TEST_SHARD_INDEX", 0);

TEST(SimulationTest, EveryScheduleKeepsTheRules) {
  std::uint64_t copied = 0;
  for (std::uint64_t seed = 1 + kShard; seed <= kSchedules; seed += kShards) {
    const Plan plan = make_plan(seed);
    const Result result = run(plan);
    copied += static_cast<std::uint64_t>(result.events);
    if (result.violations.empty()) continue;
    ADD_FAILURE() << "seed " << seed << ": " << plan.describe() << "\n  " << result.violations.front()
                  << "\n  bazel run //testing/simulation -- --seed " << seed << " --trace";
  }
  EXPECT_GT(copied, 10 * kSchedules / kShards);
}

TEST(SimulationTest, ASeedTellsTheWholeRun) {
  for (std::uint64_t seed = 1 + kShard; seed <= kSchedules; seed += 10 * kShards) {
    const Plan plan = make_plan(seed);
    const Result first = run(plan);
    const Result second = run(plan);
    ASSERT_EQ(first.hash, second.hash) << "seed " << seed;
    ASSERT_EQ(first.ended, second.ended) << "seed " << seed;
  }
}

TEST(SimulationTest, SeedsDiffer) {
  EXPECT_NE(run(make_plan(1)).hash, run(make_plan(2)).hash);
  EXPECT_NE(make_plan(1).describe(), make_plan(2).describe());
}

}  // namespace
}  // namespace interconnect::simulation
