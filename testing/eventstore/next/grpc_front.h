#pragma once

#include <memory>

#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// gRPC for connections that somebody else has accepted, as HTTP/1.1 is served on the same port.
class GrpcFront {
 public:
  explicit GrpcFront(Node& node);
  ~GrpcFront();

  // Serves HTTP/2 on a non-blocking socket, which is its own from now on.
  void adopt(int socket);
  // Ends every call; the io_context must still run meanwhile.
  void shutdown();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace interconnect::eventstore
