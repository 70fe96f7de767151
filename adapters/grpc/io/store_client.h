#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "adapters/grpc/io/http_get.h"
#include "adapters/grpc/io/inbox.h"
#include "adapters/grpc/session/discovery.h"
#include "adapters/grpc/wire/status.h"
#include "domain/stream_read.h"
#include "ports/link_probe.h"
#include "ports/store_settings.h"
#include "ports/stream_reader.h"

namespace interconnect::next {

// What source and sink share: the connection to one node of the store, found by discovery where that is asked for, and
// the calls on it. A node that names another as the leader is followed by the calls that are started afterwards.
class StoreClient {
 public:
  using Done = std::function<void(const CallStatus&)>;

  struct Events {
    std::function<void()> drained;                           // all inputs that had arrived have been handled
    std::function<void(const CallStatus&)> connection_lost;  // a call of the present connection ended by its loss
    // A call of the present connection was refused by a node that knows no leader.
    std::function<void(const CallStatus&)> no_leader = [](const CallStatus&) {};
  };

  // Throws std::runtime_error if a file of the TLS settings cannot be read.
  StoreClient(boost::asio::io_context& io, GrpcStoreSettings settings, Events events);
  // Cancels what is under way and waits until gRPC has let go of it.
  ~StoreClient();

  const GrpcStoreSettings& settings() const { return settings_; }
  boost::asio::io_context& io() { return io_; }

  // Finds a node, unless there is one; `done` is called later, with ok as soon as calls can be made.
  void connect(Done done);
  bool connected() const { return stub_ != nullptr; }
  // Changes whenever the node may be another, or not the same as before.
  std::uint64_t connection() const { return connection_; }
  // The node is not what we look for: the next connect() asks gossip who leads.
  void seek_leader();
  // Whether connect(), once the connection is left, may find another node than the present one.
  bool may_find_another() const {
    return settings_.discover || settings_.hosts.size() > 1 || node_ != settings_.hosts.front();
  }
  // Leaves the connection: what its calls tell of their end is no longer news, and later calls are made on another one.
  void forget_connection();

  // The client keeps the call until it is done. Without a connection it is done with UNAVAILABLE.
  void start(std::unique_ptr<Call> call, const std::string& method, std::vector<grpc::ByteBuffer> messages,
             const Call::Options& options);
  // One message out, at most one in.
  void ask(const std::string& method, const std::string& message, std::chrono::milliseconds timeout,
           std::function<void(const CallStatus&, std::string_view)> answer);

  void get(const std::string& target, std::function<void(const HttpAnswer&)> answer);

  // As the ports say. `listener` is not called once stop() was.
  void read(const StreamRead& read, StreamReadListener& listener);
  void probe(LinkProbe::Answer answer);

  // Calls `work` from the next drain.
  void later(std::function<void()> work);

  bool stopping() const { return stopping_; }
  // Cancels everything, calls `stopped` once all is gone, and nobody else.
  void stop(std::function<void()> stopped);

 private:
  void drain();
  void dispatch(Input& input);
  void use(const Endpoint& node);
  void discover(Discovery::Action action);
  void ask_gossip(const Endpoint& host);
  void discovered(const CallStatus& status);
  void log_version();
  void finish_stop_if_idle();

  boost::asio::io_context& io_;
  GrpcStoreSettings settings_;
  Events events_;
  std::string authorization_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::shared_ptr<Inbox> inbox_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer discovery_timer_;
  std::mt19937_64 random_;

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  Endpoint node_;
  std::uint64_t connection_ = 1;  // 0 is that of calls which belong to none
  bool seek_leader_ = false;
  bool version_logged_ = false;

  std::optional<Discovery> discovery_;
  std::vector<Done> waiting_for_connection_;

  std::vector<Input> inputs_;
  std::vector<std::function<void()>> later_;
  std::unordered_map<const Call*, std::unique_ptr<Call>> calls_;
  std::set<std::shared_ptr<HttpGet>> gets_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what may be called after the client is gone
};

}  // namespace interconnect::next
