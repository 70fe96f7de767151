#include "testing/eventstore/next/call.h"

#include "boost/asio/post.hpp"
#include "testing/eventstore/http/http_connection.h"

namespace interconnect::eventstore {

void post_to_node(Node& node, std::function<void()> run) { boost::asio::post(node.io(), std::move(run)); }

std::string header_of(const grpc::CallbackServerContext& context, const std::string& name) {
  auto it = context.client_metadata().find(name);
  return it == context.client_metadata().end() ? "" : std::string(it->second.data(), it->second.size());
}

bool requires_leader(const grpc::CallbackServerContext& context) {
  const std::string value = header_of(context, "requires-leader");
  return value == "true" || value == "True";
}

GrpcCaller caller_of(Node& node, const grpc::CallbackServerContext& context, bool is_open_to_all) {
  GrpcCaller caller;
  if (node.insecure()) {
    caller.user = EventStore::system();
    return caller;
  }
  const std::string header = header_of(context, "authorization");
  if (header.empty()) {
    if (node.options().is_of_today() && !is_open_to_all) caller.error = access_denied_error();
    return caller;
  }
  if (header.starts_with("Basic ") || header.starts_with("basic ")) {
    const std::string login = base64_decode(header.substr(6));
    const std::size_t colon = login.find(':');
    // 21.2.0 takes what it cannot split in two for no credentials (BasicHttpAuthenticationProvider.cs).
    if (node.options().version == "21.2.0" && colon != login.rfind(':')) return caller;
    if (colon != std::string::npos) caller.user = node.authenticate(login.substr(0, colon), login.substr(colon + 1));
  }
  if (caller.user == nullptr) {
    caller.error.status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "Unauthenticated");
  }
  return caller;
}

}  // namespace interconnect::eventstore
