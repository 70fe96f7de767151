#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "adapters/legacy_tcp/io/http_message.h"
#include "ports/store_settings.h"

namespace boost::asio {
class io_context;
}

namespace interconnect::legacy {

// Sends one request and calls back with its result, once, from the event loop.
using HttpExchange = std::function<void(const HttpRequest& request, std::function<void(HttpResult)> done)>;

// An exchange over a connection of its own for each request, with the same means as the TCP protocol's. `time_limit` is
// for each exchange as a whole.
HttpExchange make_http_client(boost::asio::io_context& io, const Endpoint& endpoint,
                              const std::optional<Credentials>& credentials, const TlsSettings& tls,
                              std::chrono::milliseconds time_limit);

// How HTTP goes to such a store: as TCP does, but with TLS by a setting of its own.
TlsSettings http_tls(const LegacyStoreSettings& settings);

}  // namespace interconnect::legacy
