#ifndef TESTING_EVENTSTORE_NEXT_SERVICES_H_
#define TESTING_EVENTSTORE_NEXT_SERVICES_H_

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// The services that a node of the next generation offers, for a grpc::ServerBuilder.
std::unique_ptr<grpc::Service> NewStreamsService(Node& node);
std::unique_ptr<grpc::Service> NewPersistentSubscriptionsService(Node& node);
std::unique_ptr<grpc::Service> NewGossipService(Node& node);
std::unique_ptr<grpc::Service> NewServerFeaturesService(Node& node);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NEXT_SERVICES_H_
