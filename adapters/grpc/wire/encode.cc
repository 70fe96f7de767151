#include "adapters/grpc/wire/encode.h"

#include <cstring>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"

namespace interconnect::next {
namespace {

namespace persistent = event_store::client::persistent_subscriptions;
namespace streams = event_store::client::streams;

constexpr char kVarint = 0;
constexpr char kBytes = 2;
constexpr char tag(int field, char wire_type) { return static_cast<char>(field << 3 | wire_type); }

constexpr std::string_view kTypeKey = "type";
constexpr std::string_view kContentTypeKey = "content-type";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kBinary = "application/octet-stream";

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

// The size of a field of bytes with a tag of one byte.
std::size_t bytes_field_size(std::size_t size) { return 1 + varint_size(size) + size; }

std::uint64_t load_big_endian(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

// Writes to room that was measured before.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}

  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      *out_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *out_++ = static_cast<char>(value);
  }
  void number_field(int field, std::uint64_t value) {
    *out_++ = tag(field, kVarint);
    varint(value);
  }
  void bytes_header(int field, std::size_t size) {
    *out_++ = tag(field, kBytes);
    varint(size);
  }
  void bytes_field(int field, std::string_view bytes) {
    bytes_header(field, bytes.size());
    if (!bytes.empty()) std::memcpy(out_, bytes.data(), bytes.size());
    out_ += bytes.size();
  }

