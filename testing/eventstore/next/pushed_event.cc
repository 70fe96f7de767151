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
char Tag(int field, WireFormatLite::WireType type) { return static_cast<char>(WireFormatLite::MakeTag(field, type)); }

std::size_t BytesSize(std::string_view bytes) { return 1 + WireFormatLite::LengthDelimitedSize(bytes.size()); }
// proto3 leaves out what is empty, outside of a oneof.
std::size_t BytesSizeIfAny(std::string_view bytes) { return bytes.empty() ? 0 : BytesSize(bytes); }

void PutNumber(int field, std::uint64_t value, std::string* out) {
  std::uint8_t varint[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, varint);
  out->push_back(Tag(field, WireFormatLite::WIRETYPE_VARINT));
  out->append(reinterpret_cast<const char*>(varint), static_cast<std::size_t>(end - varint));
}
void PutNumberIfAny(int field, std::uint64_t value, std::string* out) {
  if (value != 0) PutNumber(field, value, out);
}

void PutLength(int field, std::size_t length, std::string* out) {
  std::uint8_t varint[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(length, varint);
  out->push_back(Tag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out->append(reinterpret_cast<const char*>(varint), static_cast<std::size_t>(end - varint));
}
void PutBytes(int field, std::string_view bytes, std::string* out) {
  PutLength(field, bytes.size(), out);
  out->append(bytes);
}
void PutBytesIfAny(int field, std::string_view bytes, std::string* out) {
  if (!bytes.empty()) PutBytes(field, bytes, out);
}

void PutProperty(std::string_view name, std::string_view value, std::string* out) {
  PutLength(RecordedEvent::kMetadataFieldNumber, BytesSize(name) + BytesSize(value), out);
  PutBytes(1, name, out);
  PutBytes(2, value, out);
}

// All of a recorded event but its custom metadata and data.
void PutHead(const ResolvedEvent& event, const Record& record, bool structured, std::string* out) {
  esdb::UUID id;
  ToUuid(record.id, structured, &id);
  PutLength(RecordedEvent::kIdFieldNumber, id.ByteSizeLong(), out);
  id.AppendToString(out);
  const std::string& stream = record.stream_name();
  PutLength(RecordedEvent::kStreamIdentifierFieldNumber, BytesSize(stream), out);
  PutBytes(esdb::StreamIdentifier::kStreamNameFieldNumber, stream, out);
  PutNumberIfAny(RecordedEvent::kStreamRevisionFieldNumber, static_cast<std::uint64_t>(record.number), out);
  const std::uint64_t position = event.has_position ? static_cast<std::uint64_t>(record.position) : kNoPosition;
  PutNumberIfAny(RecordedEvent::kPreparePositionFieldNumber, position, out);
  PutNumberIfAny(RecordedEvent::kCommitPositionFieldNumber, position, out);
  PutProperty("type", record.type, out);
  PutProperty("created", std::to_string(record.created), out);
  PutProperty("content-type", record.is_json ? "application/json" : "application/octet-stream", out);
}

}  // namespace

grpc::ByteBuffer EncodePushedEvent(const ResolvedEvent& event, int retry_count, bool structured) {
  thread_local std::string head;
  thread_local std::string body;
  body.clear();
  auto put = [&](int field, const Record& record) {
    head.clear();
    PutHead(event, record, structured, &head);
    PutLength(field, head.size() + BytesSizeIfAny(record.metadata) + BytesSizeIfAny(record.data), &body);
    body += head;
    PutBytesIfAny(RecordedEvent::kCustomMetadataFieldNumber, record.metadata, &body);
    PutBytesIfAny(RecordedEvent::kDataFieldNumber, record.data, &body);
  };
  if (event.event != nullptr) put(ReadEvent::kEventFieldNumber, *event.event);
  if (event.link != nullptr) put(ReadEvent::kLinkFieldNumber, *event.link);
  if (event.has_position) {
    PutNumber(ReadEvent::kCommitPositionFieldNumber, static_cast<std::uint64_t>(event.original().position), &body);
  } else {
    PutLength(ReadEvent::kNoPositionFieldNumber, 0, &body);
  }
  PutNumber(ReadEvent::kRetryCountFieldNumber, static_cast<std::uint64_t>(retry_count), &body);
  head.clear();
  PutLength(ReadResp::kEventFieldNumber, body.size(), &head);
  const grpc::Slice slices[] = {grpc::Slice(head), grpc::Slice(body)};
  return grpc::ByteBuffer(slices, 2);
}

}  // namespace interconnect::eventstore
