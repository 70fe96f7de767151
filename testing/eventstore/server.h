#pragma once

#include <memory>

#include "boost/asio/io_context.hpp"
#include "testing/eventstore/node/options.h"

namespace interconnect::eventstore {

// A node with its fronts: listens as soon as it is made, serves while the io_context runs.
class Server {
 public:
  // Throws std::exception if a port is taken or a file cannot be read.
  Server(const Options& options, boost::asio::io_context& io);
  ~Server();

  // Ends what would outlast the io_context. From another thread, while the io_context runs.
  void shutdown();
  // Closes the TCP and HTTP connections. On the io_context's thread.
  void cut_connections();

  // 0 for a generation that has none.
  int tcp_port() const;
  int http_port() const;
  int admin_port() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace interconnect::eventstore
