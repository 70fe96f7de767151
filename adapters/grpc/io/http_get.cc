#include "adapters/grpc/io/http_get.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <exception>
#include <utility>

#include "adapters/grpc/io/channel.h"

namespace interconnect::next {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;

constexpr std::size_t kMaxBody = 1 << 20;

template <typename Stream>
asio::awaitable<HttpAnswer> exchange(Stream& stream, const HttpRequest& request) {
  http::request<http::empty_body> message{http::verb::get, request.target, 11};
  message.set(http::field::host, to_authority(request.endpoint));
  message.set(http::field::accept, "application/json");  // a list of types is answered by 406
  message.set(http::field::connection, "close");
  if (!request.authorization.empty()) message.set(http::field::authorization, request.authorization);
  co_await http::async_write(stream, message, use_awaitable);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  co_return HttpAnswer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

void trust(asio::ssl::context& context, const TlsSettings& tls) {
  if (!tls.certificate_file.empty()) {
    context.use_certificate_chain_file(tls.certificate_file);
    context.use_private_key_file(tls.key_file, asio::ssl::context::pem);
  }
  if (!tls.verify_certificate) return;
  if (tls.ca_file.empty()) {
    context.set_default_verify_paths();
  } else {
    context.load_verify_file(tls.ca_file);
  }
  context.set_verify_mode(asio::ssl::verify_peer);
}

class CancellableGet : public HttpGet, public std::enable_shared_from_this<CancellableGet> {
 public:
  explicit CancellableGet(asio::io_context& io) : io_(io) {}

  void cancel() override {
    signal_.emit(asio::cancellation_type::terminal);
    // co_spawn posts what it was told, and keeps it in the signal: that must live until it has run.
    asio::post(io_, [self = shared_from_this()] {});
    if (stream != nullptr) stream->close();
  }
  asio::cancellation_slot slot() { return signal_.slot(); }

  beast::tcp_stream* stream = nullptr;  // while there is one: closing it ends what waits on it

 private:
  asio::io_context& io_;
  asio::cancellation_signal signal_;
};

// The coroutine's stream is known to who cancels as long as it lives.
class Opened {
 public:
  Opened(CancellableGet& running, beast::tcp_stream& stream) : running_(running) { running_.stream = &stream; }
  Opened(const Opened&) = delete;
  ~Opened() { running_.stream = nullptr; }

 private:
  CancellableGet& running_;
};

asio::awaitable<HttpAnswer> get(HttpRequest request, std::shared_ptr<CancellableGet> running) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(request.endpoint.host, std::to_string(request.endpoint.port), use_awaitable);
  beast::tcp_stream tcp(executor);
  const Opened opened(*running, tcp);
  tcp.expires_after(request.timeout);
  co_await tcp.async_connect(addresses, use_awaitable);
  if (!request.tls.enabled) co_return co_await exchange(tcp, request);

  asio::ssl::context context(asio::ssl::context::tls_client);
  trust(context, request.tls);
  beast::ssl_stream<beast::tcp_stream> stream(std::move(tcp), context);
  running->stream = &stream.next_layer();
  SSL_set_tlsext_host_name(stream.native_handle(), request.endpoint.host.c_str());
  if (request.tls.verify_certificate) {
    stream.set_verify_callback(asio::ssl::host_name_verification(request.endpoint.host));
  }
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return co_await exchange(stream, request);
}

}  // namespace

std::shared_ptr<HttpGet> http_get(asio::io_context& io, HttpRequest request,
                                  std::function<void(const HttpAnswer&)> answer) {
  auto running = std::make_shared<CancellableGet>(io);
  asio::co_spawn(io, get(std::move(request), running),
                 asio::bind_cancellation_slot(
                     running->slot(), [running, answer = std::move(answer)](std::exception_ptr error, HttpAnswer got) {
                       if (error) {
                         try {
                           std::rethrow_exception(error);
                         } catch (const boost::system::system_error& reason) {
                           got = {0, reason.code().message()};
                         } catch (const std::exception& reason) {
                           got = {0, reason.what()};
                         }
                       }
                       answer(got);
                     }));
  return running;
}

}  // namespace interconnect::next
