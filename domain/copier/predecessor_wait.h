#pragma once

#include <algorithm>

#include "domain/time.h"

namespace interconnect {

// Until when the events of a subscription may be preceded by older ones. For a while after a connect the server may
// still hold older events for a stale consumer, a connection whose death it has not noticed; it sends them after newer
// ones. A gap in a stream is waited out for as long.
class PredecessorWait {
 public:
  // How long a wait lasts; and how long at least the rest of one that a reconnection of our own has interrupted.
  PredecessorWait(Duration wait, Duration least_rest) : wait_(wait), least_rest_(least_rest) {}

  // kNever while there is no connection: nobody knows then.
  Time until() const { return until_; }

  // Nobody has read from a new group before.
  void on_connected(bool is_new_group, Time now) {
    if (resumed_until_ != kNever) {
      // Else reconnections of our own would put it off for ever.
      until_ = std::max(resumed_until_, now + least_rest_);
    } else {
      until_ = is_new_group ? now : now + wait_;
    }
    resumed_until_ = kNever;
  }
  void on_connection_lost() {
    until_ = kNever;
    resumed_until_ = kNever;
  }
  // The server lists a stale consumer. Extends the wait while it lasts.
  void on_stale_consumer(Time now) {
    const bool is_over = until_ <= now || until_ == kNever;
    if (!is_over) until_ = std::max(until_, now + wait_);
  }

  // The next reconnection of our own begins a wait, instead of resuming the present one: the connection that it gives
  // up is one more that the server may take for alive.
  void renew_at_reconnection() { renews_ = true; }
  void on_reconnecting() {
    if (!renews_) resumed_until_ = std::min(resumed_until_, until_);
    renews_ = false;
    until_ = kNever;
  }

 private:
  Duration wait_;
  Duration least_rest_;
  Time until_{0};
  Time resumed_until_ = kNever;  // the wait that a reconnection of our own interrupted
  bool renews_ = false;
};

}  // namespace interconnect
