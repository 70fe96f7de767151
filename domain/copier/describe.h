#pragma once

#include <string>
#include <string_view>

#include "domain/event.h"
#include "domain/excerpt.h"

namespace interconnect {

// An event for people: its id, type, revision and stream. A producer chose its names.
// For the end of the last words about an invalid event.
inline constexpr std::string_view kPassOverInvalid = "; safetyNet.onInvalidEvent: skip or park goes on without it";

inline std::string name(const EventView& event) {
  return "event " + to_string(event.id) + " (type '" + excerpt(event.type) + "', revision " +
         std::to_string(event.revision) + " of stream '" + excerpt(event.stream) + "')";
}

}  // namespace interconnect
