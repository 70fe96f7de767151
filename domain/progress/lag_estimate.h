#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "domain/event.h"
#include "domain/time.h"

namespace interconnect {

// How far a subscription is behind the end of its stream.
struct Lag {
  std::int64_t events = 0;
  // For how long the end has been beyond what is settled, as far as was seen: what was behind at the start counts from
  // the start.
  Duration time{0};

  friend bool operator==(const Lag&, const Lag&) = default;
};

// Reckons the lag from looks at the stream's end: the servers tell neither.
class LagEstimate {
 public:
  // The stream's last revision as it was read at `now`; kNoStream: it has no events.
  void on_end(Revision end, Time now);

  // All up to `settled` is done with; kNoStream: nothing is. Nothing is known before the first look.
  std::optional<Lag> at(Revision settled, Time now);

  // The last look's; nothing before the first.
  std::optional<Revision> end() const { return end_; }

 private:
  struct Look {
    Time at{0};
    Revision end = kNoStream;
  };
  std::optional<Revision> end_;
  std::deque<Look> unsettled_;  // those whose end was beyond what was settled, oldest first
  Duration spacing_{0};
};

}  // namespace interconnect
