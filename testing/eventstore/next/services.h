#pragma once

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// The services that a node of the next generation offers, for a grpc::ServerBuilder.
std::unique_ptr<grpc::Service> new_streams_service(Node& node);
std::unique_ptr<grpc::Service> new_persistent_subscriptions_service(Node& node);
std::unique_ptr<grpc::Service> new_gossip_service(Node& node);
std::unique_ptr<grpc::Service> new_server_features_service(Node& node);

}  // namespace interconnect::eventstore
