#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

struct StatusPage {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string content_security_policy = {};  // of a page for browsers
};

// What is served at a path. Called on the server's thread; must not throw.
struct StatusRoute {
  // `is_known`: the asker has shown credentials, or none are needed.
  std::function<StatusPage(bool is_known)> page;
  bool is_public = false;  // whoever asks is answered; else one without credentials gets 401
};

using StatusRoutes = std::map<std::string, StatusRoute, std::less<>>;

// What is told to those that stay, as server-sent events. Called on the server's thread; must not throw.
class StatusFeed {
 public:
  virtual ~StatusFeed() = default;

  // All that there is, for one that has just come, or has missed something.
  virtual std::string all() = 0;
  // What has changed since it was asked for this last; nothing if nothing has. Asked once a second while there is
  // anyone to be told.
  virtual std::optional<std::string> news() = 0;
};

// One server-sent event. `data` has no line breaks.
std::string server_sent_event(std::string_view name, std::string_view data);

}  // namespace interconnect
