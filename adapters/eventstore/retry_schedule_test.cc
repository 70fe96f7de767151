#include "adapters/eventstore/retry_schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace interconnect {
namespace {

using namespace std::chrono_literals;

// The waits of one attempt after the other, each of which fails at once.
std::vector<Duration> waits(RetrySchedule& schedule, Time& now, std::size_t count) {
  std::vector<Duration> all;
  while (all.size() < count) {
    const auto wait = schedule.next(now);
    if (!wait) break;
    all.push_back(*wait);
    now += *wait;
  }
  return all;
}

TEST(RetryScheduleTest, TheFirstAttemptsComeSoon) {
  RetrySchedule schedule({.max_attempts = -1, .delay = 10s, .patience = 5s});
  Time now = 100s;
  EXPECT_EQ(waits(schedule, now, 7), (std::vector<Duration>{20ms, 40ms, 80ms, 160ms, 320ms, 500ms, 500ms}));
}

TEST(RetryScheduleTest, TheDelayCountsOnceTheWriterTimeoutIsOver) {
  RetrySchedule schedule({.max_attempts = -1, .delay = 10s, .patience = 5s});
  Time now = 100s;
  while (now < 105s) now += *schedule.next(now);
  EXPECT_LT(now, 105s + 500ms);
  EXPECT_EQ(schedule.next(now), Duration(10s));
  EXPECT_EQ(schedule.next(now + 10s), Duration(10s));
}

TEST(RetryScheduleTest, TheDelayIsTheCeiling) {
  RetrySchedule schedule({.max_attempts = -1, .delay = 50ms, .patience = 5s});
  Time now = 100s;
  EXPECT_EQ(waits(schedule, now, 4), (std::vector<Duration>{20ms, 40ms, 50ms, 50ms}));
}

TEST(RetryScheduleTest, AttemptsWithinTheWriterTimeoutCountAsOne) {
  RetrySchedule schedule({.max_attempts = 2, .delay = 10s, .patience = 5s});
  Time now = 100s;
  const auto all = waits(schedule, now, 100);
  EXPECT_GT(all.size(), 10u);
  EXPECT_EQ(all.back(), Duration(10s));
  EXPECT_GT(now, 115s);
}

// Else a restart that is shorter than the writer timeout would end the process.
TEST(RetryScheduleTest, AShortDelayDoesNotUseTheAttemptsUpWithinTheWriterTimeout) {
  RetrySchedule schedule({.max_attempts = 3, .delay = 1ms, .patience = 5s});
  Time now = 100s;
  while (now < 105s) {
    const auto wait = schedule.next(now);
    ASSERT_EQ(wait, Duration(1ms)) << "after " << (now - Time(100s)).count();
    now += *wait;
  }
  EXPECT_EQ(waits(schedule, now, 100), (std::vector<Duration>{1ms, 1ms})) << "those before count as one";
}

TEST(RetryScheduleTest, WithoutAWriterTimeoutEveryAttemptCounts) {
  RetrySchedule schedule({.max_attempts = 3, .delay = 1ms, .patience = 0s});
  Time now = 100s;
  EXPECT_EQ(waits(schedule, now, 100), (std::vector<Duration>{1ms, 1ms, 1ms}));
}

TEST(RetryScheduleTest, NoAttemptMayBeAllowed) {
  RetrySchedule schedule({.max_attempts = 0, .delay = 10s, .patience = 5s});
  EXPECT_EQ(schedule.next(100s), std::nullopt);
}

TEST(RetryScheduleTest, ASuccessThatLastsBeginsAnew) {
  RetrySchedule schedule({.max_attempts = 1, .delay = 10s, .patience = 5s});
  Time now = 100s;
  EXPECT_EQ(waits(schedule, now, 3), (std::vector<Duration>{20ms, 40ms, 80ms}));
  schedule.succeeded(now);
  EXPECT_EQ(schedule.next(now + 5s), Duration(20ms));
}

TEST(RetryScheduleTest, AServerThatDropsEveryConnectionIsNotHammered) {
  RetrySchedule schedule({.max_attempts = 1, .delay = 10s, .patience = 5s});
  Time now = 100s;
  Duration wait{};
  for (int i = 0; i < 20; ++i) {
    const auto next = schedule.next(now);
    ASSERT_TRUE(next) << "a success counts anew";
    wait = *next;
    now += wait;
    schedule.succeeded(now);
  }
  EXPECT_EQ(wait, Duration(500ms));
}

}  // namespace
}  // namespace interconnect
