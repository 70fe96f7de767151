#include "adapters/legacy_tcp/wire/replies.h"

#include <limits>
#include <string>
#include <utility>

#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/proto.h"

namespace interconnect::legacy {
namespace {

template <typename Enum>
Enum read_enum(ProtoReader& reader, Enum last) {
  const std::uint64_t value = reader.varint();
  if (value <= static_cast<std::uint64_t>(last)) return static_cast<Enum>(value);
  reader.fail("an enumeration has an unknown value");
  return Enum{};
}

// Reads an EventRecord. The outer reader takes over its error.
std::optional<EventView> read_event_record(ProtoReader& outer) {
  const std::string_view message = outer.bytes();
  if (message.empty()) return std::nullopt;
  EventView event;
  bool has_id = false;
  ProtoReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        event.stream = reader.bytes();
        break;
      case 2:
        event.revision = reader.int64();
        break;
      case 3: {
        const std::string_view id = reader.bytes();
        if (id.size() != kGuidSize) {
          reader.fail("an event id is not 16 bytes long");
          break;
        }
        event.id = event_id_from_wire(id);
        has_id = true;
        break;
      }
      case 4:
        event.type = reader.bytes();
        break;
      case 5:
        event.content = read_enum(reader, ContentKind::kJson);
        break;
      case 7:
        event.data = reader.bytes();
        break;
      case 8:
        event.metadata = reader.bytes();
        break;
      default:
        break;
    }
  }
  if (!has_id) reader.fail("an event has no id");
  if (!reader.error().empty()) outer.fail(reader.error());
  return event;
}

// Reads a ResolvedIndexedEvent.
IndexedEvent read_indexed_event(ProtoReader& outer) {
  IndexedEvent event;
  ProtoReader reader(outer.bytes());
  while (reader.next()) {
    if (reader.field() == 1) event.event = read_event_record(reader);
    if (reader.field() == 2) event.link = read_event_record(reader);
  }
  if (!reader.error().empty()) outer.fail(reader.error());
  return event;
}

void read_fields(ProtoReader& reader, WriteEventsCompleted& reply) {
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        reply.result = read_enum(reader, WriteEventsCompleted::Result::kAccessDenied);
        break;
      case 2:
        reply.message = reader.bytes();
        break;
      case 4:
        reply.last_event_number = reader.int64();
        break;
      case 6:
        reply.commit_position = reader.int64();
        break;
      case 7:
        reply.current_version = reader.int64();
        break;
      default:
        break;
    }
  }
}

void read_fields(ProtoReader& reader, ReadStreamEventsCompleted& reply) {
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        reply.events.push_back(read_indexed_event(reader));
        break;
      case 2:
        reply.result = read_enum(reader, ReadStreamEventsCompleted::Result::kAccessDenied);
        break;
      case 3:
        reply.next_event_number = reader.int64();
        break;
      case 4:
        reply.last_event_number = reader.int64();
        break;
      case 5:
        reply.end_of_stream = reader.boolean();
        break;
      case 7:
        reply.error = reader.bytes();
        break;
      default:
        break;
    }
  }
}

void read_fields(ProtoReader& reader, PersistentSubscriptionConfirmation& reply) {
  while (reader.next()) {
    if (reader.field() == 2) reply.subscription_id = reader.bytes();
    if (reader.field() == 3) reply.last_event_number = reader.int64();
  }
}

void read_fields(ProtoReader& reader, PersistentEventAppeared& reply) {
  while (reader.next()) {
    if (reader.field() == 1) reply.event = read_indexed_event(reader);
    if (reader.field() == 2) reply.retry_count = reader.int32();
  }
  if (!reply.event.event && !reply.event.link) reader.fail("neither an event nor a link is there");
}

void read_fields(ProtoReader& reader, SubscriptionDropped& reply) {
  while (reader.next()) {
    if (reader.field() == 1) reply.reason = read_enum(reader, SubscriptionDropped::Reason::kSubscriberMaxCountReached);
  }
}

