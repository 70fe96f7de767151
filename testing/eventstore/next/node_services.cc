#include <chrono>
#include <string>
#include <vector>

#include "adapters/grpc/proto/gossip.grpc.pb.h"
#include "adapters/grpc/proto/serverfeatures.grpc.pb.h"
#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/next/services.h"

namespace interconnect::eventstore {
namespace {

class GossipService : public esdb::gossip::Gossip::CallbackService {
 public:
  explicit GossipService(Node& node) : node_(node) {}

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const esdb::Empty* request,
                                 esdb::gossip::ClusterInfo* response) override {
    return answer_unary<esdb::Empty, esdb::gossip::ClusterInfo>(
        node_, context, request, response,
        [this](const GrpcCaller&, const auto&, auto* answer) {
          const Misbehaviour& told = node_.misbehaviour();
          for (const Misbehaviour::Member& member : told.gossip) {
            auto* next = answer->add_members();
            this->member(next);
            if (member.http_port != node_.http_port) to_uuid(leader_id_, true, next->mutable_instance_id());
            next->set_state(member.state == "Leader"     ? esdb::gossip::MemberInfo::Leader
                            : member.state == "Follower" ? esdb::gossip::MemberInfo::Follower
                                                         : esdb::gossip::MemberInfo::Unknown);
            next->set_is_alive(member.is_alive);
            next->mutable_http_end_point()->set_port(static_cast<std::uint32_t>(member.http_port));
          }
          if (!told.gossip.empty()) return RpcError{grpc::Status::OK};
          member(answer->add_members());
          // The leader that a test has named belongs to the same cluster.
          const Misbehaviour& m = node_.misbehaviour();
          if (!m.leader_host.empty()) {
            answer->mutable_members(0)->set_state(esdb::gossip::MemberInfo::Follower);
            auto* leader = answer->add_members();
            *leader = answer->members(0);
            to_uuid(leader_id_, true, leader->mutable_instance_id());
            leader->set_state(esdb::gossip::MemberInfo::Leader);
            leader->mutable_http_end_point()->set_address(m.leader_host);
            leader->mutable_http_end_point()->set_port(static_cast<std::uint32_t>(m.leader_http_port));
          }
          return RpcError{grpc::Status::OK};
        },
        true);
  }

 private:
  void member(esdb::gossip::MemberInfo* member) {
    to_uuid(node_.instance_id, true, member->mutable_instance_id());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    member->set_time_stamp(std::chrono::duration_cast<std::chrono::microseconds>(now).count() * 10);
    member->set_state(node_.ready() ? esdb::gossip::MemberInfo::Leader : esdb::gossip::MemberInfo::Unknown);
    member->set_is_alive(true);
    member->mutable_http_end_point()->set_address("127.0.0.1");
    member->mutable_http_end_point()->set_port(static_cast<std::uint32_t>(node_.http_port));
  }

  Node& node_;
  const EventId leader_id_ = new_event_id();
};

struct OfferedMethod {
  const char* name;
  std::vector<const char*> features = {};
};
struct OfferedService {
  const char* name;
  std::vector<OfferedMethod> methods;
};

// What servers say they can do, though only what a copier needs of it is imitated here.
std::vector<OfferedService> services_of(const Options& options) {
  const std::vector<const char*> streams_and_all = {"stream", "all"};
  std::vector<OfferedService> services = {{"persistent_subscriptions.persistentsubscriptions",
                                           {{"create", streams_and_all},
                                            {"update", streams_and_all},
                                            {"delete", streams_and_all},
                                            {"read", streams_and_all},
                                            {"getinfo", streams_and_all},
                                            {"replayparked", streams_and_all},
                                            {"list", streams_and_all},
                                            {"restartsubsystem", streams_and_all}}},
                                          {"users.users",
                                           {{"create"},
                                            {"update"},
                                            {"delete"},
                                            {"disable"},
                                            {"enable"},
                                            {"details"},
                                            {"changepassword"},
                                            {"resetpassword"}}},
                                          {"streams.streams",
                                           {{"read", {"position", "events"}},
                                            {"append"},
                                            {"delete"},
                                            {"tombstone"},
                                            {"batchappend", {"deadline_duration"}}}},
                                          {"operations.operations",
                                           {{"startscavenge"},
                                            {"stopscavenge"},
                                            {"shutdown"},
                                            {"mergeindexes"},
                                            {"resignnode"},
                                            {"setnodepriority"},
                                            {"restartpersistentsubscriptions"}}},
                                          {"gossip.gossip", {{"read"}}},
                                          {"monitoring.monitoring", {{"stats"}}},
                                          {"server_features.serverfeatures", {{"getsupportedmethods"}}}};
  if (options.is_of_today()) services.push_back({"redaction.redaction", {{"geteventpositions"}, {"switchchunks"}}});
  if (options.projections) {
    const bool tracks = options.is_at_least({22, 10, 0});
    services.push_back({"projections.projections",
                        {{"create", tracks ? std::vector{"track_emitted_streams"} : std::vector<const char*>()},
                         {"update"},
                         {"delete"},
                         {"statistics"},
                         {"disable"},
                         {"enable"},
                         {"reset"},
                         {"state"},
                         {"result"},
                         {"restartsubsystem"}}});
  }
  return services;
}

class ServerFeaturesService : public esdb::server_features::ServerFeatures::CallbackService {
 public:
  explicit ServerFeaturesService(Node& node) : node_(node) {}

  grpc::ServerUnaryReactor* GetSupportedMethods(grpc::CallbackServerContext* context, const esdb::Empty* request,
                                                esdb::server_features::SupportedMethods* response) override {
    return answer_unary<esdb::Empty, esdb::server_features::SupportedMethods>(
        node_, context, request, response,
        [this](const GrpcCaller&, const auto&, auto* answer) {
          for (const OfferedService& service : services_of(node_.options())) {
            for (const OfferedMethod& method : service.methods) {
              auto* supported = answer->add_methods();
              supported->set_service_name(std::string("event_store.client.") + service.name);
              supported->set_method_name(method.name);
              for (const char* feature : method.features) supported->add_features(feature);
            }
          }
          answer->set_event_store_server_version(node_.options().short_version());
          return RpcError{grpc::Status::OK};
        },
        true);
  }

 private:
  Node& node_;
};

}  // namespace

std::unique_ptr<grpc::Service> new_gossip_service(Node& node) { return std::make_unique<GossipService>(node); }

std::unique_ptr<grpc::Service> new_server_features_service(Node& node) {
  return std::make_unique<ServerFeaturesService>(node);
}

}  // namespace interconnect::eventstore
