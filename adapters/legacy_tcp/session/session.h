#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/eventstore/retry_schedule.h"
#include "adapters/legacy_tcp/session/group_command.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "domain/append.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"
#include "domain/time.h"
#include "ports/store_settings.h"

// One connection to a server, kept up over losses, as a state machine without sockets, clocks or threads.
//
//   waiting -> connecting -> identifying -> authenticating -> ready      (no authentication without credentials)
//    ^  |  ^        |  ^          |             |    ^          |
//    |  v  +--------+--|----------+-------------+----|----------+  lost: soon, by the RetrySchedule
//   asking ------------+                     refused +             again on the same connection, after a while
//
// Of a cluster (several hosts were given, or a node has named another as the master), gossip is asked who its master is
// before each attempt. For as long as an operation may take after a loss, a cluster without a master, or one whose
// master cannot be connected to, is asked again every 100 ms.
//
// Inputs are method calls with the time; outputs are the bytes to be sent, which gather in output(), and actions, which
// the caller carries out in order.
namespace interconnect::legacy {

struct SessionSettings {
  Endpoint endpoint;
  Endpoint http;                // of the same node
  std::vector<Endpoint> hosts;  // HTTP; of several nodes of the cluster, where they were given
  bool tls = false;             // which of a leader's two endpoints is meant
  std::optional<Credentials> credentials;
  std::string connection_name;
  HeartbeatSettings heartbeat;
  ReconnectionSettings reconnection;
  Duration operation_timeout{};
  std::vector<Subscription> subscriptions;
  std::uint64_t seed = 0;  // of the correlation ids
};

// Ask this node over HTTP who belongs to the cluster, then call gossip_answered() or gossip_failed().
struct AskGossip {
  std::uint64_t question = 0;
  Endpoint host;
};
// Of the cluster, as gossip tells.
struct ClusterNode {
  Endpoint tcp;  // the secure one with TLS
  Endpoint http;
  bool is_master = false;  // and alive

  friend bool operator==(const ClusterNode&, const ClusterNode&) = default;
};
// Open a connection, then call connected() or disconnected().
struct Connect {
  Endpoint endpoint;
};
// Close the connection, or give up opening it; nothing is to be said about it any more.
struct Disconnect {
  std::string reason;
};
// Identified, and authenticated if there are credentials.
struct Ready {
  Endpoint endpoint;
};
// Have the group of this subscription at the server, then call group_prepared() or group_failed(). Comes while the
// connection is ready.
struct PrepareGroup {
  SubscriptionIndex subscription = 0;
  bool may_update = false;  // false: it was prepared before and has been deleted since
};
// What came of a command about the group of this subscription.
struct GroupCommandEnd {
  SubscriptionIndex subscription = 0;
  GroupOutcome outcome;
};
struct SubscriptionDrop {
  SubscriptionIndex subscription = 0;
  DropReason reason = DropReason::kServer;
  std::string message;
};
struct Push {
  Delivery delivery;  // without its event and link
  std::optional<EventView> event;
  std::optional<EventView> link;
};
struct AppendCompleted {
  std::uint64_t id = 0;
  AppendOutcome outcome;
};
struct ReadCompleted {
  std::uint64_t id = 0;
  ReadOutcome outcome;
};
struct ProbeCompleted {
  std::uint64_t id = 0;
  std::optional<StoreError> error;
};
// No more attempts to connect are allowed. Nothing follows.
struct Lost {
  std::string message;
};

// What points to bytes that were received, or to the session's own memory, is valid until the next receive().
using Action = std::variant<Push, AppendCompleted, ReadCompleted, ProbeCompleted, SubscriptionStarted, SubscriptionDrop,
                            PrepareGroup, GroupCommandEnd, AskGossip, Connect, Disconnect, Ready, Lost>;
using Actions = std::vector<Action>;

class Session {
 public:
  explicit Session(SessionSettings settings);

