#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "ports/store_settings.h"

namespace boost::asio {
class io_context;
}

namespace interconnect::legacy {

struct HttpRequest {
  std::string method;
  std::string target;  // percent-encoded
  std::string body;    // JSON; empty: none
};
struct HttpResponse {
  unsigned status = 0;
  std::string reason;  // the reason phrase, in which the server says what it dislikes
  std::string body;
};
// No answer, and why.
struct HttpFailure {
  std::string message;
};
using HttpResult = std::variant<HttpResponse, HttpFailure>;

// Sends one request and calls back with its result, once, from the event loop.
using HttpExchange = std::function<void(const HttpRequest& request, std::function<void(HttpResult)> done)>;

// An exchange over a connection of its own for each request, with the same means as the TCP protocol's. `time_limit` is
// for each exchange as a whole.
HttpExchange make_http_client(boost::asio::io_context& io, const Endpoint& endpoint,
                              const std::optional<Credentials>& credentials, const TlsSettings& tls,
                              std::chrono::milliseconds time_limit);

}  // namespace interconnect::legacy
