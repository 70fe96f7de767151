#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// Whether the text is one JSON object (RFC 8259) and nothing else. Decided by parsing, in time proportional to its
// length and with bounded depth (kMaxJsonDepth): a deeper one counts as no object. So does one that is not UTF-8
// throughout or that begins with a byte order mark.
bool is_json_object(std::string_view text);

// What is added to the metadata of what is copied.
enum class CopyMetadata : std::uint8_t { kInterconnect, kNone };

// The event as the destination is to have it. With kInterconnect: everything as it is, and metadata = the original
// members plus `eventStreamId`, `eventId` and `eventType`. A top-level member of the same name has its value replaced
// in place (each of them, should the name be there twice; a name written with escapes counts), what is missing is added
// behind the last member, and every other byte stays. Empty metadata becomes an object with the three; metadata that is
// not a JSON object is kept untouched. In the added values, bytes that are not UTF-8 become U+FFFD.
//
// With kNone: everything as it is.
//
// With both, an event of a metadata stream (`$$x`) gets one member more, `eventRevision`: its revision in the source, a
// number, by which the copy tells what is newer.
Event with_copy_metadata(const EventView& event, CopyMetadata added = CopyMetadata::kInterconnect);

// What `eventRevision` says in the metadata of a copy; nothing if there is none, or no revision.
std::optional<Revision> copied_revision(std::string_view metadata);

}  // namespace interconnect