  // Inputs of the connection.
  void start(Time now, Actions& actions);
  void gossip_answered(Time now, std::uint64_t question, std::vector<ClusterNode> nodes, Actions& actions);
  void gossip_failed(Time now, std::uint64_t question, StoreError error, Actions& actions);
  void connected(Time now);
  // `kind`: kNotAuthenticated if the server is not the one that the settings trust.
  void disconnected(Time now, std::string_view reason, Actions& actions, ErrorKind kind = ErrorKind::kUnavailable);
  // Takes the package at the beginning of `bytes` and returns its size; 0 if it is not there as a whole yet, with
  // needed() bytes wanted. After an error, which is among the actions as a Disconnect, all bytes are taken.
  std::size_t receive(Time now, std::string_view bytes, Actions& actions);
  std::size_t needed() const { return needed_; }
  void tick(Time now, Actions& actions);
  // When tick() is to be called at the latest.
  std::optional<Time> next_deadline() const;

  // Inputs of the user.
  void append(Time now, const Append& append, Actions& actions);
  void read(Time now, const StreamRead& read, Actions& actions);
  // Asks for the last event of a stream that need not exist, from whichever node we are connected to: the answer needs
  // the server's storage and our credentials, but no rights, which a refusal would show as well as an answer. A node
  // without a leader answers too: whether events can be written is what the writes themselves tell. Waits for
  // a connection that is being made; where that has failed, it is answered with why.
  void probe(Time now, std::uint64_t id, Actions& actions);
  void subscribe(Time now, SubscriptionIndex subscription, std::int32_t buffer_size, Actions& actions);
  // Creates the group of this subscription with these settings, or gives it them. One at a time for a subscription;
  // answered once, by a GroupCommandEnd.
  void command_group(Time now, SubscriptionIndex subscription, GroupCommand command, const GroupSettings& group,
                     Actions& actions);
  // `not_created`: where the group may be missing and may not be created, what to say if it is missing.
  void group_prepared(Time now, SubscriptionIndex subscription, GroupState state, const GroupSettings& effective,
                      std::string_view not_created = "");
  void group_failed(Time now, SubscriptionIndex subscription, DropReason reason, std::string_view message,
                    Actions& actions);
  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ids);
  void park(SubscriptionIndex subscription, std::span<const EventId> ids, std::string_view reason);

  // Bytes to be sent over the present connection; the caller takes them. Emptied when the connection is lost.
  std::string& output() { return output_; }
  bool ready() const { return phase_ == Phase::kReady; }
  // Where the node that we are connected to, or try to, speaks HTTP.
  const Endpoint& http_endpoint() const;

 private:
  enum class Phase { kIdle, kWaiting, kAsking, kConnecting, kIdentifying, kAuthenticating, kRefused, kReady, kLost };

  using Serial = std::uint64_t;  // what tells our correlation ids apart
  struct IdentifyOperation {};
  struct AuthenticateOperation {};
  struct AppendOperation {
    std::uint64_t id = 0;
    std::string stream;
    bool too_large = false;  // a BadRequest is about its size
  };
  struct ReadOperation {
    std::uint64_t id = 0;
    std::string stream;
  };
  struct ProbeOperation {
    std::uint64_t id = 0;
  };
  struct ConnectOperation {
    SubscriptionIndex subscription = 0;
  };
  struct GroupOperation {
    SubscriptionIndex subscription = 0;
    GroupCommand command = GroupCommand::kCreate;
  };
  using Operation = std::variant<IdentifyOperation, AuthenticateOperation, AppendOperation, ReadOperation,
                                 ProbeOperation, ConnectOperation, GroupOperation>;

  struct SubscriptionStatus {
    enum class State { kUnused, kUnprepared, kPreparing, kPrepared, kConnecting, kConnected, kWaiting };
    State state = State::kUnused;
    std::int32_t buffer_size = 0;
    bool prepared_before = false;
    bool prepare_next = false;  // what to do after waiting
    Time retry_at{};
    int refusals = 0;
    Serial serial = 0;      // of the connect package, while connecting or connected
    std::string server_id;  // stream::group
    GroupState group = GroupState::kUnchanged;
    GroupSettings effective;
    std::string not_created;
  };

  Serial begin(Time now, Operation operation);
  CorrelationId correlation(Serial serial) const;
  std::optional<Serial> serial_of(const CorrelationId& correlation) const;
  std::optional<Operation> take(Serial serial);

