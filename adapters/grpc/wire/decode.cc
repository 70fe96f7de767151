#include "adapters/grpc/wire/decode.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "adapters/grpc/wire/proto_reader.h"

namespace interconnect::next {
namespace {

void store_big_endian(std::uint64_t value, std::uint8_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

std::optional<std::string_view> decode_stream_identifier(std::string_view message) {
  std::string_view name;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() == 3 && reader.is_bytes()) name = reader.bytes();
  }
  if (!reader.ok()) return std::nullopt;
  return name;
}

std::optional<Revision> to_revision(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<Revision>::max())) return std::nullopt;
  return static_cast<Revision>(value);
}

// An entry of the map "metadata": sets what the event takes from it.
bool decode_metadata_entry(std::string_view entry, EventView& event) {
  std::string_view key;
  std::string_view value;
  ProtoReader reader(entry);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1) key = reader.bytes();
    if (reader.field() == 2) value = reader.bytes();
  }
  if (!reader.ok()) return false;
  if (key == "type") event.type = value;
  if (key == "content-type") event.content = value == "application/json" ? ContentKind::kJson : ContentKind::kBinary;
  return true;
}

std::variant<EventView, Malformed> decode_recorded_event(std::string_view message) {
  EventView event;
  bool has_id = false;
  bool has_stream = false;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() == 3) {
      const auto revision = to_revision(reader.number());
      if (!revision) return Malformed{"an event's revision is out of range"};
      event.revision = *revision;
      continue;
    }
    if (!reader.is_bytes()) continue;
    switch (reader.field()) {
      case 1: {
        const auto id = decode_uuid(reader.bytes());
        if (!id) return Malformed{"an event's id is none"};
        event.id = *id;
        has_id = true;
        break;
      }
      case 2: {
        const auto stream = decode_stream_identifier(reader.bytes());
        if (!stream || stream->empty()) return Malformed{"an event's stream is malformed"};
        event.stream = *stream;
        has_stream = true;
        break;
      }
      case 6:
        if (!decode_metadata_entry(reader.bytes(), event)) return Malformed{"an event's metadata are malformed"};
        break;
      case 7:
        event.metadata = reader.bytes();
        break;
      case 8:
        event.data = reader.bytes();
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return Malformed{"an event is malformed"};
  if (!has_id || !has_stream) return Malformed{"an event lacks its id or its stream"};
  return event;
}

std::variant<PushedEvent, Malformed> decode_read_event(std::string_view message) {
  PushedEvent pushed;
  ProtoReader reader(message);
  while (reader.next()) {
    if ((reader.field() == 1 || reader.field() == 2) && reader.is_bytes()) {
      auto recorded = decode_recorded_event(reader.bytes());
      if (auto* malformed = std::get_if<Malformed>(&recorded)) return std::move(*malformed);
      (reader.field() == 1 ? pushed.event : pushed.link) = std::get<EventView>(recorded);
    } else if (reader.field() == 5) {
      pushed.retry_count = static_cast<std::int32_t>(reader.number());
    }
  }
  if (!reader.ok()) return Malformed{"a pushed event is malformed"};
  if (!pushed.event && !pushed.link) return Malformed{"a pushed event has neither event nor link"};
  const EventView& original = pushed.link ? *pushed.link : *pushed.event;
  pushed.ack_id = original.id;
  pushed.position = original.revision;
  return pushed;
}

}  // namespace

std::optional<EventId> decode_uuid(std::string_view message) {
  std::optional<EventId> id;
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 2) {
      id = parse_event_id(reader.bytes());
      if (!id) return std::nullopt;
    } else if (reader.field() == 1) {
      id.emplace();
      ProtoReader halves(reader.bytes());
      while (halves.next()) {
        if (halves.field() == 1) store_big_endian(halves.number(), id->bytes.data());
        if (halves.field() == 2) store_big_endian(halves.number(), id->bytes.data() + 8);
      }
      if (!halves.ok()) return std::nullopt;
    }
  }
  if (!reader.ok()) return std::nullopt;
  return id;
}

SubscriptionMessage decode_subscription_message(std::string_view message) {
  SubscriptionMessage result = Ignored{};
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1) {
      auto pushed = decode_read_event(reader.bytes());
      if (auto* malformed = std::get_if<Malformed>(&pushed)) return std::move(*malformed);
      result = std::get<PushedEvent>(pushed);
    } else if (reader.field() == 2) {
      SubscriptionConfirmed confirmed;
      ProtoReader fields(reader.bytes());
      while (fields.next()) {
        if (fields.field() == 1) confirmed.id = fields.bytes();
      }
      if (!fields.ok()) return Malformed{"a confirmation is malformed"};
      result = confirmed;
    }
  }
  if (!reader.ok()) return Malformed{"a message of a persistent subscription is malformed"};
  return result;
}

ReadMessage decode_read_message(std::string_view message) {
  ReadMessage result = Ignored{};
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1) {
      auto pushed = decode_read_event(reader.bytes());
      if (auto* malformed = std::get_if<Malformed>(&pushed)) return std::move(*malformed);
      result = std::get<PushedEvent>(pushed);
    } else if (reader.field() == 4) {
      result = StreamNotFound{};
    }
  }
  if (!reader.ok()) return Malformed{"a message of a read is malformed"};
  return result;
}

