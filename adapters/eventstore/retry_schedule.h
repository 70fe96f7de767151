#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect {

// What is said once none is left, behind the reason of the last one.
inline constexpr std::string_view kNoMoreAttempts =
    "; the reconnection settings allow no more attempts (reconnection.maxAttempts; -1: without end)";

// When to try again after a loss, for both protocols. The first attempt comes after 20 ms, each later one after twice
// the time. For as long as `patience` no wait is longer than a tenth of it, so that a server that
// is back in time is noticed in time; afterwards attempts are `delay` apart, which is the ceiling throughout.
//
// All attempts within `patience` count as one towards `max_attempts`, however short `delay` is: a restart is outlasted.
// A success counts anew, but the waits go on growing where it did not last for `patience`: a server that takes every
// connection and drops it is not hammered.
class RetrySchedule {
 public:
  explicit RetrySchedule(const ReconnectionSettings& settings) : settings_(settings), patience_(settings.patience) {}

  // How long to wait before the next attempt; nothing if there is none left.
  std::optional<Duration> next(Time now) {
    if (succeeded_at_ && now - *succeeded_at_ >= patience_) wait_ = kFirst;
    succeeded_at_.reset();
    const bool is_first = !lost_at_;
    if (is_first) lost_at_ = now;
    const bool is_urgent = now - *lost_at_ < patience_;
    const Duration delay = settings_.delay;
    const Duration wait = is_urgent ? std::min({wait_, std::max(patience_ / 10, kFirst), delay}) : delay;
    wait_ = std::min(2 * wait_, kLongest);
    if (is_first || !is_urgent) {
      if (settings_.max_attempts >= 0 && attempts_ >= settings_.max_attempts) return std::nullopt;
      ++attempts_;
    }
    return wait;
  }

  void succeeded(Time now) {
    attempts_ = 0;
    lost_at_.reset();
    succeeded_at_ = now;
  }

 private:
  static constexpr Duration kFirst = std::chrono::milliseconds(20);
  static constexpr Duration kLongest = std::chrono::hours(1);  // no `delay` is as long

  ReconnectionSettings settings_;
  Duration patience_;
  std::int32_t attempts_ = 0;
  Duration wait_ = kFirst;
  std::optional<Time> lost_at_;
  std::optional<Time> succeeded_at_;
};

}  // namespace interconnect
