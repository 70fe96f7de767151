#pragma once

#include "domain/event.h"

namespace interconnect {

// Whether a category stream may leave the event out: it is flagged as JSON, and is not certain to parse.
//
// From 20.10.2 and 21.2.0 on the servers' projections pass over events that do not (PassesValidation in
// EventFilter.cs). Up to 23.10 Newtonsoft.Json judges, later Utf8JsonReader with a depth of 64. Text that is JSON to
// neither, or to one of them, counts, and so do dates that Newtonsoft.Json cannot hold (DateTimeUtils.cs): it takes
// texts of two forms for dates, and fails where one is not in the years 1 to 9999.
bool may_be_left_out(const EventView& event);

}  // namespace interconnect
