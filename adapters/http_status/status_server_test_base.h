#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "adapters/http_status/status_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect::testing {

// Tells what the test says.
class ScriptedFeed final : public StatusFeed {
 public:
  std::string all() override {
    const std::lock_guard lock(mutex_);
    return server_sent_event("all", all_);
  }
  std::optional<std::string> news() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(news_, std::nullopt);
  }
  void tell(const std::string& text) {
    const std::lock_guard lock(mutex_);
    all_ = text;
    news_ = server_sent_event("news", text);
  }

 private:
  std::mutex mutex_;
  std::string all_ = "first";
  std::optional<std::string> news_;
};

// A server with some pages, and clients of it.
class StatusServerTestBase : public ::testing::Test {
 protected:
  using Socket = boost::asio::ip::tcp::socket;
  using Verb = boost::beast::http::verb;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  explicit StatusServerTestBase(HttpAccess access = {}) : server({"127.0.0.1", 0}, options(std::move(access))) {}

  StatusServer::Options options(HttpAccess access) {
    StatusRoutes routes;
    routes["/healthz"] = {.page =
                              [](bool is_known) {
                                return StatusPage{.status = 503, .body = is_known ? "stalled: for long\n" : "unwell\n"};
                              },
                          .is_public = true};
    routes["/metrics"] = {[](bool) {
      return StatusPage{.content_type = "text/x", .body = std::string(1 << 20, 'm'), .content_security_policy = "p"};
    }};
    return {.routes = routes, .feed_path = "/feed", .feed = &feed, .access = std::move(access)};
  }

  Socket connect() {
    Socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
    return socket;
  }

  Response ask(Socket& socket, Verb method, const std::string& target, const std::string& authorization = "") {
    namespace http = boost::beast::http;
    http::request<http::empty_body> request(method, target, 11);
    request.set(http::field::host, "test");
    if (!authorization.empty()) request.set(http::field::authorization, authorization);
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.skip(method == Verb::head);
    parser.body_limit(4 << 20);
    http::read(socket, buffer, parser);
    return parser.release();
  }

  // One that listens to the feed.
  class Listener {
   public:
    explicit Listener(Socket socket, const std::string& header = "") : socket_(std::move(socket)) {
      boost::asio::write(socket_, boost::asio::buffer("GET /feed HTTP/1.1\r\nHost: test\r\n" + header + "\r\n"));
      head_ = until("\r\n\r\n");
    }
    const std::string& head() const { return head_; }
    // The next event's text, whatever its name.
    std::string next() { return until("\n\n"); }
    // Whether the server closes.
    bool ends() {
      boost::system::error_code error;
      char byte = 0;
      boost::asio::read(socket_, boost::asio::buffer(&byte, 1), error);
      return error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
    }

   private:
    std::string until(const std::string& mark) {
      boost::system::error_code error;
      const std::size_t size = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(read_), mark, error);
      const std::string text = read_.substr(0, size);
      read_.erase(0, size);
      return text;
    }

    Socket socket_;
    std::string read_;
    std::string head_;
  };

  boost::asio::io_context io;
  ScriptedFeed feed;
  StatusServer server;
};

}  // namespace interconnect::testing
