#pragma once

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
