#include "testing/eventstore/next/rpc_error.h"

#include <cstdlib>
#include <map>

namespace interconnect::eventstore {
namespace {

using grpc::Status;
using grpc::StatusCode;

std::string group_of(const std::string& stream, const std::string& group) {
  return "Subscription group " + group + " on stream " + stream;
}

RpcError for_group(StatusCode code, const std::string& text, const char* exception, const std::string& stream,
                   const std::string& group) {
  return {Status(code, text), {{"exception", exception}, {"stream-name", stream}, {"group-name", group}}};
}

}  // namespace

RpcError unexpected(const std::string& message) { return {Status(StatusCode::UNKNOWN, message)}; }
RpcError thrown_by_handler() { return unexpected("Exception was thrown by handler."); }
RpcError unimplemented() { return {Status(StatusCode::UNIMPLEMENTED, "Method is unimplemented.")}; }

RpcError access_denied_error() {
  return {Status(StatusCode::PERMISSION_DENIED, "Access Denied"), {{"exception", "access-denied"}}};
}

RpcError stream_deleted_error(const std::string& stream) {
  return {Status(StatusCode::FAILED_PRECONDITION, "Event stream '" + stream + "' is deleted."),
          {{"exception", "stream-deleted"}, {"stream-name", stream}}};
}

RpcError delete_wrong_version_error(const Node& node, const std::string& stream, std::int64_t expected,
                                    std::int64_t actual) {
  RpcError error{Status(StatusCode::FAILED_PRECONDITION, ""),
                 {{"exception", "wrong-expected-version"},
                  {"stream-name", stream},
                  {"expected-version", std::to_string(expected)}}};
  if (node.options().version != "21.2.0") {
    error.trailers.emplace_back("actual-version", std::to_string(actual));
    error.status =
        Status(StatusCode::FAILED_PRECONDITION, "Delete failed due to WrongExpectedVersion. Stream: " + stream +
                                                    ", Expected version: " + std::to_string(expected) +
                                                    ", Actual version: " + std::to_string(actual));
  }
  return error;
}

RpcError max_append_size_error(std::int64_t max_append_size) {
  const std::string size = std::to_string(max_append_size);
  return {Status(StatusCode::INVALID_ARGUMENT, "Maximum Append Size of " + size + " Exceeded."),
          {{"exception", "maximum-append-size-exceeded"}, {"maximum-append-size", size}}};
}

RpcError max_append_event_size_error(const EventId& id, std::int64_t size, std::int64_t limit) {
  const std::string structured = "{ \"string\": \"" + to_text(id) + "\" }";
  return {
      Status(StatusCode::INVALID_ARGUMENT, "Event with Id: " + structured + ", Size: " + std::to_string(size) +
                                               ", exceeds Maximum Append Event Size of " + std::to_string(limit) + "."),
      {{"exception", "maximum-append-event-size-exceeded"},
       {"maximum-append-event-size", std::to_string(limit)},
       {"event-id", structured},
       {"proposed-append-event-size", std::to_string(size)}}};
}

RpcError missing_metadata_error(const std::string& property) {
  return {Status(StatusCode::INVALID_ARGUMENT, "Required Metadata Property '" + property + "' is missing"),
          {{"exception", "missing-required-metadata-property"}, {"required-metadata-properties", "type,content-type"}}};
}

RpcError group_error(DropReason reason, const std::string& stream, const std::string& group) {
  switch (reason) {
    case DropReason::kAccessDenied:
      return access_denied_error();
    case DropReason::kNotFound:
      return for_group(StatusCode::NOT_FOUND, group_of(stream, group) + " does not exist.",
                       "persistent-subscription-does-not-exist", stream, group);
    case DropReason::kSubscriberMaxCountReached:
      return for_group(StatusCode::FAILED_PRECONDITION,
                       "Maximum subscriptions reached for subscription group " + group + " on stream " + stream + ".",
                       "maximum-subscribers-reached", stream, group);
    case DropReason::kUnsubscribed:
      break;
  }
  return for_group(StatusCode::CANCELLED, group_of(stream, group) + " was dropped.", "persistent-subscription-dropped",
                   stream, group);
}

RpcError group_error(GroupResult result, const std::string& reason, const std::string& stream,
                     const std::string& group) {
  switch (result) {
    case GroupResult::kSuccess:
      return {Status::OK};
    case GroupResult::kAlreadyExists:
      return for_group(StatusCode::ALREADY_EXISTS, group_of(stream, group) + " exists.",
                       "persistent-subscription-exists", stream, group);
    case GroupResult::kDoesNotExist:
      return group_error(DropReason::kNotFound, stream, group);
    case GroupResult::kAccessDenied:
      return access_denied_error();
    case GroupResult::kFail:
      break;
  }
  RpcError error = for_group(StatusCode::INTERNAL, group_of(stream, group) + " failed: '" + reason + "'",
                             "persistent-subscription-failed", stream, group);
  error.trailers.emplace_back("reason", reason);
  return error;
}

RpcError cannot_serve(Node& node, bool needs_leader) {
  if (!node.ready() && needs_leader) return {Status(StatusCode::UNAVAILABLE, "Server Is Not Ready")};
  const Misbehaviour& m = node.misbehaviour();
  if (!needs_leader || m.leader_host.empty()) return {Status::OK};
  return {Status(StatusCode::NOT_FOUND, "Leader info available"),
          {{"exception", "not-leader"},
           {"leader-endpoint-host", m.leader_host},
           {"leader-endpoint-port", std::to_string(m.leader_http_port)}}};
}

RpcError by_name(const std::string& name, const std::string& message, const std::string& stream) {
  static const std::map<std::string, StatusCode> kCodes = {
      {"CANCELLED", StatusCode::CANCELLED},
      {"UNKNOWN", StatusCode::UNKNOWN},
      {"INVALID_ARGUMENT", StatusCode::INVALID_ARGUMENT},
      {"DEADLINE_EXCEEDED", StatusCode::DEADLINE_EXCEEDED},
      {"NOT_FOUND", StatusCode::NOT_FOUND},
      {"ALREADY_EXISTS", StatusCode::ALREADY_EXISTS},
      {"PERMISSION_DENIED", StatusCode::PERMISSION_DENIED},
      {"RESOURCE_EXHAUSTED", StatusCode::RESOURCE_EXHAUSTED},
      {"FAILED_PRECONDITION", StatusCode::FAILED_PRECONDITION},
      {"ABORTED", StatusCode::ABORTED},
      {"OUT_OF_RANGE", StatusCode::OUT_OF_RANGE},
      {"UNIMPLEMENTED", StatusCode::UNIMPLEMENTED},
      {"INTERNAL", StatusCode::INTERNAL},
      {"UNAVAILABLE", StatusCode::UNAVAILABLE},
      {"DATA_LOSS", StatusCode::DATA_LOSS},
      {"UNAUTHENTICATED", StatusCode::UNAUTHENTICATED},
  };
  if (name == "AccessDenied") return access_denied_error();
  if (name == "StreamDeleted") return stream_deleted_error(stream);
  if (name == "NotReady") return {Status(StatusCode::UNAVAILABLE, "Server Is Not Ready")};
  if (name == "TooBusy") return {Status(StatusCode::UNAVAILABLE, "Server Is Too Busy")};
  if (name == "PrepareTimeout" || name == "CommitTimeout" || name == "ForwardTimeout") {
    return {Status(StatusCode::ABORTED, "Operation timed out")};
  }
  auto it = kCodes.find(name);
  if (it != kCodes.end()) return {Status(it->second, message)};
  const int number = std::atoi(name.c_str());
  return {Status(number > 0 && number <= 16 ? static_cast<StatusCode>(number) : StatusCode::UNKNOWN, message)};
}

}  // namespace interconnect::eventstore
