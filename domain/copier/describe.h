#pragma once

#include <string>

#include "domain/event.h"

namespace interconnect {

// An event for people: its id, type, revision and stream.
inline std::string name(const EventView& event) {
  std::string text = "event " + to_string(event.id) + " (type '";
  text.append(event.type).append("', revision ").append(std::to_string(event.revision));
  text.append(" of stream '").append(event.stream).append("')");
  return text;
}

}  // namespace interconnect
