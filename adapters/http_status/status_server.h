#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/http_status/access.h"
#include "adapters/http_status/pages.h"
#include "ports/store_settings.h"

namespace interconnect {

// Serves pages over HTTP/1.1, GET and HEAD only, on a thread of its own: it answers when all else hangs. Whatever comes
// does not slow the rest of the process: connections, sizes and times are bounded, and so is what the thread may use of
// a core, which it gets behind everyone else.
//
// Where all connections are taken, a new one takes the place of the one that has been of least use: of those that were
// never answered, else of those that stay, the one that has been still for the longest.
class StatusServer {
 public:
  struct Options {
    StatusRoutes routes;
    std::string feed_path;       // where `feed` is told
    StatusFeed* feed = nullptr;  // outlives the server; none: there is no such path
    HttpAccess access;
  };

  // Listens from now on; port 0 takes any free one. Throws std::runtime_error, naming the address, if it cannot be had.
  StatusServer(const Endpoint& address, Options options);
  ~StatusServer();

  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  std::uint16_t port() const;

  // Tells those that stay the last event and lets them go; waits for that, a fraction of a second at most.
  void say_goodbye(std::string last_event);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace interconnect
