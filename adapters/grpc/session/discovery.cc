#include "adapters/grpc/session/discovery.h"

#include <algorithm>
#include <array>

namespace interconnect::next {
namespace {

bool serves(const ClusterMember& member) { return member.alive && member.state != NodeState::kOther; }

std::optional<Endpoint> draw_among(std::span<const ClusterMember> members, std::optional<NodeState> state,
                                   std::uint64_t draw) {
  std::vector<const ClusterMember*> candidates;
  for (const ClusterMember& member : members) {
    if (serves(member) && (!state || member.state == *state)) candidates.push_back(&member);
  }
  if (candidates.empty()) return std::nullopt;
  return candidates[draw % candidates.size()]->endpoint;
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

}  // namespace

std::optional<Endpoint> choose_node(std::span<const ClusterMember> members, NodePreference preference,
                                    std::uint64_t draw) {
  if (preference == NodePreference::kRandom) return draw_among(members, std::nullopt, draw);
  const std::array order{preferred_state(preference), NodeState::kLeader, NodeState::kFollower,
                         NodeState::kReadOnlyReplica};
  for (const NodeState state : order) {
    if (auto node = draw_among(members, state, draw)) return node;
  }
  return std::nullopt;
}

Discovery::Discovery(const GrpcStoreSettings& settings, std::uint64_t draw)
    : hosts_(settings.hosts),
      preference_(settings.node_preference),
      max_attempts_(std::max(settings.max_discover_attempts, 1)),
      interval_(settings.discovery_interval),
      draw_(draw) {}

Discovery::Action Discovery::start() {
  next_host_ = 0;
  attempts_ = 0;
  return ask_next();
}

Discovery::Action Discovery::ask_next() {
  if (next_host_ < hosts_.size()) return AskGossip{hosts_[next_host_]};
  next_host_ = 0;
  if (++attempts_ >= max_attempts_) return GiveUp{"no node of the cluster could be found: " + last_reason_};
  return Wait{interval_};
}

Discovery::Action Discovery::answered(std::span<const ClusterMember> members) {
  if (auto node = choose_node(members, preference_, draw_)) return Use{*std::move(node)};
  return failed("none of the nodes that gossip names is ready");
}

Discovery::Action Discovery::failed(std::string_view reason) {
  last_reason_ = hosts_[next_host_].host + ":" + std::to_string(hosts_[next_host_].port) + ": " + std::string(reason);
  ++next_host_;
  return ask_next();
}

Discovery::Action Discovery::waited() { return ask_next(); }

}  // namespace interconnect::next
