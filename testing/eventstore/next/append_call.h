#ifndef TESTING_EVENTSTORE_NEXT_APPEND_CALL_H_
#define TESTING_EVENTSTORE_NEXT_APPEND_CALL_H_

#include "adapters/grpc/proto/streams.pb.h"
#include "grpcpp/support/server_callback.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// Streams.Append: options, then events, then one answer.
grpc::ServerReadReactor<event_store::client::streams::AppendReq>* ServeAppend(
    Node& node, grpc::CallbackServerContext* context, event_store::client::streams::AppendResp* response);

// Streams.BatchAppend, of 21.10 and later: many appends over one call, told apart by correlation id.
grpc::ServerBidiReactor<event_store::client::streams::BatchAppendReq, event_store::client::streams::BatchAppendResp>*
ServeBatchAppend(Node& node, grpc::CallbackServerContext* context);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_APPEND_CALL_H_
