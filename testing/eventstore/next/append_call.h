#pragma once

#include "adapters/grpc/proto/streams.pb.h"
#include "grpcpp/support/server_callback.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// Streams.Append: options, then events, then one answer.
grpc::ServerReadReactor<event_store::client::streams::AppendReq>* serve_append(
    Node& node, grpc::CallbackServerContext* context, event_store::client::streams::AppendResp* response);

// Streams.BatchAppend, of 21.10 and later: many appends over one call, told apart by correlation id.
grpc::ServerBidiReactor<event_store::client::streams::BatchAppendReq, event_store::client::streams::BatchAppendResp>*
serve_batch_append(Node& node, grpc::CallbackServerContext* context);

}  // namespace interconnect::eventstore
