#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// When to try again after a loss: the first time at once, then `delay` apart, `max_attempts` times in all. A success
// counts them anew, but does not allow another attempt at once within `delay` of the last one: a server that takes
// every connection and drops it is not hammered.
class RetrySchedule {
 public:
  explicit RetrySchedule(const ReconnectionSettings& settings) : settings_(settings) {}

  // How long to wait before the next attempt; nothing if there is none left.
  std::optional<Duration> next(Time now) {
    if (settings_.max_attempts >= 0 && attempts_ >= settings_.max_attempts) return std::nullopt;
    const bool at_once = attempts_++ == 0 && (!at_once_ || now - *at_once_ >= settings_.delay);
    if (!at_once) return settings_.delay;
    at_once_ = now;
    return Duration::zero();
  }

  void succeeded() { attempts_ = 0; }

 private:
  ReconnectionSettings settings_;
  std::int32_t attempts_ = 0;
  std::optional<Time> at_once_;
};

}  // namespace interconnect::next
