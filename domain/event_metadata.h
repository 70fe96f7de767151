#pragma once

#include <cstddef>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// Whether the text is one JSON object (RFC 8259) and nothing else. Decided by parsing, in time proportional to its
// length and with bounded depth: a deeper one counts as no object.
bool is_json_object(std::string_view text);

// The event as the destination is to have it: everything as it is, and metadata = the original members plus
// `eventStreamId`, `eventId` and `eventType`. A top-level member of the same name has its value replaced in place (each
// of them, should the name be there twice), what is missing is added at the end, and every other byte stays. Empty
// metadata becomes an object with the three; metadata that is not a JSON object is kept untouched.
Event with_copy_metadata(const EventView& event);

}  // namespace interconnect
