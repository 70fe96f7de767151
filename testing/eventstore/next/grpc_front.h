#ifndef TESTING_EVENTSTORE_NEXT_GRPC_FRONT_H_
#define TESTING_EVENTSTORE_NEXT_GRPC_FRONT_H_

#include <memory>

#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// gRPC for connections that somebody else has accepted, as HTTP/1.1 is served on the same port.
class GrpcFront {
 public:
  explicit GrpcFront(Node& node);
  ~GrpcFront();

  // Serves HTTP/2 on a non-blocking socket, which is its own from now on.
  void Adopt(int socket);
  // Ends every call; the io_context must still run meanwhile.
  void Shutdown();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_GRPC_FRONT_H_
