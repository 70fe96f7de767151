#pragma once

#include <cstdint>

#include "domain/event.h"
#include "domain/verify/digest.h"

namespace interconnect {

// What of two events need not be equal, for stores that another tool filled.
struct PrintRules {
  bool ignores_metadata = false;
  bool compares_json = false;  // what JSON says, not how it is written

  friend bool operator==(const PrintRules&, const PrintRules&) = default;
};

// What must be equal of an event and its copy, in a size that does not depend on the event's.
struct EventPrint {
  EventId id;
  ContentKind content = ContentKind::kBinary;
  Digest type;
  Digest data;
  Digest metadata;

  friend bool operator==(const EventPrint&, const EventPrint&) = default;
};

EventPrint print_of(const EventView& event, const PrintRules& rules);

// Many events in their order, in one digest.
class StreamPrint {
 public:
  void add(const EventPrint& event);
  std::uint64_t events() const { return events_; }

  friend bool operator==(const StreamPrint&, const StreamPrint&) = default;

 private:
  std::uint64_t events_ = 0;
  Digest digest_;
};

}  // namespace interconnect
