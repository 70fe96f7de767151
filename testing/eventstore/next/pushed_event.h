#ifndef TESTING_EVENTSTORE_NEXT_PUSHED_EVENT_H_
#define TESTING_EVENTSTORE_NEXT_PUSHED_EVENT_H_

#include "grpcpp/support/byte_buffer.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

// PersistentSubscriptions.ReadResp with an event, as FillReadEvent and SerializeToString make it, but without the
// message between: a third of what a push costs. Ids are halves if `structured`, else text.
grpc::ByteBuffer EncodePushedEvent(const ResolvedEvent& event, int retry_count, bool structured);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_PUSHED_EVENT_H_
