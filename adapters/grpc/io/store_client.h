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
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "adapters/grpc/io/http_get.h"
#include "adapters/grpc/io/inbox.h"
#include "adapters/grpc/io/read_call.h"
#include "adapters/grpc/session/deletion_proof.h"
#include "adapters/grpc/session/node_connection.h"
#include "adapters/grpc/wire/status.h"
#include "domain/stream_read.h"
#include "ports/link_probe.h"
#include "ports/store_settings.h"
#include "ports/stream_reader.h"

namespace interconnect::next {

// What source and sink share: the connection to one node of the store, found by discovery where that is asked for and
// kept up over losses (NodeConnection), and the calls on it.
class StoreClient {
 public:
  struct Events {
    std::function<void()> drained;            // all inputs that had arrived have been handled
    std::function<void()> connected = [] {};  // a node serves; again after each loss
    std::function<void(const StoreError&)> failed = [](const auto&) {};  // there is no connection, and why; it goes on
    std::function<void(const StoreError&)> lost = [](const auto&) {};    // it does not go on
  };

  // `asks_nodes`: whether a node is asked if it serves, before it counts as one that does. Throws std::runtime_error if
  // a file of the TLS settings cannot be read.
  StoreClient(boost::asio::io_context& io, GrpcStoreSettings settings, Events events, bool asks_nodes = true);
  // Cancels what is under way and waits until gRPC has let go of it.
  ~StoreClient();

  const GrpcStoreSettings& settings() const { return settings_; }
  boost::asio::io_context& io() { return io_; }

  // Finds a node, and another one after each loss.
  void connect();
  // `then` is called later: once a node serves, or an attempt to find one has failed.
  void when_tried(std::function<void()> then);
  // Whether calls go anywhere: to a node that serves, or to one that is being asked if it does.
  bool has_node() const { return stub_ != nullptr; }
  // Whether a node serves.
  bool connected() const { return connection_.is_connected() && has_node(); }
  // Whether something may be written. Not before it is known that the server takes the credentials: 21.2.0 would take
  // the writes of somebody whose credentials it does not understand for those of nobody.
  bool takes_writes() const { return has_node() && (connected() || authorization_.empty()); }
  // The node in use; nothing while there is none.
  const std::optional<Endpoint>& node() const { return connection_.node(); }
  // Why not.
  const StoreError& last_error() const { return connection_.last_error(); }
  // Changes whenever the node may be another, or not the same as before.
  std::uint64_t connection() const { return generation_; }
  // The node cannot do what only a leader can.
  void seek_leader(const StoreError& error);
  // Whether there may be another node than the present one.
  bool may_find_another() const { return connection_.may_find_another(); }
  // The node is silent: where there are others, one of them is asked whether it still counts.
  void suspect_node();
  // The node did not do what was asked of it, in a way that calls do not show.
  void lose_connection(const StoreError& error);

  // The client keeps the call until it is done. Without a connection it is done with UNAVAILABLE.
  void start(std::unique_ptr<Call> call, const std::string& method, std::vector<grpc::ByteBuffer> messages,
             const Call::Options& options);
  // Ends the call, which is not started, as start() does where there is no connection.
  void refuse(std::unique_ptr<Call> call);
  // One message out, at most one in.
  void ask(const std::string& method, const std::string& message, std::chrono::milliseconds timeout,
           std::function<void(const CallStatus&, std::string_view)> answer);

  void get(const std::string& target, std::function<void(const HttpAnswer&)> answer);

  // As the ports say. `listener` is not called once stop() was.
  void read(const StreamRead& read, StreamReadListener& listener);
  // After a call about the stream has failed with `error`: `then` gets kStreamDeleted if the stream proves to be
  // deleted for good (see DeletionProof), else the error.
  void prove_deleted(const std::string& stream, const StoreError& error, std::function<void(const StoreError&)> then);
  // Waits for a connection that is being looked for; where that has failed, it is answered with why. A node that lets
  // it wait is suspected, again and again: a leader that hangs keeps its connections, and nothing else may be under
  // way.
  void probe(LinkProbe::Answer answer);

  // " (user 'NAME')" or so, for messages about rights.
  std::string who() const;
  // What servers may not like about the credentials; nothing as a rule.
  std::string hint_of_credentials() const;

  // Calls `work` from the next drain.
  void later(std::function<void()> work);

  bool stopping() const { return stopping_; }
  // Cancels everything, calls `stopped` once all is gone, and nobody else.
  void stop(std::function<void()> stopped);

 private:
  void drain();
  void dispatch(Input& input);
  // Hands the input to the connection, and carries out what comes of it.
  template <typename Input>
  void tell(Input input);
  void carry_out(const NodeConnection::Action& action);
  void arm_timer();
  void use(const NodeConnection::Use& use);
  void leave();
  // Ends what was asked of the node that has been left: it may keep its connection for long and answer nothing.
  void end_calls();
  // Whether the node serves, and takes us for whom we say we are.
  void ask_node(std::uint64_t question);
  void ask_who_we_are(std::function<void(const std::optional<StoreError>&)> answer);
  void ask(LinkProbe::Answer answer);
  // As ask(), for whoever does not know which node that is.
  void ask_by_name(LinkProbe::Answer answer);
  void watch_silence();
  struct DeletionQuestion {
    std::string stream;
    StoreError error;
    std::function<void(const StoreError&)> then;
    std::uint64_t connection = 0;
    DeletionProof proof;
  };
  void go_on_with_proof(const std::shared_ptr<DeletionQuestion>& question);
  void read_page(const StreamRead& read, ReadCall::Completed completed);
  void ask_gossip(std::uint64_t question, const Endpoint& host);
  void tried();
  void log_version();
  void finish_stop_if_idle();

  boost::asio::io_context& io_;
  GrpcStoreSettings settings_;
  Events events_;
  std::string authorization_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::shared_ptr<Inbox> inbox_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;

  NodeConnection connection_;
  NodeConnection::Actions actions_;
  bool is_carrying_out_ = false;
  bool logs_changes_;  // of the node
  boost::asio::steady_timer timer_;
  std::optional<Time> armed_for_;
  std::vector<std::function<void()>> waiting_;
  std::size_t unanswered_ = 0;  // of ask()'s questions
  bool watches_silence_ = false;
  boost::asio::steady_timer silence_timer_;

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  Time connecting_until_{};       // an attempt that fails then or later was too slow
  std::uint64_t generation_ = 1;  // of the channel; 0 is that of calls which belong to none
  bool version_logged_ = false;
  // Of this connection; others are asked about anew.
  std::set<std::string, std::less<>> deleted_streams_;

  std::vector<Input> inputs_;
  std::vector<std::function<void()>> later_;
  std::unordered_map<const Call*, std::unique_ptr<Call>> calls_;
  std::set<std::shared_ptr<HttpGet>> gets_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what may be called after the client is gone
};

}  // namespace interconnect::next
