#ifndef TESTING_EVENTSTORE_NEXT_RPC_ERROR_H_
#define TESTING_EVENTSTORE_NEXT_RPC_ERROR_H_

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

RpcError Unexpected(const std::string& message);
RpcError ThrownByHandler();
RpcError Unimplemented();
RpcError AccessDeniedError();
RpcError StreamDeletedError(const std::string& stream);
// `expected`: -1, -2, -4 for no stream, any, exists. The version 21.2.0 forgets the actual one, and any text.
RpcError DeleteWrongVersionError(const Node& node, const std::string& stream, std::int64_t expected,
                                 std::int64_t actual);
RpcError MaxAppendSizeError(std::int64_t max_append_size);
RpcError MissingMetadataError(const std::string& property);
RpcError GroupError(DropReason reason, const std::string& stream, const std::string& group);
RpcError GroupError(GroupResult result, const std::string& reason, const std::string& stream, const std::string& group);
// What a node answers that is not ready or not the leader; ok if it is both. `needs_leader`: writes, persistent
// subscriptions, and what asks for it with the header requires-leader.
RpcError CannotServe(Node& node, bool needs_leader);
// A status by its gRPC name or number, or one of the names of append results; UNKNOWN for anything else.
RpcError ByName(const std::string& name, const std::string& message, const std::string& stream);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_RPC_ERROR_H_
