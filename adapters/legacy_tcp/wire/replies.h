#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/legacy_tcp/wire/package.h"
#include "domain/event.h"

// What servers send. All texts and event bodies are views into the package. A field that is missing has the value that
// the structure gives it, unless the message is of no use without it. Servers from 22.6 on leave out every number that
// is 0 (ClientMessageDtos.proto is proto3 there, proto2 before), so 0 is what a missing number means; what "none" is
// comes as -1.
namespace interconnect::legacy {

// Either may be missing: an event that is no link comes without `link`, and a resolved link whose target is missing,
// truncated or deleted without `event`.
struct IndexedEvent {
  std::optional<EventView> event;
  std::optional<EventView> link;
};

struct HeartbeatRequest {};
struct HeartbeatResponse {};
struct Pong {};
struct ClientIdentified {};
struct Authenticated {};
struct NotAuthenticated {
  std::string_view reason;
};
struct BadRequest {
  std::string_view reason;
};

struct NotHandled {
  enum class Reason : std::uint8_t { kNotReady = 0, kTooBusy = 1, kNotMaster = 2, kIsReadOnly = 3 };
  struct Node {
    std::string_view host;
    std::uint16_t port = 0;
  };
  Reason reason = Reason::kNotReady;
  // Of the leader, for kNotMaster, as far as it names them.
  std::optional<Node> tcp;
  std::optional<Node> secure_tcp;
};

struct WriteEventsCompleted {
  enum class Result : std::uint8_t {
    kSuccess = 0,
    kPrepareTimeout = 1,
    kCommitTimeout = 2,
    kForwardTimeout = 3,
    kWrongExpectedVersion = 4,
    kStreamDeleted = 5,
    kInvalidTransaction = 6,
    kAccessDenied = 7,
  };
  Result result = Result::kSuccess;
  std::string_view message;
  std::int64_t commit_position = 0;  // -1: of a repeat, of which nothing was written
  std::int64_t last_event_number = 0;
  std::int64_t current_version = 0;  // means something for kWrongExpectedVersion only
};

struct ReadStreamEventsCompleted {
  enum class Result : std::uint8_t {
    kSuccess = 0,
    kNoStream = 1,
    kStreamDeleted = 2,
    kNotModified = 3,
    kError = 4,
    kAccessDenied = 5,
  };
  Result result = Result::kSuccess;
  std::vector<IndexedEvent> events;
  std::int64_t next_event_number = 0;
  std::int64_t last_event_number = 0;
  bool end_of_stream = false;
  std::string_view error;
};

struct PersistentSubscriptionConfirmation {
  std::string_view subscription_id;  // stream::group
  std::int64_t last_event_number = 0;
};

struct PersistentEventAppeared {
  IndexedEvent event;  // at least one of the two is there
  std::int32_t retry_count = 0;
};

struct SubscriptionDropped {
  enum class Reason : std::uint8_t {
    kUnsubscribed = 0,  // what an empty message means: the group was updated or deleted, or we asked for it
    kAccessDenied = 1,
    kNotFound = 2,
    kPersistentSubscriptionDeleted = 3,
    kSubscriberMaxCountReached = 4,
  };
  Reason reason = Reason::kUnsubscribed;
};

// Answers both CreatePersistentSubscription and UpdatePersistentSubscription.
struct GroupCommandCompleted {
  enum class Result : std::uint8_t {
    kSuccess = 0,
    kAlreadyExists = 1,  // of an update: there is no such group
    kFail = 2,
    kAccessDenied = 3,
  };
  Result result = Result::kSuccess;
  std::string_view reason;
};

// A command that we never ask for.
struct OtherReply {
  Command command{};
};

using Reply =
    std::variant<PersistentEventAppeared, WriteEventsCompleted, HeartbeatRequest, HeartbeatResponse, Pong,
                 ClientIdentified, Authenticated, NotAuthenticated, BadRequest, NotHandled, ReadStreamEventsCompleted,
                 PersistentSubscriptionConfirmation, SubscriptionDropped, GroupCommandCompleted, OtherReply>;

Decoded<Reply> decode_reply(const Package& package);

}  // namespace interconnect::legacy
