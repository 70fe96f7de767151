#pragma once

#include <functional>

#include "domain/time.h"

namespace interconnect {

// Monotonic time and one alarm.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual Time now() const = 0;

  // Calls `alarm` once at or soon after `when`, from the event loop. Replaces the alarm set before, if it has not rung.
  virtual void set_alarm(Time when, std::function<void()> alarm) = 0;
};

}  // namespace interconnect
