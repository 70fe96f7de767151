#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/append.h"
#include "domain/event.h"
#include "ports/store_settings.h"

// From the messages of the server to values. All views point into the message that they were decoded from.
namespace interconnect::next {

// The message is not what the protocol says. `reason` is for people.
struct Malformed {
  std::string reason;
};

// UUID: text (field 2), or two big-endian halves (field 1); in both the order is that of the text.
std::optional<EventId> decode_uuid(std::string_view message);

struct SubscriptionConfirmed {
  std::string_view id;
};

// ReadEvent, of streams and of persistent subscriptions alike.
struct PushedEvent {
  std::optional<EventView> event;  // none: the server found no target for the link
  std::optional<EventView> link;
  EventId ack_id;         // the link's where there is one
  Revision position = 0;  // the link's where there is one
  std::int32_t retry_count = 0;
};

// A later server's message that we do not know, or need not.
struct Ignored {};

// persistent_subscriptions.ReadResp.
using SubscriptionMessage = std::variant<PushedEvent, SubscriptionConfirmed, Ignored, Malformed>;
SubscriptionMessage decode_subscription_message(std::string_view message);

struct StreamNotFound {};

// streams.ReadResp.
using ReadMessage = std::variant<PushedEvent, StreamNotFound, Ignored, Malformed>;
ReadMessage decode_read_message(std::string_view message);

struct AppendSuccess {
  // Repeated where the server tells no position: the events are there, and hidden (by $maxCount, $tb, a deletion).
  Appended appended;
  std::optional<std::uint64_t> commit_position;
};

// The success of streams.AppendResp and of streams.BatchAppendResp, which have the same fields; nothing if it is
// malformed, or has no revision.
std::optional<AppendSuccess> decode_append_success(std::string_view message);

// streams.AppendResp. A wrong expected version is an answer, not an error status; it carries its fields twice, those of
// 20.6.0 and the later ones.
std::variant<AppendSuccess, WrongExpectedVersion, Malformed> decode_append_response(std::string_view message);

// server_features.SupportedMethods.
struct ServerFeatures {
  bool has_batch_append = false;  // not so either if it is malformed
  AppendSizeRule size_rule =
      AppendSizeRule::kDataMetadataAndType;  // by the version; of an unknown one: the larger size
};
ServerFeatures decode_server_features(std::string_view message);

// How a server of this version ("24.10.4") counts the size of appends.
AppendSizeRule append_size_rule(std::string_view version);

enum class NodeState { kLeader, kFollower, kReadOnlyReplica, kOther };

struct ClusterMember {
  Endpoint endpoint;
  NodeState state = NodeState::kOther;
  bool alive = false;

  friend bool operator==(const ClusterMember&, const ClusterMember&) = default;
};

// gossip.ClusterInfo.
std::variant<std::vector<ClusterMember>, Malformed> decode_cluster(std::string_view message);

}  // namespace interconnect::next
