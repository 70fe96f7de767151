#pragma once

#include <string>

#include "domain/event.h"
#include "domain/excerpt.h"

namespace interconnect {

// An event for people: its id, type, revision and stream. A producer chose its names.
inline std::string name(const EventView& event) {
  return "event " + to_string(event.id) + " (type '" + excerpt(event.type) + "', revision " +
         std::to_string(event.revision) + " of stream '" + excerpt(event.stream) + "')";
}

}  // namespace interconnect
