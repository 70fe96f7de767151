#include "testing/eventstore/net/byte_stream.h"

#include <sys/socket.h>

#include <stdexcept>

#include "boost/asio/buffer.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/asio/write.hpp"

namespace interconnect::eventstore {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Both kinds differ in where their bytes go through and in how they end.
template <class Layer>
class StreamOver : public ByteStream {
 public:
  template <class... Args>
  explicit StreamOver(std::string remote, Args&&... args)
      : layer_(std::make_shared<Layer>(std::forward<Args>(args)...)), remote_(std::move(remote)) {}

  ~StreamOver() override { close(); }

  void read_some(char* data, std::size_t size, std::function<void(bool, std::size_t)> done) override {
    layer_->async_read_some(asio::buffer(data, size),
                            [layer = layer_, done = std::move(done)](auto error, auto n) { done(!error, n); });
  }

  void write(const char* data, std::size_t size, std::function<void(bool)> done) override {
    asio::async_write(*layer_, asio::buffer(data, size),
                      [layer = layer_, done = std::move(done)](auto error, auto) { done(!error); });
  }

  void close() override {
    if (!socket().is_open()) return;
    boost::system::error_code ignored;
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
  }

  void reset() override {
    if (!socket().is_open()) return;
    boost::system::error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    socket().close(ignored);
  }

  const std::string& remote() const override { return remote_; }

  void first(std::size_t size, std::function<void(bool, std::string)> done) override {
    if constexpr (std::is_same_v<Layer, tcp::socket>) {
      layer_->async_wait(tcp::socket::wait_read, [this, layer = layer_, size, done = std::move(done)](auto error) {
        std::string bytes(size, '\0');
        boost::system::error_code failed = error;
        if (!failed) {
          bytes.resize(layer->receive(asio::buffer(bytes), asio::socket_base::message_peek, failed));
        }
        // A beginning in pieces is rare; the socket stays readable meanwhile, so this asks again and again.
        if (!failed && bytes.size() < size) return first(size, done);
        done(!failed, std::move(bytes));
      });
    } else {
      auto bytes = std::make_shared<std::string>(16 * 1024, '\0');
      read_some(bytes->data(), bytes->size(),
                [bytes, done = std::move(done)](bool ok, std::size_t n) { done(ok, bytes->substr(0, n)); });
    }
  }

  int release() override {
    if constexpr (std::is_same_v<Layer, tcp::socket>) return layer_->release();
    return -1;
  }

  Layer& layer() { return *layer_; }

 private:
  tcp::socket& socket() {
    if constexpr (std::is_same_v<Layer, tcp::socket>) {
      return *layer_;
    } else {
      return layer_->next_layer();
    }
  }

  const std::shared_ptr<Layer> layer_;
  const std::string remote_;
};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  static constexpr unsigned char kOffered[] = "\x02h2\x08http/1.1";
  return SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kOffered, sizeof kOffered - 1, in,
                               in_size) == OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

struct TlsContext::Impl {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

TlsContext::TlsContext(const std::string& cert_file, const std::string& key_file, const std::string& client_ca_file)
    : impl(std::make_unique<Impl>()) {
  impl->context.use_certificate_chain_file(cert_file);
  impl->context.use_private_key_file(key_file, asio::ssl::context::pem);
  if (!client_ca_file.empty()) {
    impl->context.load_verify_file(client_ca_file);
    impl->context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  SSL_CTX_set_alpn_select_cb(impl->context.native_handle(), select_protocol, nullptr);
}

TlsContext::~TlsContext() = default;

namespace {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, int port, TlsContext* tls, std::function<void(std::unique_ptr<ByteStream>)> accepted)
      : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port))),
        tls_(tls),
        accepted_(std::move(accepted)) {}

  int port() const { return acceptor_.local_endpoint().port(); }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](auto error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) self->accepted(std::move(socket));
      self->accept();
    });
  }

 private:
  void accepted(tcp::socket socket) {
    boost::system::error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    std::string name = remote.address().to_string() + ":" + std::to_string(remote.port());
    if (tls_ == nullptr) {
      accepted_(std::make_unique<StreamOver<tcp::socket>>(std::move(name), std::move(socket)));
      return;
    }
    using TlsStream = StreamOver<asio::ssl::stream<tcp::socket>>;
    auto stream = std::make_shared<std::unique_ptr<TlsStream>>(
        std::make_unique<TlsStream>(std::move(name), std::move(socket), tls_->impl->context));
    (*stream)->layer().async_handshake(asio::ssl::stream_base::server,
                                       [self = shared_from_this(), stream](auto failed) {
                                         if (!failed) self->accepted_(std::move(*stream));
                                       });
  }

  tcp::acceptor acceptor_;
  TlsContext* const tls_;
  const std::function<void(std::unique_ptr<ByteStream>)> accepted_;
};

}  // namespace

namespace {

class Splicer : public std::enable_shared_from_this<Splicer> {
 public:
  Splicer(asio::io_context& io, int descriptor, std::shared_ptr<ByteStream> outer)
      : outer_(std::move(outer)), inner_(io, asio::local::stream_protocol(), descriptor) {}

  void start(std::string read_ahead) {
    in_ = std::move(read_ahead);
    write_inner(in_.size());
    read_inner();
  }

 private:
  void read_outer() {
    in_.resize(64 * 1024);
    outer_->read_some(in_.data(), in_.size(), [self = shared_from_this()](bool ok, std::size_t n) {
      if (!ok) return self->end();
      self->write_inner(n);
    });
  }
  void write_inner(std::size_t size) {
    asio::async_write(inner_, asio::buffer(in_.data(), size), [self = shared_from_this()](auto error, auto) {
      if (error) return self->end();
      self->read_outer();
    });
  }
  void read_inner() {
    out_.resize(64 * 1024);
    inner_.async_read_some(asio::buffer(out_), [self = shared_from_this()](auto error, std::size_t n) {
      if (error) return self->end();
      self->outer_->write(self->out_.data(), n, [self](bool ok) {
        if (!ok) return self->end();
        self->read_inner();
      });
    });
  }
  void end() {
    boost::system::error_code ignored;
    inner_.close(ignored);
    outer_->close();
  }

  const std::shared_ptr<ByteStream> outer_;
  asio::local::stream_protocol::socket inner_;
  std::string in_;
  std::string out_;
};

}  // namespace

int splice(asio::io_context& io, std::shared_ptr<ByteStream> stream, std::string read_ahead) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
    throw std::runtime_error("no socket pair");
  }
  std::make_shared<Splicer>(io, pair[1], std::move(stream))->start(std::move(read_ahead));
  return pair[0];
}

int listen(asio::io_context& io, int port, TlsContext* tls, std::function<void(std::unique_ptr<ByteStream>)> accepted) {
  auto listener = std::make_shared<Listener>(io, port, tls, std::move(accepted));
  listener->accept();
  return listener->port();
}

}  // namespace interconnect::eventstore
