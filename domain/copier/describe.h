#pragma once

#include <string>
#include <string_view>

#include "domain/event.h"
#include "domain/excerpt.h"

namespace interconnect {

// An event for people: its id, type, revision and stream. A producer chose its names.
inline std::string name(const EventView& event) {
  return "event " + to_string(event.id) + " (type '" + excerpt(event.type) + "', revision " +
         std::to_string(event.revision) + " of stream '" + excerpt(event.stream) + "')";
}

// The last words of a process that an invalid event ends.
inline std::string last_words_of_invalid(const EventView& event, std::string_view reason) {
  return "invalid: " + name(event) + ": " + std::string(reason) +
         "; safetyNet.onInvalidEvent: skip or park goes on without it";
}

}  // namespace interconnect
