#include "adapters/legacy_tcp/io/transport.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "adapters/legacy_tcp/io/tls.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string text_of(const error_code& error) {
  if (!error) return {};
  if (error == asio::error::eof) return "the server closed the connection";
  return tls_error_text(error);
}

// What both kinds share: finding, connecting and closing the socket below.
class SocketTransport : public Transport, public std::enable_shared_from_this<SocketTransport> {
 public:
  explicit SocketTransport(asio::io_context& io) : resolver_(io) {}

  void connect(const Endpoint& endpoint, Done done) override {
    resolver_.async_resolve(endpoint.host, std::to_string(endpoint.port),
                            [self = shared_from_this(), host = endpoint.host, done = std::move(done)](
                                const error_code& error, const tcp::resolver::results_type& addresses) mutable {
                              if (error || self->closed_)
                                return done("cannot find the host '" + host + "': " + error.message());
                              auto& socket = self->socket();
                              asio::async_connect(socket, addresses,
                                                  [self, host = std::move(host), done = std::move(done)](
                                                      const error_code& error, const tcp::endpoint&) mutable {
                                                    if (error || self->closed_)
                                                      return done("cannot connect: " + error.message());
                                                    error_code ignored;
                                                    self->socket().set_option(tcp::no_delay(true), ignored);
                                                    self->shake_hands(host, std::move(done));
                                                  });
                            });
  }

  void finish_sending() override {
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close() override {
    closed_ = true;
    resolver_.cancel();
    error_code ignored;
    socket().close(ignored);
  }

 protected:
  virtual tcp::socket& socket() = 0;
  virtual void shake_hands(const std::string& host, Done done) = 0;

 private:
  tcp::resolver resolver_;
  bool closed_ = false;
};

// The socket is destroyed with the last handler, not before.
template <typename Stream>
void receive_from(Stream& stream, std::span<char> room, std::shared_ptr<void> self, Transport::Received received) {
  stream.async_read_some(asio::buffer(room.data(), room.size()),
                         [self = std::move(self), received = std::move(received)](
                             const error_code& error, std::size_t size) { received(size, text_of(error)); });
}

template <typename Stream>
void send_to(Stream& stream, std::string_view bytes, std::shared_ptr<void> self, Transport::Done done) {
  asio::async_write(
      stream, asio::buffer(bytes.data(), bytes.size()),
      [self = std::move(self), done = std::move(done)](const error_code& error, std::size_t) { done(text_of(error)); });
}

class PlainTransport final : public SocketTransport {
 public:
  explicit PlainTransport(asio::io_context& io) : SocketTransport(io), socket_(io) {}

  void receive(std::span<char> room, Received received) override {
    receive_from(socket_, room, shared_from_this(), std::move(received));
  }
  void send(std::string_view bytes, Done done) override {
    send_to(socket_, bytes, shared_from_this(), std::move(done));
  }

 protected:
  tcp::socket& socket() override { return socket_; }
  void shake_hands(const std::string&, Done done) override { done({}); }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public SocketTransport {
 public:
  TlsTransport(asio::io_context& io, TlsSettings settings, std::shared_ptr<asio::ssl::context> context)
      : SocketTransport(io), settings_(std::move(settings)), context_(std::move(context)), stream_(io, *context_) {}

  void receive(std::span<char> room, Received received) override {
    receive_from(stream_, room, shared_from_this(), std::move(received));
  }
  void send(std::string_view bytes, Done done) override {
    send_to(stream_, bytes, shared_from_this(), std::move(done));
  }

 protected:
  tcp::socket& socket() override { return stream_.next_layer(); }
  void shake_hands(const std::string& host, Done done) override {
    expect_host(stream_.native_handle(), host, settings_);
    if (settings_.verify_certificate) {
      stream_.set_verify_callback([this](bool is_trusted, asio::ssl::verify_context& context) {
        if (!is_trusted) refused_names_ = names_of(X509_STORE_CTX_get_current_cert(context.native_handle()));
        return is_trusted;
      });
    }
    stream_.async_handshake(asio::ssl::stream_base::client, [this, self = shared_from_this(), host,
                                                             done = std::move(done)](const error_code& error) {
      done(error ? handshake_error(stream_.native_handle(), host, refused_names_, error) : std::string());
    });
  }

 private:
  TlsSettings settings_;
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<tcp::socket> stream_;
  std::string refused_names_;  // of the server's certificate
};

// Stands in where the settings cannot be used: every attempt to connect says why.
class UnusableTransport final : public Transport {
 public:
  UnusableTransport(asio::io_context& io, std::string why) : io_(io), why_(std::move(why)) {}

  void connect(const Endpoint&, Done done) override {
    asio::post(io_, [why = why_, done = std::move(done)] { done(why); });
  }
  void receive(std::span<char>, Received received) override {
    asio::post(io_, [why = why_, received = std::move(received)] { received(0, why); });
  }
  void send(std::string_view, Done done) override {
    asio::post(io_, [why = why_, done = std::move(done)] { done(why); });
  }
  void finish_sending() override {}
  void close() override {}

 private:
  asio::io_context& io_;
  std::string why_;
};

}  // namespace

std::shared_ptr<Transport> make_transport(asio::io_context& io, const TlsSettings& tls) {
  if (!tls.enabled) return std::make_shared<PlainTransport>(io);
  std::string error;
  auto context = make_tls_context(tls, error);
  if (context == nullptr) return std::make_shared<UnusableTransport>(io, std::move(error));
  return std::make_shared<TlsTransport>(io, tls, std::move(context));
}

}  // namespace interconnect::legacy
