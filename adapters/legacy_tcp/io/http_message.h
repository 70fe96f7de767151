#pragma once

#include <string>
#include <variant>

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

}  // namespace interconnect::legacy
