#pragma once

#include <memory>
#include <string>

#include "testing/eventstore/node/options.h"

namespace interconnect::eventstore {

// A server on ports of its own in a thread of this process.
class RunningServer {
 public:
  explicit RunningServer(const Options& options);
  ~RunningServer();

  int tcp_port() const;
  int http_port() const;
  int admin_port() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// One HTTP/1.1 request to a loopback port; the whole answer, head and body.
std::string http(int port, const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& headers = "");

}  // namespace interconnect::eventstore
