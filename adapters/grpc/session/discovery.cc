#include "adapters/grpc/session/discovery.h"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/grpc/wire/status.h"

namespace interconnect::next {
namespace {

// A message has room for so many nodes' reasons.
constexpr std::size_t kMaxReasons = 4;

bool serves(const ClusterMember& member) { return member.alive && member.state != NodeState::kOther; }

void add_nodes(std::span<const ClusterMember> members, std::optional<NodeState> state, std::uint64_t draw,
               std::vector<Endpoint>& nodes) {
  std::vector<Endpoint> equals;
  for (const ClusterMember& member : members) {
    if (serves(member) && (!state || member.state == *state)) equals.push_back(member.endpoint);
  }
  if (equals.empty()) return;
  std::rotate(equals.begin(), equals.begin() + static_cast<std::ptrdiff_t>(draw % equals.size()), equals.end());
  for (Endpoint& node : equals) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(std::move(node));
  }
}

NodeState preferred_state(NodePreference preference) {
  switch (preference) {
    case NodePreference::kFollower:
      return NodeState::kFollower;
    case NodePreference::kReadOnlyReplica:
      return NodeState::kReadOnlyReplica;
    default:
      return NodeState::kLeader;
  }
}

void put_last(const std::optional<Endpoint>& endpoint, std::vector<Endpoint>& endpoints) {
  if (!endpoint) return;
  std::stable_partition(endpoints.begin(), endpoints.end(), [&](const Endpoint& other) { return other != *endpoint; });
}

}  // namespace

std::vector<Endpoint> nodes_to_try(std::span<const ClusterMember> members, NodePreference preference,
                                   const std::optional<Endpoint>& avoid, std::uint64_t draw) {
  std::vector<Endpoint> nodes;
  if (preference == NodePreference::kRandom) {
    add_nodes(members, std::nullopt, draw, nodes);
  } else {
    for (const NodeState state :
         {preferred_state(preference), NodeState::kLeader, NodeState::kFollower, NodeState::kReadOnlyReplica}) {
      add_nodes(members, state, draw, nodes);
    }
  }
  put_last(avoid, nodes);
  return nodes;
}

Discovery::Discovery(Search search) : search_(std::move(search)) { put_last(search_.avoid, search_.hosts); }

Discovery::Action Discovery::ask_next(Time now) {
  nodes_.clear();
  if (next_host_ < search_.hosts.size()) {
    if (next_host_ == 0) reasons_.clear();
    return AskGossip{search_.hosts[next_host_++]};
  }
  next_host_ = 0;
  refused_.clear();
  if (++rounds_ < search_.rounds || now < search_.not_before) return Wait{search_.interval};
  StoreError error = reason();
  error.message = "no node of the cluster serves: " + error.message;
  return GiveUp{std::move(error)};
}

Discovery::Action Discovery::try_next(Time now) {
  while (!nodes_.empty()) {
    Endpoint node = std::move(nodes_.front());
    nodes_.erase(nodes_.begin());
    if (!was_refused(node)) return Try{std::move(node)};
  }
  return ask_next(now);
}

Discovery::Action Discovery::answered(std::span<const ClusterMember> members, Time now) {
  nodes_ = nodes_to_try(members, search_.preference, search_.avoid, search_.draw);
  if (nodes_.empty()) {
    return failed({ErrorKind::kNotReady, "none of the nodes that its gossip names is ready"}, now);
  }
  return try_next(now);
}

Discovery::Action Discovery::failed(StoreError error, Time now) {
  if (next_host_ > 0) note(search_.hosts[next_host_ - 1], error);
  return ask_next(now);
}

Discovery::Action Discovery::refused(const Endpoint& node, StoreError error, const std::optional<Endpoint>& hint,
                                     Time now) {
  note(node, error);
  refused_.push_back(node);
  if (hint && hint != search_.avoid) nodes_.insert(nodes_.begin(), *hint);
  return try_next(now);
}

void Discovery::note(const Endpoint& who, const StoreError& error) {
  const auto is_its = [&who](const Reason& reason) { return reason.node == who; };
  const auto known = std::find_if(reasons_.begin(), reasons_.end(), is_its);
  if (known == reasons_.end()) {
    reasons_.push_back({who, error});
  } else if (weight_of(error) >= weight_of(known->error)) {
    known->error = error;
  }
}

StoreError Discovery::reason() const {
  std::vector<Reason> reasons = reasons_;
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& one, const Reason& other) {
    return weight_of(one.error) > weight_of(other.error);
  });
  StoreError all;
  if (reasons.empty()) return all;
  all.kind = reasons.front().error.kind;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i == kMaxReasons) {
      all.message += "; and " + std::to_string(reasons.size() - i) + " more";
      break;
    }
    all.message += (i == 0 ? "" : "; ") + to_text(reasons[i].node) + ": " + reasons[i].error.message;
  }
  return all;
}

bool Discovery::was_refused(const Endpoint& node) const {
  return std::find(refused_.begin(), refused_.end(), node) != refused_.end();
}

}  // namespace interconnect::next
