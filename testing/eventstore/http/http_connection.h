#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/eventstore/net/byte_stream.h"

namespace interconnect::eventstore {

struct HttpRequest {
  std::string method;
  // As sent, and its path with percent signs decoded, cut at the slashes.
  std::string target;
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
  // Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const;
};

struct HttpResponse {
  int status = 200;
  // The status' usual one if empty.
  std::string reason = {};
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool close = false;
};

using HttpRespond = std::function<void(HttpResponse)>;
// Answers at once, later, or never.
using HttpHandler = std::function<void(const HttpRequest&, HttpRespond)>;

// HTTP/1.1 with keep-alive and bodies of a known length or in chunks: one request after the other. Lives until its peer
// or an answer closes it.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // `read_ahead`: bytes that were read from the stream already. `server`: what the Server header says.
  HttpConnection(std::unique_ptr<ByteStream> stream, std::string server, HttpHandler handler,
                 std::string read_ahead = "");
  void start() { next(); }
  void close() { stream_->close(); }
  // Called once when it is over.
  std::function<void()> on_closed;
  ~HttpConnection();

 private:
  void next();
  void read();
  // Whether `in_` holds a whole request, which then is in `request_`. Negative if it never will be one.
  int parse();
  void respond(HttpResponse response);

  const std::unique_ptr<ByteStream> stream_;
  const std::string server_;
  const HttpHandler handler_;
  std::string in_;
  std::string chunk_;
  std::string out_;
  HttpRequest request_;
  bool keep_alive_ = true;
};

// "%24all" -> "$all".
// Without the empty ones.
std::vector<std::string> cut_at_slashes(const std::string& path);
std::string percent_decode(const std::string& text);
std::string percent_encode(const std::string& text);
std::string base64_decode(const std::string& text);
std::string base64_encode(const std::string& bytes);

}  // namespace interconnect::eventstore
