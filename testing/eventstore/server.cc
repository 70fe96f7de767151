#include "testing/eventstore/server.h"

#include <stdexcept>

#include "testing/eventstore/http/admin.h"
#include "testing/eventstore/http/api.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/legacy/tcp_connection.h"
#include "testing/eventstore/net/byte_stream.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

struct Server::Parts {
  Parts(const Options& options, boost::asio::io_context& io) : node(options, io) {}

  void ServeHttp(std::unique_ptr<ByteStream> stream, std::string read_ahead) {
    auto connection = std::make_shared<HttpConnection>(
        std::move(stream), ServerName(node),
        [this](const HttpRequest& request, HttpRespond respond) { HandleHttp(node, request, respond); },
        std::move(read_ahead));
    const std::weak_ptr<HttpConnection> weak = connection;
    const int number = node.AddConnection([weak] {
      if (auto open = weak.lock()) open->Close();
    });
    connection->on_closed = [this, number] { node.RemoveConnection(number); };
    connection->Start();
  }

  Node node;
  std::unique_ptr<TlsContext> tls;
  int admin_port = 0;
};

Server::Server(const Options& options, boost::asio::io_context& io) : parts_(std::make_unique<Parts>(options, io)) {
  Parts& parts = *parts_;
  if (!options.tls_cert.empty()) parts.tls = std::make_unique<TlsContext>(options.tls_cert, options.tls_key);
  if (options.generation == Generation::kLegacy) {
    parts.node.tcp_port = Listen(io, options.tcp_port, parts.tls.get(), [&parts](std::unique_ptr<ByteStream> stream) {
      std::make_shared<TcpConnection>(parts.node, std::move(stream))->Start();
    });
    parts.node.http_port = Listen(io, options.http_port, nullptr, [&parts](std::unique_ptr<ByteStream> stream) {
      parts.ServeHttp(std::move(stream), "");
    });
  }
  parts.admin_port = Listen(io, options.admin_port, nullptr, [&parts](std::unique_ptr<ByteStream> stream) {
    std::make_shared<HttpConnection>(
        std::move(stream), "admin",
        [&parts](const HttpRequest& request, HttpRespond respond) { HandleAdmin(parts.node, request, respond); })
        ->Start();
  });
}

Server::~Server() = default;

int Server::tcp_port() const { return parts_->node.tcp_port; }
int Server::http_port() const { return parts_->node.http_port; }
int Server::admin_port() const { return parts_->admin_port; }

}  // namespace interconnect::eventstore