  void try_to_connect(Time now, Actions& actions);
  void connect(Time now, Actions& actions);
  void ask_next_host(Time now, Actions& actions);
  void note_member(const ClusterNode& node);
  // Why no master was found in this round: what each host said, a refusal first.
  StoreError no_master() const;
  // Whether this is the node that we have just lost, so that it is the last one to go to.
  bool is_avoided(const Endpoint& endpoint, Time now) const;
  // Whether the cluster may still be electing.
  bool is_electing(Time now) const { return is_cluster_ && now - lost_at_ < settings_.operation_timeout; }
  void schedule_reconnection(Time now, Actions& actions);
  void drop_connection(Time now, std::string reason, Actions& actions);
  void connection_lost(Time now, std::string_view reason, Actions& actions, ErrorKind kind = ErrorKind::kUnavailable);
  bool on_connection() const;
  void expire_operations(Time now, Actions& actions);
  void keep_alive(Time now, Actions& actions);
  void authenticate(Time now);
  void authentication_refused(Time now, ErrorKind kind, std::string_view reason, Actions& actions);
  void become_ready(Time now, Actions& actions);
  void follow_leader(Time now, const NotHandled& reply, Actions& actions);
  Duration retry_delay(int refusals) const;

  void handle(Time now, const Package& package, const Reply& reply, Actions& actions);
  void handle_push(Serial serial, const PersistentEventAppeared& push, Actions& actions);
  void handle_drop(Time now, Serial serial, SubscriptionDropped::Reason reason, Actions& actions);
  void complete(Time now, Serial serial, const Reply& reply, Actions& actions);
  void confirm(SubscriptionIndex index, const PersistentSubscriptionConfirmation& reply, Actions& actions);
  void fail(Time now, const Operation& operation, StoreError error, Actions& actions);

  void ask(Time now, std::uint64_t probe);
  void fail_probes(Actions& actions);
  // " (user 'NAME')" or so, for messages about rights.
  std::string who() const;
  StoreError with_user(StoreError error) const;
  template <typename Outcome>
  Outcome with_user(Outcome outcome) const {
    if (auto* error = std::get_if<StoreError>(&outcome)) *error = with_user(std::move(*error));
    return outcome;
  }
  // Takes the next step, if it is one that needs the connection and there is one.
  void advance_subscription(Time now, SubscriptionIndex index, Actions& actions);
  void connect_subscription(Time now, SubscriptionIndex index);
  void disconnect_subscription(SubscriptionIndex index);
  void retry_subscriptions(Time now, Actions& actions);
  void subscriptions_lost(std::string_view reason, Actions& actions);
  void subscriptions_not_authenticated(Actions& actions);
  // Reports it and tries again after a while.
  void refuse_subscription(Time now, SubscriptionIndex index, DropReason reason, std::string message, Actions& actions);
  std::optional<SubscriptionIndex> find_subscription(Serial serial) const;

  SessionSettings settings_;
  Phase phase_ = Phase::kIdle;
  Endpoint endpoint_;  // of the present or next attempt: the configured one, or the leader's
  RetrySchedule schedule_;
  std::optional<Time> last_leader_at_;  // when we followed one
  Time phase_deadline_{};               // of waiting, asking, connecting and being refused

  bool is_cluster_ = false;
  std::vector<Endpoint> hosts_;       // to ask for gossip
  std::vector<ClusterNode> members_;  // as last heard
  std::size_t next_host_ = 0;
  std::uint64_t question_ = 0;
  std::optional<Endpoint> avoided_;                       // the master that we lost last
  bool was_named_ = false;                                // in this round, gossip still named it as the master
  bool was_answered_ = false;                             // in this round, a host answered
  std::vector<std::pair<Endpoint, StoreError>> reasons_;  // of this round's hosts
  Time lost_at_{};
  int auth_refusals_ = 0;
  StoreError last_error_;  // why there is no connection

  std::array<std::uint8_t, 8> correlation_prefix_{};
  Serial next_serial_ = 1;
  absl::flat_hash_map<Serial, Operation> operations_;
  std::deque<std::pair<Time, Serial>> deadlines_;  // ascending, since all operations have the same time
  Time last_received_{};
  std::optional<Time> heartbeat_deadline_;

  std::vector<SubscriptionStatus> subscriptions_;
  std::vector<std::uint64_t> probes_;  // that wait for the connection
  std::vector<EventView> page_;        // of the read that was completed last
  std::string output_;
  std::size_t needed_ = 0;
};

}  // namespace interconnect::legacy
