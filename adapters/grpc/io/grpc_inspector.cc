#include <memory>
#include <utility>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/store_client.h"
#include "adapters/http_api/http_inspector.h"

namespace interconnect {

std::unique_ptr<StoreInspector> make_grpc_inspector(boost::asio::io_context& io, GrpcStoreSettings settings) {
  auto owned = std::make_shared<next::StoreClient>(
      io, std::move(settings), next::StoreClient::Events{.drained = [] {}, .connection_lost = [](const auto&) {}});
  return http_api::make_http_inspector([owned](const std::string& target, auto done) {
    next::StoreClient* const client = owned.get();
    client->connect([client, target, done = std::move(done)](const next::CallStatus& status) {
      if (!client->connected()) return done({0, status.message});
      client->get(target, [client, done](const next::HttpAnswer& answer) {
        // The node is gone, or no longer the leader, which alone has the groups.
        if (answer.status == 0 || answer.status == 503 || answer.status / 100 == 3) client->forget_connection();
        done({answer.status, answer.body});
      });
    });
  });
}

}  // namespace interconnect
