#include "app/group_advice.h"

#include <utility>
#include <variant>

#include "adapters/http_api/paths.h"

namespace interconnect {
namespace {

std::string url_of(const Endpoint& endpoint, bool tls) {
  const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (is_ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

std::string url_of(const StoreSettings& store) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&store)) return url_of(legacy->http, legacy->https);
  const GrpcStoreSettings& grpc = std::get<GrpcStoreSettings>(store);
  return url_of(grpc.hosts.front(), grpc.tls.enabled);
}

}  // namespace

GroupAdvice group_advice(const Settings& settings) {
  GroupAdvice advice;
  advice.circumstances.held_for = std::chrono::duration_cast<std::chrono::milliseconds>(
      settings.copier.writer_timeout + settings.copier.predecessor_wait);
  advice.circumstances.zero_timeout_is_never = std::holds_alternative<LegacyStoreSettings>(settings.source);
  advice.url = [base = url_of(settings.source)](const Subscription& subscription) {
    return base + http_api::group_path(subscription.stream, subscription.group);
  };
  return advice;
}

}  // namespace interconnect
