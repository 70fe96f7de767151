#include <chrono>

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
        node_, context, request, response, [this](const GrpcCaller&, const auto&, auto* answer) {
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
        });
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

class ServerFeaturesService : public esdb::server_features::ServerFeatures::CallbackService {
 public:
  explicit ServerFeaturesService(Node& node) : node_(node) {}

  grpc::ServerUnaryReactor* GetSupportedMethods(grpc::CallbackServerContext* context, const esdb::Empty* request,
                                                esdb::server_features::SupportedMethods* response) override {
    return answer_unary<esdb::Empty, esdb::server_features::SupportedMethods>(
        node_, context, request, response, [this](const GrpcCaller&, const auto&, auto* answer) {
          auto add = [answer](const char* service, const char* method, bool all) {
            auto* supported = answer->add_methods();
            supported->set_method_name(method);
            supported->set_service_name(service);
            if (!all) return;
            supported->add_features("stream");
            supported->add_features("all");
          };
          constexpr char kPersistent[] = "event_store.client.persistent_subscriptions.persistentsubscriptions";
          for (const char* method :
               {"create", "update", "delete", "read", "getinfo", "replayparked", "list", "restartsubsystem"}) {
            add(kPersistent, method, true);
          }
          for (const char* method : {"read", "append", "delete", "tombstone", "batchappend"}) {
            add("event_store.client.streams.streams", method, false);
          }
          add("event_store.client.gossip.gossip", "read", false);
          add("event_store.client.server_features.serverfeatures", "getsupportedmethods", false);
          answer->set_event_store_server_version(node_.options().dotted_version());
          return RpcError{grpc::Status::OK};
        });
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
