#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "adapters/http_api/http_inspector.h"
#include "adapters/legacy_tcp/io/http_client.h"
#include "adapters/legacy_tcp/legacy_store.h"

namespace interconnect {

std::unique_ptr<StoreInspector> make_legacy_inspector(boost::asio::io_context& io,
                                                      const LegacyStoreSettings& settings) {
  TlsSettings tls = settings.tls;
  tls.enabled = settings.https;
  auto exchange = legacy::make_http_client(io, settings.http, settings.credentials, tls, settings.operation_timeout);
  const std::string node = to_text(settings.http);
  return http_api::make_http_inspector([node, exchange = std::move(exchange)](const std::string& target, auto done) {
    exchange({"GET", target, ""}, [node, done = std::move(done)](const legacy::HttpResult& result) {
      if (const auto* failure = std::get_if<legacy::HttpFailure>(&result)) return done({0, failure->message});
      const auto& response = std::get<legacy::HttpResponse>(result);
      done({static_cast<int>(response.status), response.body, node});
    });
  });
}

}  // namespace interconnect
