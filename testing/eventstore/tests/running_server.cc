#include "testing/eventstore/tests/running_server.h"

#include <thread>

#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"
#include "testing/eventstore/server.h"

namespace interconnect::eventstore {

namespace asio = boost::asio;

struct RunningServer::Parts {
  explicit Parts(const Options& options) : server(options, io), thread([this] { io.run(); }) {}
  ~Parts() {
    server.shutdown();
    // What the loop still holds of a connection outlives the server.
    asio::post(io, [this] {
      server.cut_connections();
      io.stop();
    });
    thread.join();
  }

  asio::io_context io{1};
  Server server;
  std::thread thread;
};

RunningServer::RunningServer(const Options& options) : parts_(std::make_unique<Parts>(options)) {}
RunningServer::~RunningServer() = default;

int RunningServer::tcp_port() const { return parts_->server.tcp_port(); }
int RunningServer::http_port() const { return parts_->server.http_port(); }
int RunningServer::admin_port() const { return parts_->server.admin_port(); }

std::string http(int port, const std::string& method, const std::string& target, const std::string& body,
                 const std::string& headers) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  const std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                              headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  asio::write(socket, asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

}  // namespace interconnect::eventstore
