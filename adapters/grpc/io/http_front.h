#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace interconnect::next {

// A port that speaks both protocols, as the server's does: a GET over HTTP/1.1 is answered by the test's function, from
// the front's own thread; everything else goes on to the port of gRPC.
class HttpFront {
 public:
  // The body of the answer to what is asked for; empty: 404.
  using Answer = std::function<std::string(const std::string& target)>;

  // `before_grpc`: how long each connection to gRPC takes.
  HttpFront(std::uint16_t grpc_port, Answer answer, std::chrono::milliseconds before_grpc = {})
      : answer_(std::move(answer)),
        before_grpc_(before_grpc),
        grpc_(boost::asio::ip::address_v4::loopback(), grpc_port),
        acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()) {
    spawn(accept());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~HttpFront() {
    io_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  using Socket = std::shared_ptr<boost::asio::ip::tcp::socket>;
  using Work = boost::asio::awaitable<void>;

  // What a closed socket throws ends with the work.
  void spawn(Work work) { boost::asio::co_spawn(io_, std::move(work), boost::asio::detached); }

  Work accept() {
    for (;;) {
      auto accepted = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      spawn(serve(std::make_shared<boost::asio::ip::tcp::socket>(std::move(accepted))));
    }
  }

  // Both begin with a head that ends so: the preface of HTTP/2 is "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".
  Work serve(Socket client) {
    std::string head;
    co_await boost::asio::async_read_until(*client, boost::asio::dynamic_buffer(head), "\r\n\r\n",
                                           boost::asio::use_awaitable);
    if (head.starts_with("GET ")) {
      const std::string body = answer_(head.substr(4, head.find(' ', 4) - 4));
      const std::string response = std::string("HTTP/1.1 ") + (body.empty() ? "404 Not Found" : "200 OK") +
                                   "\r\nContent-Length: " + std::to_string(body.size()) +
                                   "\r\nConnection: close\r\n\r\n" + body;
      co_await boost::asio::async_write(*client, boost::asio::buffer(response), boost::asio::use_awaitable);
      co_return;
    }
    co_await boost::asio::steady_timer(io_, before_grpc_).async_wait(boost::asio::use_awaitable);
    const auto server = std::make_shared<boost::asio::ip::tcp::socket>(io_);
    co_await server->async_connect(grpc_, boost::asio::use_awaitable);
    co_await boost::asio::async_write(*server, boost::asio::buffer(head), boost::asio::use_awaitable);
    spawn(carry(client, server));
    spawn(carry(server, client));
  }

  static Work carry(Socket from, Socket to) {
    std::array<char, 4096> bytes;
    for (;;) {
      boost::system::error_code error;
      const std::size_t size = co_await from->async_read_some(
          boost::asio::buffer(bytes), boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
      co_await boost::asio::async_write(*to, boost::asio::buffer(bytes, size),
                                        boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
    }
    from->close();
    to->close();
  }

  Answer answer_;
  std::chrono::milliseconds before_grpc_;
  boost::asio::ip::tcp::endpoint grpc_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace interconnect::next
