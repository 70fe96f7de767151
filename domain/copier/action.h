#pragma once

#include <string>
#include <variant>
#include <vector>

#include "domain/append.h"
#include "domain/exit_code.h"
#include "domain/store.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

namespace interconnect {

// To the destination. What the append points to is valid until the copier is called again.
struct SendAppend {
  Append append;
};

// Read ids are unique over both stores.
struct ReadStream {
  Store store = Store::kDestination;
  StreamRead read;
};

struct Acknowledge {
  SubscriptionIndex subscription = 0;
  std::vector<EventId> ack_ids;
};

struct ParkEvent {
  SubscriptionIndex subscription = 0;
  EventId ack_id;
  std::string reason;
};

// More is delivered than may be held: connect again with this buffer size. What was delivered on the old connection and
// is not settled comes again.
struct Resubscribe {
  SubscriptionIndex subscription = 0;
  std::int32_t buffer_size = 0;
};

// Nothing follows it.
struct Exit {
  ExitCode code = ExitCode::kStopped;
  std::string last_words;
};

using Action = std::variant<SendAppend, ReadStream, Acknowledge, ParkEvent, Resubscribe, Exit>;

}  // namespace interconnect
