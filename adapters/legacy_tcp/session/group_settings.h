#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/legacy_tcp/session/session.h"
#include "domain/subscription.h"

// What the HTTP API tells: a consumer group's settings, what the server is, and who else belongs to its cluster.
namespace interconnect::legacy {

struct GroupInfo {
  GroupSettings settings;
  std::int64_t last_checkpoint = -1;  // that was written since the group was last made, updated or loaded; -1: none

  friend bool operator==(const GroupInfo&, const GroupInfo&) = default;
};

// Reads the answer to GET .../info; nothing if it is not one, or is about another group.
std::optional<GroupInfo> parse_group_info(std::string_view json, const Subscription& subscription);

// Whether the server does the same with both: all negative starts mean the stream's end.
bool same_effect(const GroupSettings& a, const GroupSettings& b);

// The answer to GET /info.
struct ServerInfo {
  std::string version;
  std::string state;
};
std::optional<ServerInfo> parse_server_info(std::string_view json);

// The answer to GET /gossip (ClusterInfo.cs, MemberInfoDto.cs of 5.0.1); nothing if it is none. `secure`: which of a
// node's two TCP endpoints is meant.
std::optional<std::vector<ClusterNode>> parse_gossip(std::string_view json, bool secure);

}  // namespace interconnect::legacy
