#include "domain/copier/timers.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace interconnect {
namespace {

using namespace std::chrono_literals;

// An owner of timers, as the copier is.
class TimersTest : public testing::Test {
 protected:
  auto holds() const {
    return [this](std::uint64_t number, Time when) {
      const auto it = times_.find(number);
      return it != times_.end() && it->second == when;
    };
  }
  void set(std::uint64_t number, Time when) {
    if (times_.erase(number) > 0) timers_.call_off(holds());
    times_[number] = when;
    timers_.set(number, when);
  }
  void call_off(std::uint64_t number) {
    times_.erase(number);
    timers_.call_off(holds());
  }
  std::vector<std::uint64_t> due(Time now) {
    std::vector<std::uint64_t> numbers;
    while (const auto number = timers_.take_due(now, holds())) {
      times_.erase(*number);
      numbers.push_back(*number);
    }
    return numbers;
  }
  std::optional<Time> next() { return timers_.next(holds()); }

 private:
  std::map<std::uint64_t, Time> times_;
  Timers timers_;
};

TEST_F(TimersTest, RingByTimeThenByNumber) {
  set(3, 5s);
  set(1, 7s);
  set(2, 5s);
  EXPECT_EQ(next(), 5s);
  EXPECT_EQ(due(4s), std::vector<std::uint64_t>{});
  EXPECT_EQ(due(5s), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(due(9s), std::vector<std::uint64_t>{1});
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(TimersTest, WhatIsCalledOffOrSetAnewDoesNotRingAtItsFirstTime) {
  set(1, 5s);
  set(2, 5s);
  call_off(1);
  set(2, 8s);
  EXPECT_EQ(next(), 8s);
  EXPECT_EQ(due(7s), std::vector<std::uint64_t>{});
  EXPECT_EQ(due(8s), std::vector<std::uint64_t>{2});
}

TEST_F(TimersTest, SetAgainForTheSameTimeRingsOnce) {
  set(1, 5s);
  call_off(1);
  set(1, 5s);
  EXPECT_EQ(due(5s), std::vector<std::uint64_t>{1});
}

TEST_F(TimersTest, ThousandsThatAreCalledOffLeaveTheOthers) {
  set(0, 100s);
  for (std::uint64_t number = 1; number <= 10'000; ++number) {
    set(number, 5s);
    call_off(number);
  }
  EXPECT_EQ(next(), 100s);
  EXPECT_EQ(due(100s), std::vector<std::uint64_t>{0});
}

}  // namespace
}  // namespace interconnect
