#include "adapters/legacy_tcp/io/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <memory>
#include <utility>

#include "adapters/legacy_tcp/io/http_answer.h"
#include "adapters/legacy_tcp/io/transport.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

std::string base64(std::string_view bytes) {
  std::string out(beast::detail::base64::encoded_size(bytes.size()), '\0');
  out.resize(beast::detail::base64::encode(out.data(), bytes.data(), bytes.size()));
  return out;
}

std::string basic_authorization(const Credentials& credentials) {
  return "Authorization: Basic " + base64(credentials.username + ":" + credentials.password) + "\r\n";
}

std::string text_of(const HttpRequest& request, const Endpoint& endpoint, const std::string& authorization) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  text += "Host: " + to_text(endpoint) + "\r\n";
  text += "Accept: application/json\r\nConnection: close\r\n" + authorization;
  if (!request.body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

// One request under way. Kept alive by the transport's handlers and by its timer.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, const TlsSettings& tls, std::string request, std::function<void(HttpResult)> done)
      : transport_(make_transport(io, tls)), timer_(io), request_(std::move(request)), done_(std::move(done)) {}

  void start(const Endpoint& endpoint, std::chrono::milliseconds time_limit) {
    timer_.expires_after(time_limit);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->finish(HttpFailure{"no answer in time"});
    });
    transport_->connect(endpoint, [self = shared_from_this()](const std::string& error) {
      if (!error.empty()) return self->finish(HttpFailure{error});
      self->send();
    });
  }

 private:
  void send() {
    transport_->send(request_, [self = shared_from_this()](const std::string& error) {
      if (!error.empty()) return self->finish(HttpFailure{"cannot send the request: " + error});
      self->receive();
    });
  }

  void receive() {
    transport_->receive(answer_.room(), [self = shared_from_this()](std::size_t size, const std::string& error) {
      if (!error.empty()) return self->finish(self->answer_.ended(error));
      if (auto result = self->answer_.received(size)) return self->finish(*std::move(result));
      self->receive();
    });
  }

  void finish(HttpResult result) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;
    timer_.cancel();
    transport_->close();
    done(std::move(result));
  }

  std::shared_ptr<Transport> transport_;
  asio::steady_timer timer_;
  std::string request_;
  std::function<void(HttpResult)> done_;
  HttpAnswer answer_;
};

}  // namespace

HttpExchange make_http_client(asio::io_context& io, const Endpoint& endpoint,
                              const std::optional<Credentials>& credentials, const TlsSettings& tls,
                              std::chrono::milliseconds time_limit) {
  const std::string authorization = credentials ? basic_authorization(*credentials) : "";
  return [&io, endpoint, tls, time_limit, authorization](const HttpRequest& request,
                                                         std::function<void(HttpResult)> done) {
    std::make_shared<Exchange>(io, tls, text_of(request, endpoint, authorization), std::move(done))
        ->start(endpoint, time_limit);
  };
}

TlsSettings http_tls(const LegacyStoreSettings& settings) {
  TlsSettings tls = settings.tls;
  tls.enabled = settings.https;
  return tls;
}

}  // namespace interconnect::legacy
