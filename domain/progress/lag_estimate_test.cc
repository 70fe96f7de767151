#include "domain/progress/lag_estimate.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

TEST(LagEstimateTest, NothingIsKnownBeforeTheFirstLook) { EXPECT_EQ(LagEstimate().at(5, 1s), std::nullopt); }

TEST(LagEstimateTest, IsNothingOnceAllIsSettled) {
  LagEstimate lag;
  lag.on_end(9, 1s);
  EXPECT_EQ(lag.at(9, 5s), Lag{});
  EXPECT_EQ(lag.at(12, 5s), Lag{});  // what was settled since the look
}

TEST(LagEstimateTest, OfAStreamWithoutEventsIsNothing) {
  LagEstimate lag;
  lag.on_end(kNoStream, 1s);
  EXPECT_EQ(lag.at(kNoStream, 100s), Lag{});
}

TEST(LagEstimateTest, CountsEventsAndTheTimeSinceTheEndWasBeyond) {
  LagEstimate lag;
  lag.on_end(9, 10s);
  lag.on_end(19, 20s);
  lag.on_end(29, 30s);
  EXPECT_EQ(lag.at(4, 31s), (Lag{25, 21s}));
  EXPECT_EQ(lag.at(9, 31s), (Lag{20, 11s}));
  EXPECT_EQ(lag.at(28, 31s), (Lag{1, 1s}));
}

TEST(LagEstimateTest, AnEndThatStandsStillKeepsItsTime) {
  LagEstimate lag;
  for (const Time now : {10s, 20s, 30s}) lag.on_end(9, now);
  EXPECT_EQ(lag.at(kNoStream, 31s), (Lag{10, 21s}));
}

TEST(LagEstimateTest, AStreamMadeAnewBeginsAnew) {
  LagEstimate lag;
  lag.on_end(99, 10s);
  lag.on_end(0, 50s);
  EXPECT_EQ(lag.at(kNoStream, 51s), (Lag{1, 1s}));
}

TEST(LagEstimateTest, ALongBacklogKeepsItsBeginning) {
  LagEstimate lag;
  for (int i = 0; i < 100'000; ++i) lag.on_end(i, std::chrono::seconds(i));
  EXPECT_EQ(lag.at(kNoStream, 100'000s), (Lag{100'000, 100'000s}));
  const Lag half = lag.at(49'999, 100'000s).value();
  EXPECT_EQ(half.events, 50'000);
  EXPECT_GT(half.time, 49'500s);
  EXPECT_LE(half.time, 50'000s);
}

}  // namespace
}  // namespace interconnect