 private:
  char* out_;
};

// UUID.Structured without its own header.
std::size_t structured_size(const EventId& id) {
  return 2 + varint_size(load_big_endian(id.bytes.data())) + varint_size(load_big_endian(id.bytes.data() + 8));
}

std::size_t uuid_size(const EventId& id) { return bytes_field_size(structured_size(id)); }

void write_uuid_field(Writer& writer, int field, const EventId& id) {
  writer.bytes_header(field, uuid_size(id));
  writer.bytes_header(1, structured_size(id));
  writer.number_field(1, load_big_endian(id.bytes.data()));
  writer.number_field(2, load_big_endian(id.bytes.data() + 8));
}

std::size_t map_entry_size(std::string_view key, std::string_view value) {
  return bytes_field_size(key.size()) + bytes_field_size(value.size());
}

void write_map_entry(Writer& writer, int field, std::string_view key, std::string_view value) {
  writer.bytes_header(field, map_entry_size(key, value));
  writer.bytes_field(1, key);
  writer.bytes_field(2, value);
}

std::string_view content_type(const Event& event) { return event.content() == ContentKind::kJson ? kJson : kBinary; }

// AppendReq.ProposedMessage without its own header.
std::size_t proposed_size(const Event& event) {
  return bytes_field_size(uuid_size(event.id())) + bytes_field_size(map_entry_size(kTypeKey, event.type())) +
         bytes_field_size(map_entry_size(kContentTypeKey, content_type(event))) +
         bytes_field_size(event.metadata().size()) + bytes_field_size(event.data().size());
}

// The message of that field: AppendReq and BatchAppendReq have the same.
void write_proposed_field(Writer& writer, int field, const Event& event) {
  writer.bytes_header(field, proposed_size(event));
  write_uuid_field(writer, 1, event.id());
  write_map_entry(writer, 2, kTypeKey, event.type());
  write_map_entry(writer, 2, kContentTypeKey, content_type(event));
  writer.bytes_field(3, event.metadata());
  writer.bytes_field(4, event.data());
}

// A batch's correlation id is the append's own id.
EventId batch_id(std::uint64_t append_id) {
  EventId id;
  for (int i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<std::uint8_t>(append_id >> (56 - 8 * i));
  return id;
}

constexpr std::size_t kFinalSize = 2;

// BatchAppendReq.Options without its own header.
std::size_t batch_options_size(const Append& append) {
  const std::size_t revision_size = append.expected_revision == kNoStream
                                        ? bytes_field_size(0)
                                        : 1 + varint_size(static_cast<std::uint64_t>(append.expected_revision));
  return bytes_field_size(bytes_field_size(append.stream.size())) + revision_size;
}

std::size_t ids_size(std::span<const EventId> ids) {
  std::size_t size = 0;
  for (const EventId& id : ids) size += bytes_field_size(uuid_size(id));
  return size;
}

template <typename Settings>
void fill_settings(const GroupSettings& from, Settings& to) {
  to.set_resolve_links(from.resolve_link_tos);
  to.set_revision(static_cast<std::uint64_t>(from.start_from));
  to.set_extra_statistics(from.extra_statistics);
  to.set_max_retry_count(from.max_retry_count);
  to.set_min_checkpoint_count(from.min_checkpoint_count);
  to.set_max_checkpoint_count(from.max_checkpoint_count);
  to.set_max_subscriber_count(from.max_subscriber_count);
  to.set_live_buffer_size(from.live_buffer_size);
  to.set_read_batch_size(from.read_batch_size);
  to.set_history_buffer_size(from.history_buffer_size);
  to.set_message_timeout_ms(static_cast<std::int32_t>(from.message_timeout.count()));
  to.set_checkpoint_after_ms(static_cast<std::int32_t>(from.checkpoint_after.count()));
}

template <typename Request>
Request group_request(const Subscription& subscription) {
  Request request;
  auto& options = *request.mutable_options();
  options.mutable_stream_identifier()->set_stream_name(subscription.stream);
  options.set_group_name(subscription.group);
  fill_settings(subscription.settings, *options.mutable_settings());
  return request;
}

template <typename Strategy>
Strategy to_wire(ConsumerStrategy strategy, Strategy dispatch_to_single, Strategy round_robin, Strategy pinned) {
  switch (strategy) {
    case ConsumerStrategy::kDispatchToSingle:
      return dispatch_to_single;
    case ConsumerStrategy::kRoundRobin:
      return round_robin;
    case ConsumerStrategy::kPinned:
      return pinned;
  }
  return pinned;
}

}  // namespace

std::string encode_append_options(std::string_view stream, Revision expected_revision) {
  const bool no_stream = expected_revision == kNoStream;
  const std::size_t identifier_size = bytes_field_size(stream.size());
  const std::size_t revision_size = 1 + (no_stream ? 1 : varint_size(static_cast<std::uint64_t>(expected_revision)));
  const std::size_t options_size = bytes_field_size(identifier_size) + revision_size;
  std::string message(bytes_field_size(options_size), '\0');
  Writer writer(message.data());
  writer.bytes_header(1, options_size);
  writer.bytes_header(1, identifier_size);
  writer.bytes_field(3, stream);
  if (no_stream) {
    writer.bytes_field(3, {});
  } else {
    writer.number_field(2, static_cast<std::uint64_t>(expected_revision));
  }
  return message;
}

std::size_t proposed_message_size(const Event& event) { return bytes_field_size(proposed_size(event)); }

void write_proposed_message(const Event& event, char* out) {
  Writer writer(out);
  write_proposed_field(writer, 2, event);
}

std::size_t batch_append_size(const Append& append) {
  std::size_t size =
      bytes_field_size(uuid_size(batch_id(append.id))) + bytes_field_size(batch_options_size(append)) + kFinalSize;
  for (const Event& event : append.events) size += bytes_field_size(proposed_size(event));
  return size;
}

void write_batch_append(const Append& append, char* out) {
  Writer writer(out);
  write_uuid_field(writer, 1, batch_id(append.id));
  writer.bytes_header(2, batch_options_size(append));
  writer.bytes_header(1, bytes_field_size(append.stream.size()));
  writer.bytes_field(3, append.stream);
  if (append.expected_revision == kNoStream) {
    writer.bytes_field(3, {});
  } else {
    writer.number_field(2, static_cast<std::uint64_t>(append.expected_revision));
  }
  for (const Event& event : append.events) write_proposed_field(writer, 3, event);
  writer.number_field(4, 1);
}

std::string encode_read(const StreamRead& read) {
  streams::ReadReq request;
  auto& options = *request.mutable_options();
  auto& stream = *options.mutable_stream();
  stream.mutable_stream_identifier()->set_stream_name(read.stream);
  if (read.direction == ReadDirection::kBackward && read.from == kStreamEnd) {
    stream.mutable_end();
  } else {
    stream.set_revision(static_cast<std::uint64_t>(read.from));
  }
  options.set_read_direction(read.direction == ReadDirection::kForward ? streams::ReadReq::Options::Forwards
                                                                       : streams::ReadReq::Options::Backwards);
  options.set_count(static_cast<std::uint64_t>(read.count));
  options.mutable_no_filter();
  options.mutable_uuid_option()->mutable_structured();
  return request.SerializeAsString();
}

std::string encode_subscribe(std::string_view stream, std::string_view group, std::int32_t buffer_size) {
  persistent::ReadReq request;
  auto& options = *request.mutable_options();
  options.mutable_stream_identifier()->set_stream_name(std::string(stream));
  options.set_group_name(std::string(group));
  options.set_buffer_size(buffer_size);
  options.mutable_uuid_option()->mutable_structured();
  return request.SerializeAsString();
}

std::string encode_ack(std::span<const EventId> ids) {
  const std::size_t size = ids_size(ids);
  std::string message(bytes_field_size(size), '\0');
  Writer writer(message.data());
  writer.bytes_header(2, size);
  for (const EventId& id : ids) write_uuid_field(writer, 2, id);
  return message;
}

std::string encode_park(std::span<const EventId> ids, std::string_view reason) {
  constexpr std::uint64_t kPark = 1;
  const std::size_t size = ids_size(ids) + 2 + bytes_field_size(reason.size());
  std::string message(bytes_field_size(size), '\0');
  Writer writer(message.data());
  writer.bytes_header(3, size);
  for (const EventId& id : ids) write_uuid_field(writer, 2, id);
  writer.number_field(3, kPark);
  writer.bytes_field(4, reason);
  return message;
}

std::string encode_create_group(const Subscription& subscription) {
  auto request = group_request<persistent::CreateReq>(subscription);
  request.mutable_options()->mutable_settings()->set_named_consumer_strategy(
      to_wire(subscription.settings.consumer_strategy, persistent::CreateReq::DispatchToSingle,
              persistent::CreateReq::RoundRobin, persistent::CreateReq::Pinned));
  return request.SerializeAsString();
}

std::string encode_update_group(const Subscription& subscription) {
  auto request = group_request<persistent::UpdateReq>(subscription);
  request.mutable_options()->mutable_settings()->set_named_consumer_strategy(
      to_wire(subscription.settings.consumer_strategy, persistent::UpdateReq::DispatchToSingle,
              persistent::UpdateReq::RoundRobin, persistent::UpdateReq::Pinned));
  return request.SerializeAsString();
}

}  // namespace interconnect::next
