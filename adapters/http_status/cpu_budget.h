#pragma once

#include <algorithm>
#include <chrono>

namespace interconnect {

// Keeps a thread to a share of one core: after `kBurst` of work it owes a rest for what goes beyond kShare of the time.
class CpuBudget {
 public:
  using Duration = std::chrono::nanoseconds;
  static constexpr int kShare = 10;  // one of so many
  static constexpr Duration kBurst = std::chrono::milliseconds(500);

  // `wall` and `used`: the present time, and what the thread has used of its core so far.
  CpuBudget(Duration wall, Duration used) : wall_(wall), used_(used) {}

  // For how long the thread is to rest now; zero as a rule.
  Duration rest(Duration wall, Duration used) {
    saved_ = std::min(kBurst, saved_ + (wall - wall_) / kShare - (used - used_));
    wall_ = wall;
    used_ = used;
    return saved_ < Duration::zero() ? -saved_ * kShare : Duration::zero();
  }

 private:
  Duration wall_;
  Duration used_;
  Duration saved_ = kBurst;
};

}  // namespace interconnect
