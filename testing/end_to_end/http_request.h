#pragma once

#include <string>

namespace interconnect::testing {

struct HttpReply {
  int status = 0;
  std::string body;
};

// One HTTP/1.1 request to 127.0.0.1, with the store's administrator as the user. Throws std::runtime_error if there is
// no answer.
HttpReply http_request(int port, const std::string& method, const std::string& target, const std::string& body = "",
                       const std::string& extra_headers = "");

// A stream's name as a part of a path.
std::string percent_encoded(const std::string& text);

std::string base64(const std::string& bytes);
std::string from_base64(const std::string& text);

}  // namespace interconnect::testing
