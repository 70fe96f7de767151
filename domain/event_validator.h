#pragma once

#include <optional>
#include <string>

#include "domain/event.h"

namespace interconnect {

// Says whether an event of an allowed type is fit to be copied. Implemented by the JSON Schema adapter and by users.
// Called for each such event on the copying thread: must neither block nor throw.
class EventValidator {
 public:
  virtual ~EventValidator() = default;

  // Nothing if the event is valid, else the reason: for a log line, without the event's data in full.
  virtual std::optional<std::string> validate(const EventView& event) const = 0;
};

}  // namespace interconnect
