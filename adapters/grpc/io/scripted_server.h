#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/grpc/proto/gossip.grpc.pb.h"
#include "adapters/grpc/proto/persistent.grpc.pb.h"
#include "adapters/grpc/proto/serverfeatures.grpc.pb.h"
#include "adapters/grpc/proto/streams.grpc.pb.h"

// A server of gRPC in the test's own process, whose answers the test scripts. The handlers run on the server's threads.
namespace interconnect::next {

namespace persistent = event_store::client::persistent_subscriptions;
namespace streams = event_store::client::streams;
namespace gossip = event_store::client::gossip;
namespace server_features = event_store::client::server_features;

// The order that the sockets make between the test's thread and the server's is not seen by the thread sanitizer, gRPC
// not being instrumented: both pass here before they look at what the other left.
inline void barrier() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
}

using Trailers = std::vector<std::pair<std::string, std::string>>;

inline grpc::Status fail(grpc::ServerContext& context, grpc::StatusCode code, const std::string& message,
                         const Trailers& trailers = {}) {
  for (const auto& [name, value] : trailers) context.AddTrailingMetadata(name, value);
  return {code, message};
}

// A living node of loopback, as gossip names it.
inline void add_member(gossip::ClusterInfo& cluster, gossip::MemberInfo::VNodeState state, int port) {
  auto& member = *cluster.add_members();
  member.set_state(state);
  member.set_is_alive(true);
  member.mutable_http_end_point()->set_address("127.0.0.1");
  member.mutable_http_end_point()->set_port(static_cast<std::uint32_t>(port));
}

// Until the client has given up.
inline void hold(grpc::ServerContext& context) {
  while (!context.IsCancelled()) std::this_thread::yield();
}

class ScriptedServer {
 public:
  using SubscriptionStream = grpc::ServerReaderWriter<persistent::ReadResp, persistent::ReadReq>;
  using BatchStream = grpc::ServerReaderWriter<streams::BatchAppendResp, streams::BatchAppendReq>;

  struct Script {
    std::function<grpc::Status(grpc::ServerContext&, const std::vector<streams::AppendReq>&, streams::AppendResp&)>
        append = {};
    // With this, the server says that it offers BatchAppend, and its version.
    std::function<grpc::Status(grpc::ServerContext&, BatchStream&)> batch_append = {};
    std::string version = {};
    std::function<grpc::Status(grpc::ServerContext&, const streams::ReadReq&, grpc::ServerWriter<streams::ReadResp>&)>
        read = {};
    std::function<grpc::Status(grpc::ServerContext&, const persistent::CreateReq&)> create = {};
    std::function<grpc::Status(grpc::ServerContext&, const persistent::UpdateReq&)> update = {};
    std::function<grpc::Status(grpc::ServerContext&, const persistent::ReadReq& options, SubscriptionStream&)>
        subscribe = {};
    std::function<void(gossip::ClusterInfo&)> gossip = {};
  };

  explicit ScriptedServer(Script script, int port = 0)
      : streams_(script),
        persistent_(script),
        gossip_(script),
        features_(script.batch_append != nullptr, script.version),
        port_(port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&streams_);
    builder.RegisterService(&persistent_);
    builder.RegisterService(&gossip_);
    builder.RegisterService(&features_);
    barrier();
    server_ = builder.BuildAndStart();
  }
  ~ScriptedServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  static grpc::Status unimplemented() { return {grpc::StatusCode::UNIMPLEMENTED, "not in the script"}; }

  template <typename Handler>
  static grpc::Status scripted(Handler handler) {
    barrier();
    grpc::Status status = handler();
    barrier();
    return status;
  }

  class Streams : public streams::Streams::Service {
   public:
    explicit Streams(Script& script) : append_(script.append), batch_append_(script.batch_append), read_(script.read) {}
    grpc::Status Append(grpc::ServerContext* context, grpc::ServerReader<streams::AppendReq>* reader,
                        streams::AppendResp* response) override {
      std::vector<streams::AppendReq> requests;
      streams::AppendReq request;
      while (reader->Read(&request)) requests.push_back(request);
      return scripted([&] { return append_ ? append_(*context, requests, *response) : unimplemented(); });
    }
    grpc::Status BatchAppend(grpc::ServerContext* context, BatchStream* stream) override {
      return scripted([&] { return batch_append_ ? batch_append_(*context, *stream) : unimplemented(); });
    }
    grpc::Status Read(grpc::ServerContext* context, const streams::ReadReq* request,
                      grpc::ServerWriter<streams::ReadResp>* writer) override {
      return scripted([&] { return read_ ? read_(*context, *request, *writer) : unimplemented(); });
    }

   private:
    decltype(Script::append) append_;
    decltype(Script::batch_append) batch_append_;
    decltype(Script::read) read_;
  };

  class Persistent : public persistent::PersistentSubscriptions::Service {
   public:
    explicit Persistent(Script& script)
        : create_(script.create), update_(script.update), subscribe_(script.subscribe) {}
    grpc::Status Create(grpc::ServerContext* context, const persistent::CreateReq* request,
                        persistent::CreateResp*) override {
      return scripted([&] { return create_ ? create_(*context, *request) : grpc::Status::OK; });
    }
    grpc::Status Update(grpc::ServerContext* context, const persistent::UpdateReq* request,
                        persistent::UpdateResp*) override {
      return scripted([&] { return update_ ? update_(*context, *request) : unimplemented(); });
    }
    grpc::Status Read(grpc::ServerContext* context, SubscriptionStream* stream) override {
      persistent::ReadReq options;
      if (!stream->Read(&options)) return unimplemented();
      return scripted([&] { return subscribe_ ? subscribe_(*context, options, *stream) : unimplemented(); });
    }

   private:
    decltype(Script::create) create_;
    decltype(Script::update) update_;
    decltype(Script::subscribe) subscribe_;
  };

  class Gossip : public gossip::Gossip::Service {
   public:
    explicit Gossip(Script& script) : gossip_(script.gossip) {}
    grpc::Status Read(grpc::ServerContext*, const event_store::client::Empty*, gossip::ClusterInfo* cluster) override {
      return scripted([&] {
        if (!gossip_) return unimplemented();
        gossip_(*cluster);
        return grpc::Status::OK;
      });
    }

   private:
    decltype(Script::gossip) gossip_;
  };

  class ServerFeatures : public server_features::ServerFeatures::Service {
   public:
    ServerFeatures(bool has_batch_append, std::string version)
        : has_batch_append_(has_batch_append), version_(std::move(version)) {}
    grpc::Status GetSupportedMethods(grpc::ServerContext*, const event_store::client::Empty*,
                                     server_features::SupportedMethods* methods) override {
      if (!has_batch_append_) return unimplemented();
      auto& method = *methods->add_methods();
      method.set_method_name("batchappend");
      method.set_service_name("event_store.client.streams.streams");
      methods->set_event_store_server_version(version_);
      return grpc::Status::OK;
    }

   private:
    bool has_batch_append_;
    std::string version_;
  };

  Streams streams_;
  Persistent persistent_;
  Gossip gossip_;
  ServerFeatures features_;
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace interconnect::next
