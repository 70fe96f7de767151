#pragma once

#include "adapters/grpc/proto/streams.pb.h"
#include "grpcpp/support/server_callback.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// Streams.Read: pages of a stream or of $all, and subscriptions to either, with filters.
grpc::ServerWriteReactor<event_store::client::streams::ReadResp>* serve_read(
    Node& node, grpc::CallbackServerContext* context, const event_store::client::streams::ReadReq* request);

}  // namespace interconnect::eventstore
