#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "ports/clock.h"
#include "testing/fakes/event_loop.h"

namespace interconnect::testing {

// The loop's time; the alarm rings when the loop comes to it. The loop outlives the clock.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(FakeEventLoop& loop) : loop_(loop) {}
  ~FakeClock() override { ++*current_; }

  Time now() const override { return loop_.now(); }
  void set_alarm(Time when, std::function<void()> alarm) override {
    const std::uint64_t number = ++*current_;
    loop_.at(when, [number, current = current_, alarm = std::move(alarm)] {
      if (*current == number) alarm();
    });
  }

 private:
  FakeEventLoop& loop_;
  std::shared_ptr<std::uint64_t> current_ = std::make_shared<std::uint64_t>(0);  // the alarm that may ring
};

}  // namespace interconnect::testing
