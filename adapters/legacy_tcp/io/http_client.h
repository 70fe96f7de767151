#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "ports/store_settings.h"

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

// One request, one connection, one answer in JSON. Does not throw.
class HttpClient {
 public:
  // `time_limit` is for each request as a whole.
  HttpClient(Endpoint endpoint, std::optional<Credentials> credentials, TlsSettings tls,
             std::chrono::milliseconds time_limit);

  // The client has to outlive the exchange.
  boost::asio::awaitable<HttpResult> exchange(HttpRequest request) const;

 private:
  Endpoint endpoint_;
  std::string authorization_;  // the header's value, or empty
  TlsSettings tls_;
  std::chrono::milliseconds time_limit_;
};

}  // namespace interconnect::legacy
