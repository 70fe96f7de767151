#include "adapters/grpc/session/retry_schedule.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

using namespace std::chrono_literals;

constexpr ReconnectionSettings kThreeTimes{.max_attempts = 3, .delay = 10s};

TEST(RetryScheduleTest, TheFirstAttemptIsAtOnceTheOthersAreApart) {
  RetrySchedule schedule(kThreeTimes);
  EXPECT_EQ(schedule.next(100s), 0s);
  EXPECT_EQ(schedule.next(100s), 10s);
  EXPECT_EQ(schedule.next(110s), 10s);
  EXPECT_EQ(schedule.next(120s), std::nullopt);
}

TEST(RetryScheduleTest, ASuccessCountsAnew) {
  RetrySchedule schedule(kThreeTimes);
  schedule.next(100s);
  schedule.next(100s);
  schedule.succeeded();
  EXPECT_EQ(schedule.next(200s), 0s);
  EXPECT_EQ(schedule.next(200s), 10s);
  EXPECT_EQ(schedule.next(200s), 10s);
  EXPECT_EQ(schedule.next(200s), std::nullopt);
}

TEST(RetryScheduleTest, AServerThatTakesAndDropsIsNotHammered) {
  RetrySchedule schedule(kThreeTimes);
  EXPECT_EQ(schedule.next(100s), 0s);
  schedule.succeeded();
  EXPECT_EQ(schedule.next(101s), 10s);
  schedule.succeeded();
  EXPECT_EQ(schedule.next(111s), 0s);
}

TEST(RetryScheduleTest, MinusOneIsWithoutEnd) {
  RetrySchedule schedule({.max_attempts = -1, .delay = 1s});
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(schedule.next(0s));
}

TEST(RetryScheduleTest, ZeroIsNever) {
  RetrySchedule schedule({.max_attempts = 0, .delay = 1s});
  EXPECT_EQ(schedule.next(0s), std::nullopt);
}

}  // namespace
}  // namespace interconnect::next
