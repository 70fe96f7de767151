#pragma once

#include <cstddef>
#include <cstdint>

#include "domain/event_metadata.h"
#include "domain/time.h"

namespace interconnect {

// What bounds the copier. The defaults fit both generations' own limits.
struct CopierSettings {
  // One append, and all of them.
  std::size_t max_append_events = 500;
  std::size_t max_append_bytes = 900 << 10;  // as the destination counts; a lone larger event is sent all the same
  std::size_t max_appends_in_flight = 256;
  std::size_t max_in_flight_events = 8'192;
  std::size_t max_in_flight_bytes = 8 << 20;

  CopyMetadata copy_metadata = CopyMetadata::kInterconnect;

  // How long appends may wait at the destination for one another: by that, as much of these bounds is used as it takes
  // (see Window). 0: all of them, always.
  Duration append_queue_target = std::chrono::milliseconds(50);

  // The order in which events come to the destination: that of the source within each stream; or, with one
  // subscription, that of its deliveries over all streams.
  enum class Ordering : std::uint8_t { kPerStream, kGlobal };
  Ordering ordering = Ordering::kPerStream;

  // Everything that was delivered and is not settled. Beyond it a subscription is reconnected with a smaller buffer.
  // With the safety net's kRetry one stream may hold back half of it before the process ends after all.
  std::size_t max_held_bytes = 32 << 20;

  // From the first sending of an event to its confirmation, retries included.
  Duration writer_timeout = std::chrono::seconds(5);

  // Between two tries of what failed for now: doubled from the one up to the other.
  Duration min_retry_delay = std::chrono::milliseconds(20);
  Duration max_retry_delay = std::chrono::seconds(1);

  // Of the length of the longest pause, each for a reason of its own.
  // Before an event goes again that the safety net wants to be tried again.
  Duration safety_net_pause() const { return max_retry_delay; }
  // Between two connections of our own making, at least; and the first patience with a buffer that is full of what
  // waits for an older event.
  Duration reconnection_interval() const { return max_retry_delay; }
  // After a restart, for what the server redelivers, before the first of it counts as the first of all.
  Duration redelivery_wait() const { return max_retry_delay; }
  // What is left at least of a wait for an older event that a reconnection of our own has interrupted.
  Duration least_rest_of_wait() const { return max_retry_delay / 2; }
  // How often a lane that waits for an older event looks whether it still has to.
  Duration predecessor_interval() const { return max_retry_delay; }
  // How long a gap is waited out at least behind one that just was.
  Duration next_gap_wait() const { return max_retry_delay; }

  // For so long after a connect to a group that had consumers before, the server may still hold older events for a dead
  // connection. A gap in a stream is waited out until then: longer than the servers need to notice that a client is
  // gone without a word (21.2.0: 20 s).
  Duration predecessor_wait = std::chrono::seconds(30);

  // Whether the safety net may skip or park an event that cannot be written: then one that was copied does not tell
  // that those before it were.
  bool may_give_up_events = false;

  // How far back a destination stream is read at least when it is not known what it holds, in events: more than the
  // disorder of whoever filled it before.
  std::int32_t look_up_depth = 64;

  // Acknowledgements are sent in groups of an eighth of the buffer, or after this.
  Duration acknowledgement_delay = std::chrono::milliseconds(5);

  // Look-ups that read at the same time.
  std::size_t max_look_ups = 16;

  // Streams of the source that are read at the same time for links that came without their events.
  std::size_t max_link_reads = 16;

  // Ids that are remembered of what a destination stream holds beyond what came from the source; with more of them the
  // stream is read in step with the source instead.
  std::size_t look_up_memory = 2'048;

  // Streams without work of which such ids are kept.
  std::size_t max_idle_lanes = 128;

  // What is remembered of settled streams and events. What was forgotten is looked up anew.
  std::size_t remembered_streams = 200'000;
  std::size_t remembered_events = 65'536;

  friend bool operator==(const CopierSettings&, const CopierSettings&) = default;
};

}  // namespace interconnect
