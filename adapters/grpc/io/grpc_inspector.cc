#include <memory>
#include <utility>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/store_client.h"
#include "adapters/http_api/http_inspector.h"

namespace interconnect {

std::unique_ptr<StoreInspector> make_grpc_inspector(boost::asio::io_context& io, GrpcStoreSettings settings) {
  // It is asked now and then, for as long as the copy goes on.
  settings.reconnection.max_attempts = -1;
  auto owned = std::make_shared<next::StoreClient>(io, std::move(settings), next::StoreClient::Events{.drained = [] {}},
                                                   /*asks_nodes=*/false);
  return http_api::make_http_inspector([owned](const std::string& target, auto done) {
    next::StoreClient* const client = owned.get();
    client->when_tried([client, target, done = std::move(done)] {
      client->get(target, [client, done, connection = client->connection()](const next::HttpAnswer& answer) {
        // The node is gone, or no longer the leader, which alone has the groups.
        if (connection == client->connection() &&
            (answer.status == 0 || answer.status == 503 || answer.status / 100 == 3)) {
          client->lose_connection({ErrorKind::kUnavailable, answer.status == 0 ? answer.body : "it does not lead"});
        }
        done({answer.status, answer.body, client->node() ? to_text(*client->node()) : ""});
      });
    });
  });
}

}  // namespace interconnect
