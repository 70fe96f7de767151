#include "adapters/legacy_tcp/wire/requests.h"

#include <algorithm>
#include <limits>

#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/proto.h"

namespace interconnect::legacy {
namespace {

constexpr std::uint64_t kClientVersion = 1;

std::uint64_t as_varint(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::size_t new_event_size(const Event& event) {
  return bytes_field_size(kGuidSize) + bytes_field_size(event.type().size()) + 2 * varint_field_size(0) +
         bytes_field_size(event.data().size()) +
         (event.metadata().empty() ? 0 : bytes_field_size(event.metadata().size()));
}

void put_new_event(std::string& out, const Event& event) {
  put_bytes_header(out, 1, kGuidSize);
  put_event_id(out, event.id());
  put_bytes_field(out, 2, event.type());
  put_varint_field(out, 3, event.content() == ContentKind::kJson ? 1 : 0);
  put_varint_field(out, 4, 0);  // the metadata's content type: required by the definition, ignored by the server
  put_bytes_field(out, 5, event.data());
  if (!event.metadata().empty()) put_bytes_field(out, 6, event.metadata());
}

std::size_t write_events_payload_size(std::string_view stream, std::int64_t expected_version,
                                      std::span<const Event> events) {
  std::size_t size = bytes_field_size(stream.size()) + varint_field_size(as_varint(expected_version));
  for (const Event& event : events) size += bytes_field_size(new_event_size(event));
  return size + varint_field_size(1);
}

std::size_t ids_size(std::string_view subscription_id, std::span<const EventId> ids) {
  return bytes_field_size(subscription_id.size()) + ids.size() * bytes_field_size(kGuidSize);
}

void put_ids(std::string& out, std::string_view subscription_id, std::span<const EventId> ids) {
  put_bytes_field(out, 1, subscription_id);
  for (const EventId& id : ids) {
    put_bytes_header(out, 2, kGuidSize);
    put_event_id(out, id);
  }
}

std::uint64_t wire_milliseconds(std::chrono::milliseconds value) {
  return as_varint(std::min<std::int64_t>(value.count(), std::numeric_limits<std::int32_t>::max()));
}

std::string group_message(std::string_view stream, std::string_view group, const GroupSettings& settings) {
  std::string out;
  put_bytes_field(out, 1, group);
  put_bytes_field(out, 2, stream);
  put_varint_field(out, 3, settings.resolve_link_tos ? 1 : 0);
  put_varint_field(out, 4, as_varint(settings.start_from));
  put_varint_field(out, 5, wire_milliseconds(settings.message_timeout));
  put_varint_field(out, 6, settings.extra_statistics ? 1 : 0);
  put_varint_field(out, 7, as_varint(settings.live_buffer_size));
  put_varint_field(out, 8, as_varint(settings.read_batch_size));
  put_varint_field(out, 9, as_varint(settings.history_buffer_size));
  put_varint_field(out, 10, as_varint(settings.max_retry_count));
  // What there was before strategies had names; servers that know their names do not look at it.
  put_varint_field(out, 11, settings.consumer_strategy == ConsumerStrategy::kRoundRobin ? 1 : 0);
  put_varint_field(out, 12, wire_milliseconds(settings.checkpoint_after));
  put_varint_field(out, 13, as_varint(settings.max_checkpoint_count));
  put_varint_field(out, 14, as_varint(settings.min_checkpoint_count));
  put_varint_field(out, 15, as_varint(settings.max_subscriber_count));
  put_bytes_field(out, 16, to_string(settings.consumer_strategy));
  return out;
}

void put_group(std::string& out, Command command, const CorrelationId& correlation, const std::string& message) {
  put_package_header(out, command, correlation, message.size());
  out.append(message);
}

}  // namespace

void put_empty(std::string& out, Command command, const CorrelationId& correlation) {
  put_package_header(out, command, correlation, 0);
}

void put_identify_client(std::string& out, const CorrelationId& correlation, std::string_view connection_name) {
  put_package_header(out, Command::kIdentifyClient, correlation,
                     varint_field_size(kClientVersion) + bytes_field_size(connection_name.size()));
  put_varint_field(out, 1, kClientVersion);
  put_bytes_field(out, 2, connection_name);
}

void put_authenticate(std::string& out, const CorrelationId& correlation, const Login& login) {
  put_package_header(out, Command::kAuthenticate, correlation, 0, login);
}

std::size_t write_events_size(std::string_view stream, std::int64_t expected_version, std::span<const Event> events) {
  return package_size(write_events_payload_size(stream, expected_version, events));
}

void put_write_events(std::string& out, const CorrelationId& correlation, std::string_view stream,
                      std::int64_t expected_version, std::span<const Event> events) {
  put_package_header(out, Command::kWriteEvents, correlation,
                     write_events_payload_size(stream, expected_version, events));
  put_bytes_field(out, 1, stream);
  put_varint_field(out, 2, as_varint(expected_version));
  for (const Event& event : events) {
    put_bytes_header(out, 3, new_event_size(event));
    put_new_event(out, event);
  }
  put_varint_field(out, 4, 1);
}

void put_read_stream_events(std::string& out, const CorrelationId& correlation, ReadDirection direction,
                            std::string_view stream, std::int64_t from, std::int32_t count, bool require_leader) {
  const Command command =
      direction == ReadDirection::kForward ? Command::kReadStreamEventsForward : Command::kReadStreamEventsBackward;
  put_package_header(out, command, correlation,
                     bytes_field_size(stream.size()) + varint_field_size(as_varint(from)) +
                         varint_field_size(as_varint(count)) + 2 * varint_field_size(0));
  put_bytes_field(out, 1, stream);
  put_varint_field(out, 2, as_varint(from));
  put_varint_field(out, 3, as_varint(count));
  put_varint_field(out, 4, 0);
  put_varint_field(out, 5, require_leader ? 1 : 0);
}

void put_create_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                        std::string_view group, const GroupSettings& settings) {
  put_group(out, Command::kCreatePersistentSubscription, correlation, group_message(stream, group, settings));
}

void put_update_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                        std::string_view group, const GroupSettings& settings) {
  put_group(out, Command::kUpdatePersistentSubscription, correlation, group_message(stream, group, settings));
}

void put_connect_to_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                            std::string_view group, std::int32_t allowed_in_flight) {
  put_package_header(out, Command::kConnectToPersistentSubscription, correlation,
                     bytes_field_size(group.size()) + bytes_field_size(stream.size()) +
                         varint_field_size(as_varint(allowed_in_flight)));
  put_bytes_field(out, 1, group);
  put_bytes_field(out, 2, stream);
  put_varint_field(out, 3, as_varint(allowed_in_flight));
}

void put_ack_events(std::string& out, const CorrelationId& correlation, std::string_view subscription_id,
                    std::span<const EventId> ids) {
  put_package_header(out, Command::kPersistentSubscriptionAckEvents, correlation, ids_size(subscription_id, ids));
  put_ids(out, subscription_id, ids);
}

void put_nak_events(std::string& out, const CorrelationId& correlation, std::string_view subscription_id,
                    std::span<const EventId> ids, std::string_view message, NakAction action) {
  put_package_header(out, Command::kPersistentSubscriptionNakEvents, correlation,
                     ids_size(subscription_id, ids) + bytes_field_size(message.size()) +
                         varint_field_size(static_cast<std::uint64_t>(action)));
  put_ids(out, subscription_id, ids);
  put_bytes_field(out, 3, message);
  put_varint_field(out, 4, static_cast<std::uint64_t>(action));
}

}  // namespace interconnect::legacy