void read_fields(ProtoReader& reader, GroupCommandCompleted& reply) {
  while (reader.next()) {
    if (reader.field() == 1) reply.result = read_enum(reader, GroupCommandCompleted::Result::kAccessDenied);
    if (reader.field() == 2) reply.reason = reader.bytes();
  }
}

std::optional<NotHandled::Node> make_node(ProtoReader& reader, std::string_view host, std::int64_t port) {
  if (host.empty() || port == 0) return std::nullopt;
  if (port < 0 || port > std::numeric_limits<std::uint16_t>::max()) {
    reader.fail("a port is out of range");
    return std::nullopt;
  }
  return NotHandled::Node{host, static_cast<std::uint16_t>(port)};
}

void read_master_info(ProtoReader& outer, NotHandled& reply) {
  std::string_view host;
  std::string_view secure_host;
  std::int64_t port = 0;
  std::int64_t secure_port = 0;
  ProtoReader reader(outer.bytes());
  while (reader.next()) {
    if (reader.field() == 1) host = reader.bytes();
    if (reader.field() == 2) port = reader.int64();
    if (reader.field() == 5) secure_host = reader.bytes();
    if (reader.field() == 6) secure_port = reader.int64();
  }
  reply.tcp = make_node(reader, host, port);
  reply.secure_tcp = make_node(reader, secure_host, secure_port);
  if (!reader.error().empty()) outer.fail(reader.error());
}

void read_fields(ProtoReader& reader, NotHandled& reply) {
  const ProtoReader from_start = reader;
  while (reader.next()) {
    if (reader.field() == 1) reply.reason = read_enum(reader, NotHandled::Reason::kIsReadOnly);
  }
  if (reply.reason != NotHandled::Reason::kNotMaster || !reader.error().empty()) return;
  // What `additional_info` is depends on the reason, which may come after it.
  reader = from_start;
  while (reader.next()) {
    if (reader.field() == 2) read_master_info(reader, reply);
  }
}

template <typename T>
Decoded<Reply> decode_as(const Package& package, std::string_view name) {
  T reply;
  ProtoReader reader(package.payload);
  read_fields(reader, reply);
  if (reader.error().empty()) return Reply(std::move(reply));
  return DecodeError{std::string(name) + ": " + std::string(reader.error())};
}

}  // namespace

Decoded<Reply> decode_reply(const Package& package) {
  switch (package.command) {
    case Command::kPersistentSubscriptionStreamEventAppeared:
      return decode_as<PersistentEventAppeared>(package, "PersistentSubscriptionStreamEventAppeared");
    case Command::kWriteEventsCompleted:
      return decode_as<WriteEventsCompleted>(package, "WriteEventsCompleted");
    case Command::kReadStreamEventsForwardCompleted:
    case Command::kReadStreamEventsBackwardCompleted:
      return decode_as<ReadStreamEventsCompleted>(package, "ReadStreamEventsCompleted");
    case Command::kPersistentSubscriptionConfirmation:
      return decode_as<PersistentSubscriptionConfirmation>(package, "PersistentSubscriptionConfirmation");
    case Command::kSubscriptionDropped:
      return decode_as<SubscriptionDropped>(package, "SubscriptionDropped");
    case Command::kCreatePersistentSubscriptionCompleted:
      return decode_as<GroupCommandCompleted>(package, "CreatePersistentSubscriptionCompleted");
    case Command::kUpdatePersistentSubscriptionCompleted:
      return decode_as<GroupCommandCompleted>(package, "UpdatePersistentSubscriptionCompleted");
    case Command::kNotHandled:
      return decode_as<NotHandled>(package, "NotHandled");
    case Command::kHeartbeatRequest:
      return Reply(HeartbeatRequest{});
    case Command::kHeartbeatResponse:
      return Reply(HeartbeatResponse{});
    case Command::kPong:
      return Reply(Pong{});
    case Command::kClientIdentified:
      return Reply(ClientIdentified{});
    case Command::kAuthenticated:
      return Reply(Authenticated{});
    case Command::kNotAuthenticated:
      return Reply(NotAuthenticated{package.payload});
    case Command::kBadRequest:
      return Reply(BadRequest{package.payload});
    default:
      return Reply(OtherReply{package.command});
  }
}

}  // namespace interconnect::legacy
