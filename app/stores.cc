#include "app/stores.h"

#include <utility>
#include <variant>

#include "adapters/grpc/grpc_store.h"
#include "adapters/legacy_tcp/legacy_store.h"

namespace interconnect {

std::unique_ptr<EventSource> make_source(boost::asio::io_context& io, const StoreSettings& settings,
                                         std::vector<Subscription> subscriptions) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings)) {
    return make_legacy_source(io, *legacy, std::move(subscriptions));
  }
  return make_grpc_source(io, std::get<GrpcStoreSettings>(settings), std::move(subscriptions));
}

std::unique_ptr<EventSink> make_sink(boost::asio::io_context& io, const StoreSettings& settings) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings)) return make_legacy_sink(io, *legacy);
  return make_grpc_sink(io, std::get<GrpcStoreSettings>(settings));
}

std::unique_ptr<StoreInspector> make_inspector(boost::asio::io_context& io, const StoreSettings& settings) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings)) return make_legacy_inspector(io, *legacy);
  return make_grpc_inspector(io, std::get<GrpcStoreSettings>(settings));
}

std::string describe(const StoreSettings& store) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&store)) {
    return to_text(legacy->tcp) + " (legacy, TCP)";
  }
  const GrpcStoreSettings& grpc = std::get<GrpcStoreSettings>(store);
  return to_text(grpc.hosts.front()) + " (next, gRPC)";
}

}  // namespace interconnect
