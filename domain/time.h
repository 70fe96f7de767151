#pragma once

#include <chrono>

namespace interconnect {

// Time is told to the domain, never asked for: what has passed since some fixed instant of this process.
using Time = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;

inline constexpr Time kNever = Time::max();

}  // namespace interconnect
