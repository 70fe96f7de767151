#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/subscription.h"

namespace interconnect::next {

// A consumer that the server counts as connected to a group. PersistentSubscriptionStats.cs of 21.2.0.
struct GroupConnection {
  std::string connection_name;
  std::string from;  // empty for consumers over gRPC
  std::string username;
  std::int64_t total_items = 0;         // sent to it, again and again included
  std::int64_t in_flight_messages = 0;  // of those, what it still owes an answer to

  friend bool operator==(const GroupConnection&, const GroupConnection&) = default;
};

// A consumer group as the HTTP API tells of it, which 21.2.0 has instead of a call of gRPC.
struct GroupInfo {
  GroupSettings settings;
  bool known_strategy = true;         // false: one that we cannot name, hence differs from any that is wanted
  std::int64_t last_checkpoint = -1;  // that was written since the group was last made or updated; -1: none
  std::vector<GroupConnection> connections;

  bool has(const GroupSettings& wanted) const { return known_strategy && settings == wanted; }
};

// The body of the answer: JSON with the member "config". Nothing if any setting is missing or of a wrong type; a
// connection of which this holds is left out.
std::optional<GroupInfo> decode_group_info(std::string_view body);

// The server's version from the body of "/info"; empty if it tells none.
std::string decode_server_version(std::string_view body);

}  // namespace interconnect::next
