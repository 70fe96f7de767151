#include "benchmarks/copy/cell.h"

#include <string>
#include <utility>
#include <vector>

#include "benchmarks/copy/stores.h"
#include "gtest/gtest.h"

namespace interconnect::copy_benchmark {
namespace {

constexpr Shape kShape{.streams = 3, .bytes = 200, .events = 500};

class CellTest : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(CellTest, MeasuresEverything) {
  BenchmarkStore source(GetParam().first);
  BenchmarkStore destination(GetParam().second);
  Plan plan;
  plan.runs = 2;
  plan.live_events = 5;
  const std::vector<Measures> runs = measure(source, destination, kShape, plan);
  ASSERT_EQ(runs.size(), 2u);
  for (const Measures& run : runs) {
    EXPECT_GT(run.copied, 0);
    EXPECT_GT(run.flooded, 0);
    EXPECT_GT(run.consumed, 0);
    EXPECT_GT(run.copier_memory, 0);
    EXPECT_EQ(run.latencies.size(), 5u);
  }
}

INSTANTIATE_TEST_SUITE_P(Directions, CellTest,
                         ::testing::Values(std::pair("test:legacy", "test:21.2.0"),
                                           std::pair("test:21.10", "test:legacy")));

// The copy keeps to the rate of a destination that takes no more, so that it is known what that is.
TEST(Cell, IsHeldBackByAThrottledDestination) {
  BenchmarkStore source("test:legacy");
  BenchmarkStore destination("test:legacy");
  Plan plan;
  plan.runs = 1;
  plan.floods = plan.consumes = false;
  plan.live_events = 0;
  plan.throttle = 1'000;
  const std::vector<Measures> runs = measure(source, destination, kShape, plan);
  ASSERT_EQ(runs.size(), 1u);
  // The first append is taken at once.
  EXPECT_LE(runs.front().copied, 2'000);
}

TEST(BenchmarkStore, RefusesWhatIsNoAddress) {
  EXPECT_THROW(BenchmarkStore("test:5.0.1"), Failure);
  EXPECT_THROW(BenchmarkStore("legacy:localhost:1113"), Failure);
  EXPECT_THROW(BenchmarkStore("localhost:2113"), Failure);
}

TEST(BenchmarkStore, TellsTheCopierWhereAStoreIs) {
  const BenchmarkStore legacy("legacy:db:1114:2114", "admin", "changeit");
  EXPECT_EQ(legacy.environment("SRC"), (Variables{{"EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC", "db"},
                                                  {"EVENTSTORE_INTERCO_HTTP_PORT_SRC", "2114"},
                                                  {"EVENTSTORE_INTERCO_TCP_PORT_SRC", "1114"},
                                                  {"EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC", "admin"},
                                                  {"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", "changeit"}}));
  const BenchmarkStore next("esdb://db:2113?tls=false");
  EXPECT_EQ(next.environment("DST"),
            (Variables{{"EVENTSTORE_INTERCO_CONNECTION_STRING_DST", "esdb://db:2113?tls=false"}}));
  EXPECT_EQ(next.name(), "next at db:2113");
}

}  // namespace
}  // namespace interconnect::copy_benchmark
