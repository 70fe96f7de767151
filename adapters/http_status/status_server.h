#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ports/store_settings.h"

namespace interconnect {

struct StatusPage {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// What is served, by path. Called on the server's thread; must not throw.
using StatusPages = std::map<std::string, std::function<StatusPage()>>;

// Serves the pages over HTTP/1.1 on a thread of its own, so that it answers when all else hangs. GET and HEAD only;
// bounded in connections, sizes and time.
class StatusServer {
 public:
  // Listens from now on; port 0 takes any free one. Throws std::runtime_error, naming the address, if it cannot be had.
  StatusServer(const Endpoint& address, StatusPages pages);
  ~StatusServer();

  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  std::uint16_t port() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace interconnect
