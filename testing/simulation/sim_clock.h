#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "ports/clock.h"
#include "testing/simulation/context.h"

namespace interconnect::simulation {

// Virtual time. Alarms ring a little late.
class SimClock final : public Clock {
 public:
  explicit SimClock(Context& context) : context_(context) {}

  Time now() const override { return context_.now(); }
  void set_alarm(Time when, std::function<void()> alarm) override {
    const int number = ++alarm_number_;
    const Duration late = context_.random.between(0, 500) * std::chrono::microseconds(1);
    context_.scheduler.at(when + late, lifeline_.guard([this, number, alarm = std::move(alarm)] {
      if (number == alarm_number_) alarm();
    }));
  }

 private:
  Context& context_;
  int alarm_number_ = 0;
  Lifeline lifeline_;
};

}  // namespace interconnect::simulation
