#include "testing/eventstore/next/pushed_event.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/grpc/proto/persistent.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using ReadResp = esdb::persistent_subscriptions::ReadResp;
using ReadEvent = ReadResp::ReadEvent;
using RecordedEvent = ReadEvent::RecordedEvent;

// No field here has a number above 15, so that every tag is one byte.
char tag(int field, WireFormatLite::WireType type) { return static_cast<char>(WireFormatLite::MakeTag(field, type)); }

std::size_t bytes_size(std::string_view bytes) { return 1 + WireFormatLite::LengthDelimitedSize(bytes.size()); }
// proto3 leaves out what is empty, outside of a oneof.
std::size_t bytes_size_if_any(std::string_view bytes) { return bytes.empty() ? 0 : bytes_size(bytes); }

void put_number(int field, std::uint64_t value, std::string* out) {
  std::uint8_t varint[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, varint);
  out->push_back(tag(field, WireFormatLite::WIRETYPE_VARINT));
  out->append(reinterpret_cast<const char*>(varint), static_cast<std::size_t>(end - varint));
}
void put_number_if_any(int field, std::uint64_t value, std::string* out) {
  if (value != 0) put_number(field, value, out);
}

void put_length(int field, std::size_t length, std::string* out) {
  std::uint8_t varint[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(length, varint);
  out->push_back(tag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out->append(reinterpret_cast<const char*>(varint), static_cast<std::size_t>(end - varint));
}
void put_bytes(int field, std::string_view bytes, std::string* out) {
  put_length(field, bytes.size(), out);
  out->append(bytes);
}
void put_bytes_if_any(int field, std::string_view bytes, std::string* out) {
  if (!bytes.empty()) put_bytes(field, bytes, out);
}

void put_property(std::string_view name, std::string_view value, std::string* out) {
  put_length(RecordedEvent::kMetadataFieldNumber, bytes_size(name) + bytes_size(value), out);
  put_bytes(1, name, out);
  put_bytes(2, value, out);
}

// All of a recorded event but its custom metadata and data.
void put_head(const ResolvedEvent& event, const Record& record, bool structured, std::string* out) {
  esdb::UUID id;
  to_uuid(record.id, structured, &id);
  put_length(RecordedEvent::kIdFieldNumber, id.ByteSizeLong(), out);
  id.AppendToString(out);
  const std::string& stream = record.stream_name();
  put_length(RecordedEvent::kStreamIdentifierFieldNumber, bytes_size(stream), out);
  put_bytes(esdb::StreamIdentifier::kStreamNameFieldNumber, stream, out);
  put_number_if_any(RecordedEvent::kStreamRevisionFieldNumber, static_cast<std::uint64_t>(record.number), out);
  const std::uint64_t position = event.has_position ? static_cast<std::uint64_t>(record.position) : kNoPosition;
  put_number_if_any(RecordedEvent::kPreparePositionFieldNumber, position, out);
  put_number_if_any(RecordedEvent::kCommitPositionFieldNumber, position, out);
  put_property("type", record.type, out);
  put_property("created", std::to_string(record.created), out);
  put_property("content-type", record.is_json ? "application/json" : "application/octet-stream", out);
}

}  // namespace

grpc::ByteBuffer encode_pushed_event(const ResolvedEvent& event, int retry_count, bool structured) {
  thread_local std::string head;
  thread_local std::string body;
  body.clear();
  auto put = [&](int field, const Record& record) {
    head.clear();
    put_head(event, record, structured, &head);
    put_length(field, head.size() + bytes_size_if_any(record.metadata) + bytes_size_if_any(record.data), &body);
    body += head;
    put_bytes_if_any(RecordedEvent::kCustomMetadataFieldNumber, record.metadata, &body);
    put_bytes_if_any(RecordedEvent::kDataFieldNumber, record.data, &body);
  };
  if (event.event != nullptr) put(ReadEvent::kEventFieldNumber, *event.event);
  if (event.link != nullptr) put(ReadEvent::kLinkFieldNumber, *event.link);
  if (event.has_position) {
    put_number(ReadEvent::kCommitPositionFieldNumber, static_cast<std::uint64_t>(event.original().position), &body);
  } else {
    put_length(ReadEvent::kNoPositionFieldNumber, 0, &body);
  }
  put_number(ReadEvent::kRetryCountFieldNumber, static_cast<std::uint64_t>(retry_count), &body);
  head.clear();
  put_length(ReadResp::kEventFieldNumber, body.size(), &head);
  const grpc::Slice slices[] = {grpc::Slice(head), grpc::Slice(body)};
  return grpc::ByteBuffer(slices, 2);
}

}  // namespace interconnect::eventstore
