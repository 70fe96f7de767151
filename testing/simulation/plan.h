#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/append.h"
#include "domain/copier/settings.h"
#include "domain/safety_net.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect::simulation {

inline constexpr Duration kMillisecond = std::chrono::milliseconds(1);
inline constexpr Duration kSecond = std::chrono::seconds(1);

// What may go wrong in a run. Each is on or off for the whole of it, and fires at random while it is on.
struct Faults {
  bool kill = false;             // the process, as `kill -9`
  bool terminate = false;        // SIGTERM
  bool second_consumer = false;  // another copier in the same group, on the same destination
  bool source_cut = false;       // its connections break; the server may notice late
  bool source_restart = false;
  bool late_acks = false;
  bool lost_acks = false;
  bool message_timeout = false;   // a short one: redelivers what is still held
  bool server_parks = false;      // few retries: the server parks what is still held
  bool sink_slow = false;         // answers take up to a second
  bool sink_not_ready = false;    // refuses for now
  bool sink_late_answer = false;  // written, but the answer comes too late
  bool sink_late_write = false;   // no answer in time, written later or never
  bool sink_breaks = false;       // the connection breaks, before or after the write
  bool sink_restart = false;      // down for a while
  bool sink_long_down = false;    // for longer than the writer timeout
  bool sink_denied = false;       // the rights are gone for a while
  bool stream_denied = false;     // one stream may be neither written nor read
  bool read_errors = false;
  bool read_lag = false;  // what was written is to be read a little later
  bool other_writers = false;
  bool small_appends_only = false;  // the destination's limit for one append is low
  bool poison = false;              // some events are never taken
};

enum class DestinationStart : std::uint8_t { kEmpty, kFull, kHalf, kHalfInDisorder, kFarAhead };

struct Plan {
  std::uint64_t seed = 0;

  Faults faults;
  CopierSettings settings;
  SafetyAction on_write_failure = SafetyAction::kExit;
  SafetyAction on_invalid_event = SafetyAction::kSkip;

  // The source.
  int streams = 1;
  int events = 0;
  int events_at_start = 0;
  bool refused_types = false;
  bool invalid_events = false;
  bool dead_links = false;
  bool unresolved_links = false;   // that the server delivers without their event, or with another
  bool unresolving_group = false;  // links are delivered as events
  bool leaves_out = false;         // categories leave out what is flagged JSON and does not parse
  bool repeated_ids = false;
  bool deletions = false;  // streams are soft-deleted, and some live again; `$metadata` is copied
  std::size_t max_data = 64;
  std::vector<Subscription> subscriptions;
  bool overlapping_subscriptions = false;
  bool group_exists = false;  // with a position
  int history_buffer = 100;
  Duration dead_notice{0};  // until the server notices that a connection is dead, at most

  // The destination.
  DestinationStart destination_start = DestinationStart::kEmpty;
  std::size_t append_limit = 1 << 20;
  AppendSizeRule append_size_rule = AppendSizeRule::kDataMetadataAndType;  // by which the destination counts
  std::size_t max_count = 0;  // each stream shows so many events, its last; 0: all

  Duration faults_end{0};
  Duration workload_end{0};
  bool short_of_memory = false;
  bool keeps_append_order = false;  // the destination does what it is sent in the order of sending

  // Out of order events may come about only where the source itself makes order impossible to keep.
  bool promises_order() const;
  // Where the destination hides events, only the order of copying tells what it hides, and whether they were copied.
  bool promises_no_doubles() const;
  // With Ordering::kGlobal, over all streams.
  bool promises_global_order() const;
  std::string describe() const;
};

Plan make_plan(std::uint64_t seed);

}  // namespace interconnect::simulation
