#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "domain/stream_read.h"

namespace interconnect {

struct PageBounds {
  std::size_t bytes = 0;   // that a page is to have
  std::size_t events = 0;  // at most
  std::size_t growth = 2;  // from one page to the next, at most
};

// How many events to ask for next, by the size of those of the last page, of which so many were asked for at most. An
// empty page tells nothing.
inline std::int32_t next_page_limit(std::int32_t limit, const StreamPage& page, const PageBounds& bounds) {
  if (page.events.empty()) return limit;
  std::size_t bytes = 1;
  for (const EventView& event : page.events) bytes += event.bytes();
  const std::size_t fitting = bounds.bytes * page.events.size() / bytes;
  const std::size_t most = std::min(bounds.events, bounds.growth * static_cast<std::size_t>(limit));
  return static_cast<std::int32_t>(std::clamp<std::size_t>(fitting, 1, most));
}

}  // namespace interconnect