std::optional<AppendSuccess> decode_append_success(std::string_view message) {
  AppendSuccess success;
  std::optional<Revision> last;
  ProtoReader fields(message);
  while (fields.next()) {
    switch (fields.field()) {
      case 1:
        if (!(last = to_revision(fields.number()))) return std::nullopt;
        break;
      case 2:
        last = kNoStream;
        break;
      case 3: {
        ProtoReader position(fields.bytes());
        while (position.next()) {
          if (position.field() == 1) success.commit_position = position.number();
        }
        if (!position.ok()) return std::nullopt;
        break;
      }
      case 4:
        success.appended.was_repeated = true;
        break;
    }
  }
  if (!fields.ok() || !last) return std::nullopt;
  success.appended.last_revision = *last;
  return success;
}

std::variant<AppendSuccess, WrongExpectedVersion, Malformed> decode_append_response(std::string_view message) {
  std::variant<AppendSuccess, WrongExpectedVersion, Malformed> result =
      Malformed{"an append was answered by neither result"};
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1) {
      const std::optional<AppendSuccess> success = decode_append_success(reader.bytes());
      if (!success) return Malformed{"an append succeeded, and its revision or its position is malformed"};
      result = *success;
      continue;
    }
    if (reader.field() != 2) continue;
    std::optional<Revision> current;
    std::optional<Revision> current_20_6_0;
    ProtoReader fields(reader.bytes());
    while (fields.next()) {
      const std::uint32_t field = fields.field();
      const bool is_revision = field == 1 || field == 6;
      const bool is_no_stream = field == 2 || field == 7;
      if (!is_revision && !is_no_stream) continue;
      auto& target = field > 2 ? current : current_20_6_0;
      if (is_no_stream || fields.number() == std::numeric_limits<std::uint64_t>::max()) {
        target = kNoStream;
      } else if (!(target = to_revision(fields.number()))) {
        return Malformed{"an append was answered by a revision out of range"};
      }
    }
    if (!fields.ok()) return Malformed{"the answer to an append is malformed"};
    result = WrongExpectedVersion{current ? current : current_20_6_0};
  }
  if (!reader.ok()) return Malformed{"the answer to an append is malformed"};
  return result;
}

ServerFeatures decode_server_features(std::string_view message) {
  ServerFeatures features;
  std::string_view version;
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 2) version = reader.bytes();
    if (reader.field() != 1) continue;
    std::string_view method;
    std::string_view service;
    ProtoReader fields(reader.bytes());
    while (fields.next()) {
      if (fields.field() == 1) method = fields.bytes();
      if (fields.field() == 2) service = fields.bytes();
    }
    if (!fields.ok()) return {};
    features.has_batch_append =
        features.has_batch_append || (method == "batchappend" && service == "event_store.client.streams.streams");
  }
  if (!reader.ok()) return {};
  features.size_rule = append_size_rule(version);
  return features;
}

AppendSizeRule append_size_rule(std::string_view version) {
  std::array<int, 3> numbers{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (int& number : numbers) {
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return AppendSizeRule::kDataMetadataAndType;
    at = stop == end ? stop : stop + 1;  // the dot
  }
  // Builds of one's own tell 0.0.0.
  const bool counts_data_alone = numbers[0] > 0 && numbers < std::array{24, 10, 4};
  return counts_data_alone ? AppendSizeRule::kData : AppendSizeRule::kDataMetadataAndType;
}

std::variant<std::vector<ClusterMember>, Malformed> decode_cluster(std::string_view message) {
  constexpr std::uint64_t kFollower = 6;
  constexpr std::uint64_t kLeader = 8;
  constexpr std::uint64_t kReadOnlyReplica = 14;
  std::vector<ClusterMember> members;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() != 1 || !reader.is_bytes()) continue;
    ClusterMember member;
    ProtoReader fields(reader.bytes());
    while (fields.next()) {
      if (fields.field() == 3) {
        switch (fields.number()) {
          case kLeader:
            member.state = NodeState::kLeader;
            break;
          case kFollower:
            member.state = NodeState::kFollower;
            break;
          case kReadOnlyReplica:
            member.state = NodeState::kReadOnlyReplica;
            break;
          default:
            member.state = NodeState::kOther;
        }
      } else if (fields.field() == 4) {
        member.alive = fields.number() != 0;
      } else if (fields.field() == 5) {
        ProtoReader endpoint(fields.bytes());
        while (endpoint.next()) {
          if (endpoint.field() == 1) member.endpoint.host = endpoint.bytes();
          if (endpoint.field() == 2) {
            if (endpoint.number() > UINT16_MAX) return Malformed{"gossip names a port that is none"};
            member.endpoint.port = static_cast<std::uint16_t>(endpoint.number());
          }
        }
        if (!endpoint.ok()) return Malformed{"gossip is malformed"};
      }
    }
    if (!fields.ok()) return Malformed{"gossip is malformed"};
    members.push_back(std::move(member));
  }
  if (!reader.ok()) return Malformed{"gossip is malformed"};
  return members;
}

}  // namespace interconnect::next
