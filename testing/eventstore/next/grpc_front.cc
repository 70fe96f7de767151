#include "testing/eventstore/next/grpc_front.h"

#include <chrono>
#include <limits>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_posix.h"
#include "testing/eventstore/next/rpc_error.h"
#include "testing/eventstore/next/services.h"

namespace interconnect::eventstore {
namespace {

// A method of a service that this version has not.
class Unknown : public grpc::CallbackGenericService {
  class Reactor : public grpc::ServerGenericBidiReactor {
   public:
    Reactor() { Finish({grpc::StatusCode::UNIMPLEMENTED, "Service is unimplemented."}); }
    void OnDone() override { delete this; }
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override { return new Reactor; }
};

}  // namespace

struct GrpcFront::Impl {
  std::vector<std::unique_ptr<grpc::Service>> services;
  Unknown unknown;
  std::unique_ptr<grpc::Server> server;
};

GrpcFront::GrpcFront(Node& node) : impl_(std::make_unique<Impl>()) {
  impl_->services.push_back(new_streams_service(node));
  impl_->services.push_back(new_persistent_subscriptions_service(node));
  impl_->services.push_back(new_gossip_service(node));
  if (node.options().version != "21.2.0") impl_->services.push_back(new_server_features_service(node));
  grpc::ServerBuilder builder;
  for (const auto& service : impl_->services) builder.RegisterService(service.get());
  builder.RegisterCallbackGenericService(&impl_->unknown);
  builder.SetMaxReceiveMessageSize(std::numeric_limits<int>::max());
  builder.SetMaxSendMessageSize(std::numeric_limits<int>::max());
  // Clients ping as often as they like.
  builder.AddChannelArgument("grpc.http2.min_ping_interval_without_data_ms", 0);
  builder.AddChannelArgument("grpc.http2.max_ping_strikes", 0);
  builder.AddChannelArgument("grpc.keepalive_permit_without_calls", 1);
  impl_->server = builder.BuildAndStart();
}

GrpcFront::~GrpcFront() = default;

void GrpcFront::shutdown() { impl_->server->Shutdown(std::chrono::system_clock::now()); }

void GrpcFront::adopt(int socket) { grpc::AddInsecureChannelFromFd(impl_->server.get(), socket); }

}  // namespace interconnect::eventstore
