#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "domain/event.h"
#include "domain/store_error.h"

namespace interconnect {

// One write to one stream, atomic at the server, with the exact expected revision.
struct Append {
  std::uint64_t id = 0;  // the asker's; the outcome carries it
  std::string_view stream;
  Revision expected_revision = kNoStream;  // the stream's last revision before the write
  std::span<const Event> events;
};

// What events count against a server's limit for one append (MaxAppendSize, 1 MiB by default), which is summed over the
// append. Event.SizeOnDisk (Event.cs) is of data, metadata and type from the first, but before 24.10.4 a `??` that
// binds less than `+` makes it the data alone; 25.0.0 counts as 24.10.4 does.
enum class AppendSizeRule : std::uint8_t {
  kData,
  kDataMetadataAndType,  // the type with two bytes for each of its UTF-16 units
};

// So much the event counts.
std::size_t append_size(const EventView& event, AppendSizeRule rule);

struct Appended {
  Revision last_revision = kNoStream;  // the revision of the append's last event
  // The server had them already, and has written nothing. Over gRPC this shows only where another append has been
  // confirmed in between.
  bool was_repeated = false;

  friend bool operator==(const Appended&, const Appended&) = default;
};

struct WrongExpectedVersion {
  std::optional<Revision> current;  // where the server told it; kNoStream: the stream has no events

  friend bool operator==(const WrongExpectedVersion&, const WrongExpectedVersion&) = default;
};

using AppendOutcome = std::variant<Appended, WrongExpectedVersion, StoreError>;

}  // namespace interconnect
