#include "domain/copier/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace interconnect {
namespace {

using namespace std::chrono_literals;

constexpr Window::Settings kSettings{.max_events = 8'192, .max_bytes = 8 << 20, .target = 50ms};

// A destination that takes appends one after the other at a rate, each answered a way there and back later. The copier
// has always more to send: appends of 10 KiB, as many as the window allows.
class Destination {
 public:
  explicit Destination(double bytes_per_second, Duration way = 1ms) : rate_(bytes_per_second), way_(way) {}

  void set_rate(double bytes_per_second) { rate_ = bytes_per_second; }

  struct Seen {
    double rate = 0;        // bytes a second
    double mean_bytes = 0;  // in flight
    Duration slowest{0};
  };
  Seen run(Window& window, Duration duration) {
    Seen seen;
    const Time end = now_ + duration;
    const Time start = now_;
    double byte_seconds = 0;
    while (true) {
      while (in_flight_.empty() || in_flight_.size() * kAppend + kAppend <= window.bytes()) {
        free_at_ = std::max(free_at_, now_ + way_) + Duration(static_cast<std::int64_t>(1e9 * kAppend / rate_));
        in_flight_.push_back({now_, free_at_ + way_});
      }
      window.on_full();
      const Sent next = in_flight_.front();
      if (next.answered > end) break;
      in_flight_.pop_front();
      byte_seconds += static_cast<double>((in_flight_.size() + 1) * kAppend) *
                      std::chrono::duration<double>(next.answered - now_).count();
      now_ = next.answered;
      seen.slowest = std::max(seen.slowest, next.answered - next.at);
      seen.rate += kAppend;
      window.on_completed(next.at, now_);
    }
    const double seconds = std::chrono::duration<double>(now_ - start).count();
    seen.rate /= seconds;
    seen.mean_bytes = byte_seconds / seconds;
    return seen;
  }

 private:
  static constexpr std::size_t kAppend = 10 << 10;
  struct Sent {
    Time at{0};
    Time answered{0};
  };

  double rate_;
  Duration way_;
  Time now_{0};
  Time free_at_{0};
  std::deque<Sent> in_flight_;
};

TEST(WindowTest, WithoutATargetItIsAsLargeAsAllowed) {
  const Window window({.max_events = 100, .max_bytes = 1'000, .target = 0ms});
  EXPECT_EQ(window.events(), 100u);
  EXPECT_EQ(window.bytes(), 1'000u);
}

TEST(WindowTest, AFastDestinationIsGivenAllThatIsAllowed) {
  Window window(kSettings);
  EXPECT_LT(window.bytes(), kSettings.max_bytes);
  Destination(1e9).run(window, 1s);
  EXPECT_EQ(window.bytes(), kSettings.max_bytes);
  EXPECT_EQ(window.events(), kSettings.max_events);
}

TEST(WindowTest, AThrottledDestinationIsKeptBusyWithAShortQueue) {
  for (const double rate : {1e6, 5e6, 20e6}) {
    Window window(kSettings);
    Destination destination(rate);
    destination.run(window, 3s);  // it settles
    const Destination::Seen seen = destination.run(window, 60s);
    EXPECT_GE(seen.rate, 0.95 * rate);
    EXPECT_LE(seen.mean_bytes, rate * 0.1);  // a tenth of a second's worth
    EXPECT_LE(seen.slowest, 200ms) << rate;
  }
}

TEST(WindowTest, ALongWayIsFilledToo) {
  Window window(kSettings);
  Destination destination(20e6, 60ms);
  destination.run(window, 3s);
  EXPECT_GE(destination.run(window, 60s).rate, 0.95 * 20e6);
}

TEST(WindowTest, ItFollowsADestinationThatChanges) {
  Window window(kSettings);
  Destination destination(20e6);
  destination.run(window, 3s);
  destination.set_rate(2e6);
  destination.run(window, 3s);
  EXPECT_LE(destination.run(window, 20s).mean_bytes, 2e6 * 0.1);
  destination.set_rate(20e6);
  destination.run(window, 3s);
  EXPECT_GE(destination.run(window, 20s).rate, 0.95 * 20e6);
}

TEST(WindowTest, DoesNotGrowWhereThereIsLittleToSend) {
  Window window(kSettings);
  const std::size_t before = window.bytes();
  for (Time now = 0ms; now < 1s; now += 10ms) window.on_completed(now, now + 1ms);
  EXPECT_EQ(window.bytes(), before);
}

TEST(WindowTest, AnOverloadHalvesItOnceForAllThatWasSentTogether) {
  Window window(kSettings);
  Destination(1e9).run(window, 3s);
  window.on_overload(4s);
  window.on_overload(4s);
  EXPECT_EQ(window.bytes(), kSettings.max_bytes / 2);
  window.on_completed(4s, 4s + 1ms);
  window.on_overload(5s);
  EXPECT_EQ(window.bytes(), kSettings.max_bytes / 4);
}

}  // namespace
}  // namespace interconnect
