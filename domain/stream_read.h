#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "domain/event.h"
#include "domain/store_error.h"

namespace interconnect {

enum class ReadDirection : std::uint8_t { kForward, kBackward };

// In place of a revision: from the stream's last event, backward.
inline constexpr Revision kStreamEnd = -1;

// A page of one stream, as it stands there: links are not resolved.
struct StreamRead {
  std::uint64_t id = 0;  // the asker's; the answer carries it
  std::string stream;
  ReadDirection direction = ReadDirection::kForward;
  Revision from = 0;  // the first event wanted
  std::int32_t count = 0;

  friend bool operator==(const StreamRead&, const StreamRead&) = default;
};

struct StreamPage {
  std::span<const EventView> events;  // in reading order; valid during the call that hands it over
  bool stream_exists = true;          // false as well for a stream that is (soft) deleted
  bool end_of_stream = false;         // nothing is left to read in this direction
  Revision next = 0;                  // where the next page begins, unless end_of_stream
};

// kStreamDeleted for a tombstoned stream.
using ReadOutcome = std::variant<StreamPage, StoreError>;

}  // namespace interconnect
