#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "adapters/eventstore/retry_schedule.h"
#include "adapters/grpc/session/discovery.h"
#include "adapters/grpc/wire/decode.h"
#include "domain/store_error.h"
#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// The connection to one node of the store: found, checked, and kept up over losses. A state machine without calls,
// clocks or threads.
//
//            +------------ again after a while -------------+
//            v                                              |
//   idle -> asking <-> resting       trying -> connected -> waiting     (one host, no discovery: no asking)
//            |    (between rounds)    ^ |  ^       |            |
//            +--- a node is named ----+ |  +-------+            v
//            ^       it refuses         |  another leads       lost     (the settings allow no more attempts)
//            +--------------------------+
//
// Every state but idle, connected and lost has a deadline, and every question a number, so that an answer to an earlier
// question changes nothing: "not connected, and nobody tries" cannot be. A question that is not answered long after its
// own time limit is a fault of ours, which is told (Repaired) and mended by going on as if it had failed.
//
// Inputs are method calls with the time; outputs are actions, to be carried out in order.
class NodeConnection {
 public:
  // How long a node may be silent before another one is asked: about it, or in its place. A cluster elects another
  // leader within two seconds.
  static constexpr Duration kSilence = std::chrono::milliseconds(300);

  struct Settings {
    std::vector<Endpoint> hosts;  // as configured
    bool discover = false;
    NodePreference preference = NodePreference::kLeader;
    std::int32_t max_discover_attempts = 10;
    Duration discovery_interval{};
    Duration gossip_timeout{};
    Duration operation_timeout{};  // how long a node may take to answer
    ReconnectionSettings reconnection;
    bool asks_nodes = true;  // whether a node is asked if it serves; else every one does
    std::uint64_t seed = 0;
  };

  struct AskGossip {  // -> gossip_answered() or gossip_failed()
    std::uint64_t question = 0;
    Endpoint host;
  };
  struct Use {  // calls go to this node from now on
    Endpoint node;
    Duration connect_within{};
  };
  struct AskNode {  // whether the one in use serves -> node_answered()
    std::uint64_t question = 0;
  };
  struct Leave {};                   // calls go nowhere from now on
  struct Connected {                 // the node in use serves
    std::optional<Endpoint> former;  // where it is another than before: that one,
    std::string why;                 // and why it was left
  };
  struct RoundFailed {};  // of a discovery that goes on
  struct Failed {         // an attempt failed, and another follows
    StoreError error;
  };
  struct Lost {  // no more attempts follow
    StoreError error;
  };
  struct Repaired {  // for the log
    std::string fault;
  };
  using Action = std::variant<AskGossip, Use, AskNode, Leave, Connected, RoundFailed, Failed, Lost, Repaired>;
  using Actions = std::deque<Action>;

  explicit NodeConnection(Settings settings);

  void start(Time now, Actions& actions);
  void gossip_answered(std::uint64_t question, std::span<const ClusterMember> members, Time now, Actions& actions);
  void gossip_failed(std::uint64_t question, StoreError error, Time now, Actions& actions);
  // Nothing: it serves. `hint`: the node that it names as the leader, which it is not.
  void node_answered(std::uint64_t question, const std::optional<StoreError>& error, Time now, Actions& actions);
  // A call to the node in use ended since the connection did.
  void connection_lost(const StoreError& error, Time now, Actions& actions);
  // The node in use does not lead, but `hint` does, if it named one.
  void not_leader(const std::optional<Endpoint>& hint, const StoreError& error, Time now, Actions& actions);
  // The node in use does not answer, though its connection is up: another member is asked whether it still counts. A
  // node that shuts down keeps its connections for seconds (seen on 24.10), and one that is cut off keeps them for
  // ever. One that is being tried is suspected without this.
  void suspect(Time now, Actions& actions);
  // The node in use cannot do what only a leader can: gossip is asked who leads, even of a lone host.
  void seek_leader(const StoreError& error, Time now, Actions& actions);
  // A call found nothing to go to.
  void call_refused(Time now, Actions& actions);
  void tick(Time now, Actions& actions);
  // When tick() is to be called; nothing while nothing is due.
  std::optional<Time> next_deadline() const;

  bool is_connected() const { return state_ == State::kConnected; }
  bool is_lost() const { return state_ == State::kLost; }
  // Whether it is being found out if there is a node.
  bool is_asking() const { return state_ == State::kAsking || state_ == State::kTrying; }
  // Whether there may be another node than the one in use.
  bool may_find_another() const { return is_cluster() || (node_ && *node_ != settings_.hosts.front()); }
  // The one in use.
  const std::optional<Endpoint>& node() const { return node_; }
  // Why there is no connection.
  const StoreError& last_error() const { return last_error_; }

 private:
  enum class State { kIdle, kAsking, kResting, kTrying, kConnected, kWaiting, kLost };

  bool is_cluster() const { return settings_.discover || settings_.hosts.size() > 1; }
  void lose(const StoreError& error, Time now, Actions& actions);
  void note_loss(const StoreError& error, Time now);
  void put_aside_suspicion() { suspicion_ends_ = Time{}; }
  bool is_superseded(std::span<const ClusterMember> members) const;
  void search(Time now, Actions& actions);
  void begin_discovery(std::int32_t rounds);
  // Whether gossip has named other members than the host that was given.
  bool knows_others() const;
  Duration patience_with_host() const;
  void carry_on(Discovery::Action action, Time now, Actions& actions);
  void try_node(const Endpoint& node, Time now, Actions& actions);
  Duration time_to_connect() const;
  void connected(Time now, Actions& actions);
  void node_refused(StoreError error, const std::optional<Endpoint>& hint, Time now, Actions& actions);
  void search_failed(StoreError error, Time now, Actions& actions);
  void wait(const StoreError& error, Time now, Actions& actions);
  void leave(Actions& actions);
  void note(const StoreError& error, Actions& actions);

  Settings settings_;
  State state_ = State::kIdle;
  RetrySchedule schedule_;
  std::optional<Endpoint> node_;
  std::optional<Endpoint> avoid_;   // the node that was left last, until another is found
  std::optional<Endpoint> served_;  // the node that was connected last
  std::string why_left_;            // that one
  std::vector<Endpoint> members_;   // the cluster's, as last heard
  std::optional<Discovery> discovery_;
  Endpoint asked_;    // for gossip
  Time answer_by_{};  // else it is a fault of ours
  bool seeks_leader_ = false;
  std::uint64_t questions_ = 0;  // so many so far
  std::uint64_t question_ = 0;   // the one that the state is about; answered or not
  std::uint64_t suspicion_ = 0;  // the one about the node in use
  std::uint64_t searches_ = 0;
  Endpoint witness_;              // who is asked about it
  Time suspicion_ends_{};         // its answer is awaited until then
  Time suspect_at_{};             // while a node is tried
  std::size_t next_witness_ = 0;  // of the members
  Time since_{};                  // without a connection
  Time deadline_{};
  StoreError last_error_{ErrorKind::kUnavailable, "no connection yet"};
  bool refusal_told_ = false;
};

}  // namespace interconnect::next
