#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ports/store_settings.h"

namespace interconnect::next {

struct HttpRequest {
  Endpoint endpoint;
  TlsSettings tls;
  std::string target;
  std::string authorization;  // empty: none
  std::chrono::milliseconds timeout{5'000};
};

struct HttpAnswer {
  int status = 0;  // 0: no answer; `body` tells why
  std::string body;
};

// GET over HTTP/1.1, which the server speaks on the port of gRPC. `answer` is called once, from the io_context, even
// after cancellation. Bodies beyond 1 MiB are no answer.
class HttpGet {
 public:
  virtual ~HttpGet() = default;
  virtual void cancel() = 0;
};
std::shared_ptr<HttpGet> http_get(boost::asio::io_context& io, HttpRequest request,
                                  std::function<void(const HttpAnswer&)> answer);

}  // namespace interconnect::next
