#include "adapters/http_status/status_server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <utility>

namespace interconnect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::chrono::seconds kConnectionPatience{10};  // for a request, and for taking its answer
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::size_t kMaxConnections = 64;
constexpr std::uint32_t kMaxHeader = 8 * 1024;
constexpr std::uint64_t kMaxBody = 1024;

std::string shown(const Endpoint& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace

class StatusServer::Server {
 public:
  Server(const Endpoint& address, StatusPages pages) : pages_(std::move(pages)), acceptor_(io_) {
    try {
      tcp::resolver resolver(io_);
      const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive);
      const tcp::endpoint endpoint = found.begin()->endpoint();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const std::exception& error) {
      throw std::runtime_error("http: cannot listen on " + shown(address) + ": " + error.what());
    }
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Server() {
    io_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(use_awaitable, error));
      if (error) {
        // Out of file descriptors, most likely: these may come back.
        asio::steady_timer pause(io_, kPauseAfterAcceptError);
        co_await pause.async_wait(use_awaitable);
        continue;
      }
      if (connections_ >= kMaxConnections) continue;
      ++connections_;
      asio::co_spawn(io_, serve(beast::tcp_stream(std::move(socket))), [this](const std::exception_ptr&) {
        // What it throws is the peer's leaving or its time limit.
        --connections_;
      });
    }
  }

  asio::awaitable<void> serve(beast::tcp_stream stream) {
    beast::flat_buffer buffer(kMaxHeader + kMaxBody);
    for (bool keep_alive = true; keep_alive;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kMaxHeader);
      parser.body_limit(kMaxBody);
      stream.expires_after(kConnectionPatience);
      co_await http::async_read(stream, buffer, parser, use_awaitable);
      auto response = answer(parser.get());
      keep_alive = response.keep_alive();
      stream.expires_after(kConnectionPatience);
      co_await http::async_write(stream, response, use_awaitable);
    }
    stream.socket().shutdown(tcp::socket::shutdown_send);
  }

  http::response<http::string_body> answer(const http::request<http::string_body>& request) const {
    http::response<http::string_body> response;
    response.version(request.version());
    response.keep_alive(request.keep_alive());
    response.set(http::field::cache_control, "no-store");
    const StatusPage page = page_for(request, response);
    response.result(page.status);
    response.set(http::field::content_type, page.content_type);
    response.content_length(page.body.size());
    if (request.method() != http::verb::head) response.body() = page.body;
    return response;
  }

  StatusPage page_for(const http::request<http::string_body>& request,
                      http::response<http::string_body>& response) const {
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response.set(http::field::allow, "GET, HEAD");
      return {.status = 405, .body = "only GET and HEAD\n"};
    }
    const std::string target(request.target().substr(0, request.target().find('?')));
    if (const auto page = pages_.find(target); page != pages_.end()) return page->second();
    std::string known = "there are:\n";
    for (const auto& [path, serve] : pages_) known += path + "\n";
    return {.status = 404, .body = known};
  }

  StatusPages pages_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::size_t connections_ = 0;
  std::thread thread_;
};

StatusServer::StatusServer(const Endpoint& address, StatusPages pages)
    : server_(std::make_unique<Server>(address, std::move(pages))) {}

StatusServer::~StatusServer() = default;

std::uint16_t StatusServer::port() const { return server_->port(); }

}  // namespace interconnect
