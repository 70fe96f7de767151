#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/subscription.h"

// Consumer groups over the HTTP API: what is sent to create or update one, and what can be read back.
//
// The TCP commands Create- and UpdatePersistentSubscription carry the same settings. HTTP is taken for all of it: only
// HTTP can read a group's settings, which we need in order to leave a group alone that is as it should be; its requests
// have the fields that its answer has, so that one table serves both ways; it is forwarded to the leader by any node;
// and it refuses settings that the TCP commands accept and that never work (a history buffer not above the read batch).
namespace interconnect::legacy {

// The path of a group: names percent-encoded.
std::string group_path(const Subscription& subscription);

// The body of PUT (create) and POST (update).
std::string to_json(const GroupSettings& settings);

// Reads the answer to GET .../info; nothing if it is not one. `stream` and `group` in it are not looked at.
std::optional<GroupSettings> parse_group_info(std::string_view json);

// Whether the server does the same with both: all negative starts mean the stream's end.
bool same_effect(const GroupSettings& a, const GroupSettings& b);

// The answer to GET /info.
struct ServerInfo {
  std::string version;
  std::string state;
};
std::optional<ServerInfo> parse_server_info(std::string_view json);

}  // namespace interconnect::legacy
