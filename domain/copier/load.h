#pragma once

#include <cstddef>

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

}  // namespace interconnect
