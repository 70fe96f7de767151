#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

enum class ConsumerStrategy : std::uint8_t { kDispatchToSingle, kRoundRobin, kPinned };

// As the servers write them: DispatchToSingle, RoundRobin, Pinned.
std::string_view to_string(ConsumerStrategy strategy);

// A consumer group's settings, under the servers' own names. The defaults are those of the groups that we create: with
// them the server never redelivers or parks an event that we still hold.
struct GroupSettings {
  bool resolve_link_tos = true;
  std::int64_t start_from = 0;  // a revision of the subscribed stream; -1: its end
  bool extra_statistics = false;
  std::chrono::milliseconds message_timeout = std::chrono::hours(1);  // 0 means never on 5.0.1, at once on 21.2.0
  std::int32_t max_retry_count = 1'000'000;
  std::int32_t live_buffer_size = 10'000;
  std::int32_t read_batch_size = 500;
  std::int32_t history_buffer_size = 10'000;  // the HTTP API's bufferSize; above read_batch_size
  std::chrono::milliseconds checkpoint_after{2'000};
  std::int32_t min_checkpoint_count = 10;
  std::int32_t max_checkpoint_count = 1'000;
  std::int32_t max_subscriber_count = 0;  // 0: any number
  ConsumerStrategy consumer_strategy = ConsumerStrategy::kPinned;

  friend bool operator==(const GroupSettings&, const GroupSettings&) = default;
};

// An updated group that has no checkpoint yet begins anew at its start (OnCheckpointLoaded in PersistentSubscription.cs
// of both generations). So an update keeps the group's own start: another one would leave events out, or repeat them.
GroupSettings updated_settings(const GroupSettings& present, const GroupSettings& wanted);
// Whether an update would leave out what waits in the group: it began at the end. `last_checkpoint`: -1 for none.
bool update_loses_place(const GroupSettings& present, std::int64_t last_checkpoint);

// One persistent subscription of the source that is to be copied.
struct Subscription {
  std::string stream;
  std::string group;
  std::int32_t buffer_size = 4'096;  // events that the server sends ahead of their acknowledgement
  GroupSettings settings;

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

// A subscription's place in the configured list.
using SubscriptionIndex = std::size_t;

// What a persistent subscription pushes. Valid during the call that hands it over.
struct Delivery {
  SubscriptionIndex subscription = 0;
  EventId ack_id;         // what is acknowledged: the link's id for an event that came by a link, else the event's
  Revision position = 0;  // the number in the subscribed stream: the link's for an event that came by a link
  std::int32_t retry_count = 0;
  const EventView* event = nullptr;  // null: the server found no target for the link
  const EventView* link = nullptr;   // null: the event came by no link
};

// How a consumer group was found, or what was done to it, for this start of its subscription.
enum class GroupState {
  kCreated,
  kUpdated,    // its settings differed
  kUnchanged,  // its settings were already so
  kKept,       // its settings differ, but an update was refused, or would have lost its place
  kUnread,     // its settings could not be read: left as they are
};

// At the next start, where nothing is done to it in between.
inline GroupState when_found_again(GroupState state) {
  return state == GroupState::kCreated || state == GroupState::kUpdated ? GroupState::kUnchanged : state;
}

struct SubscriptionStarted {
  SubscriptionIndex subscription = 0;
  GroupState group = GroupState::kUnchanged;
  // What the group has now, as far as it could be read; what was asked for otherwise.
  GroupSettings effective;
};

enum class DropReason {
  kConnectionLost,
  kGroupChanged,  // updated or deleted at the server
  kNotFound,
  kAccessDenied,
  kNotAuthenticated,
  kTooManySubscribers,
  kServer,  // anything else the server said
};
std::string_view to_string(DropReason reason);
// For want of credentials or rights.
inline bool is_refusal(DropReason reason) {
  return reason == DropReason::kNotAuthenticated || reason == DropReason::kAccessDenied;
}

}  // namespace interconnect
