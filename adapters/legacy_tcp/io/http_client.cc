#include "adapters/legacy_tcp/io/http_client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <utility>

#include "adapters/legacy_tcp/io/tls.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t kMaxBodySize = 1024 * 1024;

using Message = http::request<http::string_body>;

std::string base64(std::string_view bytes) {
  std::string out(beast::detail::base64::encoded_size(bytes.size()), '\0');
  out.resize(beast::detail::base64::encode(out.data(), bytes.data(), bytes.size()));
  return out;
}

auto reporting(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

template <typename Stream>
asio::awaitable<HttpResult> send_and_read(Stream& stream, const Message& request) {
  error_code error;
  co_await http::async_write(stream, request, reporting(error));
  if (error) co_return HttpFailure{"cannot send the request: " + error.message()};
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBodySize);
  co_await http::async_read(stream, buffer, parser, reporting(error));
  if (error) co_return HttpFailure{"no answer: " + error.message()};
  auto& response = parser.get();
  co_return HttpResponse{response.result_int(), std::string(response.reason()), std::move(response.body())};
}

}  // namespace

HttpClient::HttpClient(Endpoint endpoint, std::optional<Credentials> credentials, TlsSettings tls,
                       std::chrono::milliseconds time_limit)
    : endpoint_(std::move(endpoint)), tls_(std::move(tls)), time_limit_(time_limit) {
  if (credentials) authorization_ = "Basic " + base64(credentials->username + ":" + credentials->password);
}

asio::awaitable<HttpResult> HttpClient::exchange(HttpRequest request) const {
  const auto executor = co_await asio::this_coro::executor;
  error_code error;
  asio::ip::tcp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(endpoint_.host, std::to_string(endpoint_.port), reporting(error));
  if (error) co_return HttpFailure{"cannot find the host '" + endpoint_.host + "': " + error.message()};
  beast::tcp_stream socket(executor);
  socket.expires_after(time_limit_);
  co_await socket.async_connect(addresses, reporting(error));
  if (error) co_return HttpFailure{"cannot connect: " + error.message()};

  Message message(http::string_to_verb(request.method), request.target, 11);
  message.set(http::field::host, endpoint_.host + ":" + std::to_string(endpoint_.port));
  message.set(http::field::accept, "application/json");
  message.set(http::field::connection, "close");
  if (!authorization_.empty()) message.set(http::field::authorization, authorization_);
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  message.body() = std::move(request.body);
  message.prepare_payload();

  if (!tls_.enabled) co_return co_await send_and_read(socket, message);
  std::string unusable;
  const auto context = make_tls_context(tls_, unusable);
  if (context == nullptr) co_return HttpFailure{unusable};
  beast::ssl_stream<beast::tcp_stream> stream(std::move(socket), *context);
  expect_host(stream.native_handle(), endpoint_.host, tls_);
  co_await stream.async_handshake(asio::ssl::stream_base::client, reporting(error));
  if (error) co_return HttpFailure{handshake_error(stream.native_handle(), error)};
  co_return co_await send_and_read(stream, message);
}

}  // namespace interconnect::legacy
