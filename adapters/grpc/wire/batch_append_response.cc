#include "adapters/grpc/wire/batch_append_response.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "adapters/grpc/wire/proto_reader.h"
#include "adapters/grpc/wire/status.h"

namespace interconnect::next {
namespace {

using Decoded = std::variant<AppendOutcome, Malformed>;

std::uint64_t append_id_of(const EventId& id) {
  std::uint64_t value = 0;
  for (int i = 8; i < 16; ++i) value = value << 8 | id.bytes[static_cast<std::size_t>(i)];
  return value;
}

// Of a oneof: a revision in field 1, or no stream in field 2.
std::variant<std::optional<Revision>, Malformed> decode_current_revision(std::string_view message) {
  std::optional<Revision> revision;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.field() == 1) {
      if (fields.number() > static_cast<std::uint64_t>(std::numeric_limits<Revision>::max())) {
        return Malformed{"a batch was answered by a revision out of range"};
      }
      revision = static_cast<Revision>(fields.number());
    } else if (fields.field() == 2) {
      revision = kNoStream;
    }
  }
  if (!fields.ok()) return Malformed{"the answer to a batch is malformed"};
  return revision;
}

// The name after the last '/' of the detail's type.
std::string_view detail_name(std::string_view type_url) {
  constexpr std::string_view kPackage = "event_store.client.";
  const std::string_view name = type_url.substr(type_url.rfind('/') + 1);
  return name.starts_with(kPackage) ? name.substr(kPackage.size()) : std::string_view();
}

// What the same error is called where a whole call ends with it.
std::string_view exception_of(std::string_view detail) {
  if (detail == "StreamDeleted") return "stream-deleted";
  if (detail == "MaximumAppendSizeExceeded") return "maximum-append-size-exceeded";
  if (detail == "MaximumAppendEventSizeExceeded") return "maximum-append-event-size-exceeded";
  if (detail == "AccessDenied") return "access-denied";
  if (detail == "InvalidTransaction") return "invalid-transaction";
  return {};
}

// False: the detail is malformed.
bool decode_limit(std::string_view detail, std::string_view value, CallStatus& status) {
  const bool is_of_append = detail == "MaximumAppendSizeExceeded";
  if (!is_of_append && detail != "MaximumAppendEventSizeExceeded") return true;
  ProtoReader fields(value);
  while (fields.next()) {
    if (is_of_append && fields.field() == 1) status.append_limit = std::to_string(fields.number());
    if (!is_of_append && fields.field() == 3) status.append_event_limit = std::to_string(fields.number());
  }
  return fields.ok();
}

Decoded decode_error(std::string_view message, std::string_view stream) {
  CallStatus status;
  std::string_view detail;
  std::string_view detail_value;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.field() == 1) status.code = static_cast<int>(fields.number());
    if (fields.field() == 2) status.message = fields.bytes();
    if (fields.field() != 3 || !fields.is_bytes()) continue;
    ProtoReader any(fields.bytes());
    while (any.next()) {
      if (any.field() == 1) detail = detail_name(any.bytes());
      if (any.field() == 2) detail_value = any.bytes();
    }
    if (!any.ok()) return Malformed{"an error's detail is malformed"};
  }
  if (!fields.ok()) return Malformed{"an error is malformed"};
  if (detail == "WrongExpectedVersion") {
    auto revision = decode_current_revision(detail_value);
    if (auto* malformed = std::get_if<Malformed>(&revision)) return std::move(*malformed);
    return WrongExpectedVersion{std::get<std::optional<Revision>>(revision)};
  }
  if (!decode_limit(detail, detail_value, status)) return Malformed{"an error's detail is malformed"};
  const bool cannot_serve_for_now = status.code == kOk;
  status.exception = exception_of(detail);
  if (detail == "BadRequest") {
    ProtoReader reason(detail_value);
    while (reason.next()) {
      if (reason.field() == 1) status.message += ": " + std::string(reason.bytes());
    }
  }
  StoreError error = to_store_error(status, "append to " + std::string(stream));
  if (cannot_serve_for_now) error.kind = ErrorKind::kNotReady;
  return error;
}

}  // namespace

std::variant<BatchAnswer, Malformed> decode_batch_append_response(std::string_view message) {
  std::optional<EventId> id;
  std::optional<std::string_view> error;
  std::optional<std::string_view> success;
  std::string_view stream;
  ProtoReader reader(message);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1) {
      id = decode_uuid(reader.bytes());
    } else if (reader.field() == 2) {
      error = reader.bytes();
    } else if (reader.field() == 3) {
      success = reader.bytes();
    } else if (reader.field() == 4) {
      ProtoReader identifier(reader.bytes());
      while (identifier.next()) {
        if (identifier.field() == 3) stream = identifier.bytes();
      }
    }
  }
  if (!reader.ok() || !id) return Malformed{"the answer to a batch is malformed"};
  if (!error && !success) return Malformed{"a batch was answered by neither result"};
  if (success) {
    const std::optional<AppendSuccess> written = decode_append_success(*success);
    if (!written) return Malformed{"a batch succeeded, and its revision or its position is malformed"};
    return BatchAnswer{append_id_of(*id), written->appended, written->commit_position};
  }
  Decoded decoded = decode_error(*error, stream);
  if (auto* malformed = std::get_if<Malformed>(&decoded)) return std::move(*malformed);
  return BatchAnswer{append_id_of(*id), std::get<AppendOutcome>(std::move(decoded)), std::nullopt};
}

}  // namespace interconnect::next
