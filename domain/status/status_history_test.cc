#include "domain/status/status_history.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

TEST(StatusHistoryTest, TakesASampleEveryFiveSeconds) {
  StatusHistory history;
  for (int second = 0; second <= 10; ++second) {
    history.look(second * 1s, static_cast<std::uint64_t>(second * 100), Lag{second, 1s}, second * 10);
  }
  ASSERT_EQ(history.samples().size(), 3u);
  EXPECT_EQ(history.samples()[0], (StatusHistory::Sample{0s, 0, Lag{0, 1s}, 0}));
  EXPECT_EQ(history.samples()[1], (StatusHistory::Sample{5s, 100, Lag{5, 1s}, 50}));
  EXPECT_EQ(history.samples()[2], (StatusHistory::Sample{10s, 100, Lag{10, 1s}, 100}));
}

TEST(StatusHistoryTest, TheRateIsThatOfTheTimeThatHasPassed) {
  StatusHistory history;
  history.look(1s, 0, std::nullopt, std::nullopt);
  history.look(21s, 100, std::nullopt, std::nullopt);
  EXPECT_EQ(history.samples().back().events_per_second, 5);
}

TEST(StatusHistoryTest, KeepsFifteenMinutes) {
  StatusHistory history;
  for (int second = 0; second <= 3'600; ++second) history.look(second * 1s, 0, std::nullopt, std::nullopt);
  EXPECT_EQ(history.samples().size(), 180u);
  EXPECT_EQ(history.samples().back().at, 3'600s);
  EXPECT_EQ(history.samples().front().at, 3'600s - 179 * 5s);
}

}  // namespace
}  // namespace interconnect
