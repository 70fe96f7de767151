#ifndef TESTING_EVENTSTORE_NEXT_READ_CALL_H_
#define TESTING_EVENTSTORE_NEXT_READ_CALL_H_

#include "adapters/grpc/proto/streams.pb.h"
#include "grpcpp/support/server_callback.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// Streams.Read: pages of a stream or of $all, and subscriptions to either, with filters.
grpc::ServerWriteReactor<event_store::client::streams::ReadResp>* ServeRead(
    Node& node, grpc::CallbackServerContext* context, const event_store::client::streams::ReadReq* request);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_READ_CALL_H_
