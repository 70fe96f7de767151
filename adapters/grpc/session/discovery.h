#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "adapters/grpc/wire/decode.h"
#include "domain/store_error.h"
#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// The nodes to try among those alive, best first: those of the preferred kind, then the leader, followers, read-only
// replicas. `draw` chooses among equals, and the node to `avoid` comes last. Nodes in no serving state are left out.
std::vector<Endpoint> nodes_to_try(std::span<const ClusterMember> members, NodePreference preference,
                                   const std::optional<Endpoint>& avoid, std::uint64_t draw);

// Finds a node that serves. In each round it asks the hosts, one after the other, who belongs to the cluster, and tries
// the nodes that they name, each of them once. Each step returns what is to be done next; its result is given to the
// step named beside it.
class Discovery {
 public:
  struct AskGossip {  // -> answered() or failed()
    Endpoint host;
  };
  struct Try {  // -> refused(), unless the node serves
    Endpoint node;
  };
  struct Wait {  // -> waited()
    Duration duration;
  };
  struct GiveUp {
    StoreError error;
  };
  using Action = std::variant<AskGossip, Try, Wait, GiveUp>;

  struct Search {
    std::vector<Endpoint> hosts;  // to ask; not empty
    NodePreference preference = NodePreference::kLeader;
    std::optional<Endpoint> avoid;  // the node just lost: asked last, tried last, and no hint to it is followed
    std::int32_t rounds = 1;        // at least so many
    Time not_before{};              // it does not give up earlier
    Duration interval{};            // between rounds
    std::uint64_t draw = 0;         // any number; nothing else here is left to chance
  };
  explicit Discovery(Search search);

  Action start() { return ask_next(Time{}); }
  Action answered(std::span<const ClusterMember> members, Time now);
  Action failed(StoreError error, Time now);
  // `hint`: the node that it names as the leader.
  Action refused(const Endpoint& node, StoreError error, const std::optional<Endpoint>& hint, Time now);
  Action waited(Time now) { return ask_next(now); }

  // Those that are over, and how many hosts are asked in each.
  std::int32_t rounds() const { return rounds_; }
  std::size_t hosts() const { return search_.hosts.size(); }

  // Why no node of this round, or of the last one while it waits, serves: what each of them said, with its name, the
  // weightiest first (weight_of()).
  StoreError reason() const;

 private:
  Action ask_next(Time now);
  Action try_next(Time now);
  void note(const Endpoint& who, const StoreError& error);
  bool was_refused(const Endpoint& node) const;

  Search search_;
  std::size_t next_host_ = 0;
  std::int32_t rounds_ = 0;
  std::vector<Endpoint> nodes_;    // still to try
  std::vector<Endpoint> refused_;  // in this round
  struct Reason {
    Endpoint node;
    StoreError error;
  };
  std::vector<Reason> reasons_;  // of this round, one for each node
};

}  // namespace interconnect::next
