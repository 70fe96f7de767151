#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/subscription.h"

namespace interconnect::next {

// A consumer group's settings as the HTTP API tells them, which 21.2.0 has instead of a call of gRPC.
struct GroupInfo {
  GroupSettings settings;
  bool known_strategy = true;  // false: one that we cannot name, hence differs from any that is wanted

  bool has(const GroupSettings& wanted) const { return known_strategy && settings == wanted; }
};

// "/subscriptions/STREAM/GROUP/info", names percent-encoded.
std::string group_info_target(std::string_view stream, std::string_view group);

// The body of the answer: JSON with the member "config". Nothing if any setting is missing or of a wrong type.
std::optional<GroupInfo> decode_group_info(std::string_view body);

// The server's version from the body of "/info"; empty if it tells none.
std::string decode_server_version(std::string_view body);

}  // namespace interconnect::next
