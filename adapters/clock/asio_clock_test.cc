#include "adapters/clock/asio_clock.h"

#include <chrono>
#include <memory>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

TEST(AsioClockTest, TimeGoesForward) {
  boost::asio::io_context context;
  const AsioClock clock(context.get_executor());
  const Time before = clock.now();
  EXPECT_GE(clock.now(), before);
}

TEST(AsioClockTest, RingsOnceAndNotBeforeItsTime) {
  boost::asio::io_context context;
  AsioClock clock(context.get_executor());
  const Time when = clock.now() + std::chrono::milliseconds(2);
  int rung = 0;
  Time rung_at{};
  clock.set_alarm(when, [&] {
    ++rung;
    rung_at = clock.now();
  });
  EXPECT_EQ(rung, 0) << "never from within set_alarm";
  context.run();
  EXPECT_EQ(rung, 1);
  EXPECT_GE(rung_at, when);
}

TEST(AsioClockTest, ALaterCallReplacesTheAlarm) {
  boost::asio::io_context context;
  AsioClock clock(context.get_executor());
  std::vector<int> rung;
  clock.set_alarm(clock.now() + std::chrono::hours(1), [&] { rung.push_back(1); });
  clock.set_alarm(clock.now(), [&] { rung.push_back(2); });
  context.run();
  EXPECT_EQ(rung, std::vector<int>{2});
}

TEST(AsioClockTest, ReplacesAnAlarmWhoseTimeHasAlreadyCome) {
  boost::asio::io_context context;
  AsioClock clock(context.get_executor());
  std::vector<int> rung;
  clock.set_alarm(clock.now(), [&] { rung.push_back(1); });
  // Runs in the same turn of the loop as the first alarm was queued in, before it.
  boost::asio::post(context, [&] { clock.set_alarm(clock.now(), [&] { rung.push_back(2); }); });
  context.run();
  EXPECT_EQ(rung, std::vector<int>{2});
}

TEST(AsioClockTest, AnAlarmMaySetTheNext) {
  boost::asio::io_context context;
  AsioClock clock(context.get_executor());
  int rung = 0;
  clock.set_alarm(clock.now(), [&] {
    ++rung;
    clock.set_alarm(clock.now(), [&] { ++rung; });
  });
  context.run();
  EXPECT_EQ(rung, 2);
}

TEST(AsioClockTest, IsSilentOnceDestroyed) {
  boost::asio::io_context context;
  auto clock = std::make_unique<AsioClock>(context.get_executor());
  bool rung = false;
  clock->set_alarm(clock->now(), [&] { rung = true; });
  clock.reset();
  context.run();
  EXPECT_FALSE(rung);
}

}  // namespace
}  // namespace interconnect
