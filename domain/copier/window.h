#pragma once

#include <cstddef>
#include <cstdint>

#include "domain/time.h"

namespace interconnect {

// How much may be on its way to the destination, in events and in bytes: as much as keeps it busy, and not much more.
//
// A share of both bounds, set anew about once a round trip by what appends wait for at the destination: their time
// above the least that one has taken (as Vegas and LEDBAT measure a queue). Below the target the share grows, if it is
// what holds the copy back: twofold until it has been too much for the first time, slower the nearer it comes to the
// target. Above, it shrinks in proportion. So a destination of any speed ends up with a queue of about the target's
// length. From time to time the share is quartered for a round, so that the least time is measured without a queue.
class Window {
 public:
  struct Settings {
    std::size_t max_events = 0;
    std::size_t max_bytes = 0;
    Duration target{0};  // 0: always as large as allowed
  };

  explicit Window(const Settings& settings);

  std::size_t events() const { return events_; }
  std::size_t bytes() const { return bytes_; }

  // More was to be sent than fits.
  void on_full() { was_full_ = true; }
  void on_completed(Time sent, Time now);
  // The destination did not answer in time, or said that it has too much to do.
  void on_overload(Time now);

 private:
  void end_round(Time now);
  void set_share(double share);

  Settings settings_;
  double share_;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;

  bool has_had_enough_ = false;  // doubling is over
  bool was_full_ = false;
  Time round_began_ = Time::min();
  Duration round_sum_{0};
  Duration round_least_ = Duration::max();
  std::int64_t round_count_ = 0;

  Time overloaded_at_ = Time::min();
  Duration least_ = Duration::max();
  Time next_probe_{0};
  double share_before_probe_ = 0;  // not 0: this round has a quarter of it
};

}  // namespace interconnect
