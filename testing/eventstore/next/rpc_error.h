#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/support/status.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// A failed call: its status, and the trailers that tell clients what went wrong (RpcExceptions.cs).
struct RpcError {
  grpc::Status status;
  std::vector<std::pair<std::string, std::string>> trailers = {};

  bool ok() const { return status.ok(); }
};

RpcError unexpected(const std::string& message);
RpcError thrown_by_handler();
RpcError unimplemented();
RpcError access_denied_error();
RpcError stream_deleted_error(const std::string& stream);
// `expected`: -1, -2, -4 for no stream, any, exists. The version 21.2.0 forgets the actual one, and any text.
RpcError delete_wrong_version_error(const Node& node, const std::string& stream, std::int64_t expected,
                                    std::int64_t actual);
RpcError max_append_size_error(std::int64_t max_append_size);
RpcError max_append_event_size_error(const EventId& id, std::int64_t size, std::int64_t limit);
RpcError missing_metadata_error(const std::string& property);
RpcError group_error(DropReason reason, const std::string& stream, const std::string& group);
RpcError group_error(GroupResult result, const std::string& reason, const std::string& stream,
                     const std::string& group);
// What a node answers that is not ready or not the leader; ok if it is both. `needs_leader`: writes, persistent
// subscriptions, and what asks for it with the header requires-leader.
RpcError cannot_serve(Node& node, bool needs_leader);
// A status by its gRPC name or number, or one of the names of append results; UNKNOWN for anything else.
RpcError by_name(const std::string& name, const std::string& message, const std::string& stream);

}  // namespace interconnect::eventstore
