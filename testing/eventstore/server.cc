#include "testing/eventstore/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "testing/eventstore/http/admin.h"
#include "testing/eventstore/http/api.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/legacy/tcp_connection.h"
#include "testing/eventstore/net/byte_stream.h"
#include "testing/eventstore/next/grpc_front.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

struct Server::Parts {
  Parts(const Options& options, boost::asio::io_context& io) : node(options, io) {}

  void serve_http(std::unique_ptr<ByteStream> stream, std::string read_ahead) {
    auto connection = std::make_shared<HttpConnection>(
        std::move(stream), server_name(node),
        [this](const HttpRequest& request, HttpRespond respond) { handle_http(node, request, respond); },
        std::move(read_ahead));
    const std::weak_ptr<HttpConnection> weak = connection;
    const int number = node.add_connection([weak] {
      if (auto open = weak.lock()) open->close();
    });
    connection->on_closed = [this, number] { node.remove_connection(number); };
    connection->start();
  }

  // One port for both: a connection that begins with HTTP/2's preface is gRPC's.
  void serve_next(boost::asio::io_context& io, std::shared_ptr<std::unique_ptr<ByteStream>> stream) {
    (*stream)->first(3, [this, &io, stream](bool ok, const std::string& first) {
      if (!ok) return;
      const bool tls = this->tls != nullptr;
      if (!first.starts_with("PRI")) return serve_http(std::move(*stream), tls ? first : "");
      if (tls) {
        const std::shared_ptr<ByteStream> outer = std::move(*stream);
        track(outer);
        grpc->adopt(splice(io, outer, first));
        return;
      }
      const int descriptor = (*stream)->release();
      fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
      watch(dup(descriptor));
      grpc->adopt(descriptor);
    });
  }

  // A spliced connection can be cut for as long as it is there.
  void track(const std::shared_ptr<ByteStream>& stream) {
    const std::weak_ptr<ByteStream> weak = stream;
    node.add_connection([weak] {
      if (auto open = weak.lock()) open->close();
    });
  }

  // A duplicate by which a connection can be cut, whatever gRPC does with its own; once a second it is looked whether
  // the other side has left.
  void watch(int descriptor) {
    const int number = node.add_connection([descriptor] { ::shutdown(descriptor, SHUT_RDWR); });
    sweep(descriptor, number);
  }

  void sweep(int descriptor, int number) {
    node.after(1000, [this, descriptor, number] {
      tcp_info info{};
      socklen_t size = sizeof info;
      const bool there = getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
      if (there && info.tcpi_state == TCP_ESTABLISHED) return sweep(descriptor, number);
      node.remove_connection(number);
      close(descriptor);
    });
  }

  Node node;
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<GrpcFront> grpc;
  int admin_port = 0;
};

Server::Server(const Options& options, boost::asio::io_context& io) : parts_(std::make_unique<Parts>(options, io)) {
  Parts& parts = *parts_;
  if (!options.tls_cert.empty())
    parts.tls = std::make_unique<TlsContext>(options.tls_cert, options.tls_key, options.tls_client_ca);
  if (options.generation == Generation::kLegacy || options.external_tcp) {
    parts.node.tcp_port = listen(io, options.tcp_port, parts.tls.get(), [&parts](std::unique_ptr<ByteStream> stream) {
      std::make_shared<TcpConnection>(parts.node, std::move(stream))->start();
    });
  }
  if (options.generation == Generation::kLegacy) {
    parts.node.http_port =
        listen(io, options.http_port, options.https ? parts.tls.get() : nullptr,
               [&parts](std::unique_ptr<ByteStream> stream) { parts.serve_http(std::move(stream), ""); });
  } else {
    parts.grpc = std::make_unique<GrpcFront>(parts.node);
    parts.node.http_port =
        listen(io, options.http_port, parts.tls.get(), [&parts, &io](std::unique_ptr<ByteStream> stream) {
          parts.serve_next(io, std::make_shared<std::unique_ptr<ByteStream>>(std::move(stream)));
        });
  }
  parts.admin_port = listen(io, options.admin_port, nullptr, [&parts](std::unique_ptr<ByteStream> stream) {
    std::make_shared<HttpConnection>(
        std::move(stream), "admin",
        [&parts](const HttpRequest& request, HttpRespond respond) { handle_admin(parts.node, request, respond); })
        ->start();
  });
}

Server::~Server() = default;

void Server::shutdown() {
  if (parts_->grpc != nullptr) parts_->grpc->shutdown();
}

void Server::cut_connections() { parts_->node.cut_connections(); }

int Server::tcp_port() const { return parts_->node.tcp_port; }
int Server::http_port() const { return parts_->node.http_port; }
int Server::admin_port() const { return parts_->admin_port; }

}  // namespace interconnect::eventstore
