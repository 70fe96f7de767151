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

  // One port for both: a connection that begins with HTTP/2's preface is gRPC's.
  void ServeNext(boost::asio::io_context& io, std::shared_ptr<std::unique_ptr<ByteStream>> stream) {
    (*stream)->First(3, [this, &io, stream](bool ok, const std::string& first) {
      if (!ok) return;
      const bool tls = this->tls != nullptr;
      if (!first.starts_with("PRI")) return ServeHttp(std::move(*stream), tls ? first : "");
      if (tls) {
        const std::shared_ptr<ByteStream> outer = std::move(*stream);
        Track(outer);
        grpc->Adopt(Splice(io, outer, first));
        return;
      }
      const int descriptor = (*stream)->Release();
      fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
      Watch(dup(descriptor));
      grpc->Adopt(descriptor);
    });
  }

  // A spliced connection can be cut for as long as it is there.
  void Track(const std::shared_ptr<ByteStream>& stream) {
    const std::weak_ptr<ByteStream> weak = stream;
    node.AddConnection([weak] {
      if (auto open = weak.lock()) open->Close();
    });
  }

  // A duplicate by which a connection can be cut, whatever gRPC does with its own; once a second it is looked whether
  // the other side has left.
  void Watch(int descriptor) {
    const int number = node.AddConnection([descriptor] { shutdown(descriptor, SHUT_RDWR); });
    Sweep(descriptor, number);
  }

  void Sweep(int descriptor, int number) {
    node.After(1000, [this, descriptor, number] {
      tcp_info info{};
      socklen_t size = sizeof info;
      const bool there = getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
      if (there && info.tcpi_state == TCP_ESTABLISHED) return Sweep(descriptor, number);
      node.RemoveConnection(number);
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
    parts.node.tcp_port = Listen(io, options.tcp_port, parts.tls.get(), [&parts](std::unique_ptr<ByteStream> stream) {
      std::make_shared<TcpConnection>(parts.node, std::move(stream))->Start();
    });
  }
  if (options.generation == Generation::kLegacy) {
    parts.node.http_port =
        Listen(io, options.http_port, options.https ? parts.tls.get() : nullptr,
               [&parts](std::unique_ptr<ByteStream> stream) { parts.ServeHttp(std::move(stream), ""); });
  } else {
    parts.grpc = std::make_unique<GrpcFront>(parts.node);
    parts.node.http_port =
        Listen(io, options.http_port, parts.tls.get(), [&parts, &io](std::unique_ptr<ByteStream> stream) {
          parts.ServeNext(io, std::make_shared<std::unique_ptr<ByteStream>>(std::move(stream)));
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

void Server::Shutdown() {
  if (parts_->grpc != nullptr) parts_->grpc->Shutdown();
}

void Server::CutConnections() { parts_->node.CutConnections(); }

int Server::tcp_port() const { return parts_->node.tcp_port; }
int Server::http_port() const { return parts_->node.http_port; }
int Server::admin_port() const { return parts_->admin_port; }

}  // namespace interconnect::eventstore
