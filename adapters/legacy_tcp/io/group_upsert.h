#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <variant>

#include "adapters/legacy_tcp/io/http_client.h"
#include "domain/subscription.h"

namespace interconnect::legacy {

struct GroupPrepared {
  GroupState state = GroupState::kUnread;
  GroupSettings effective;
};
struct GroupFailed {
  DropReason reason = DropReason::kServer;
  std::string message;
};
using GroupResult = std::variant<GroupPrepared, GroupFailed>;

// Has the subscription's group at the server: creates it if there is none; updates it if it has other settings and
// `may_update` (an update drops everyone who is connected to it). Where the group's settings cannot be read for as long
// as `patience`, and where the update is refused, leaves the group as it is.
// A start that differs is a difference like any other, though a group that has a checkpoint goes on from there: the
// server keeps and shows the start that it was given, so that there is at most one such update.
boost::asio::awaitable<GroupResult> upsert_group(HttpExchange exchange, Subscription subscription, bool may_update,
                                                 std::chrono::milliseconds patience);

}  // namespace interconnect::legacy
