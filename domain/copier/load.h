#pragma once

#include <cstddef>

#include "domain/time.h"

namespace interconnect {

// How much the copier has under way.
struct CopyLoad {
  std::size_t held_events = 0;
  std::size_t held_bytes = 0;
  std::size_t appends_in_flight = 0;
  std::size_t events_in_flight = 0;
  std::size_t bytes_in_flight = 0;
  std::size_t look_ups = 0;
  std::size_t lanes = 0;
};

// Of it, a subscription's share.
struct SubscriptionLoad {
  std::size_t unsettled = 0;  // events delivered on the present connection and not done with
  Time waits_until{0};        // for events that an older consumer of the group may hold; the past: not
};

}  // namespace interconnect
