#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <variant>

#include "adapters/legacy_tcp/io/http_client.h"
#include "adapters/legacy_tcp/session/group_command.h"
#include "domain/subscription.h"

// Consumer groups are created and updated over TCP and read over HTTP, because each can do only that.
//
// The HTTP API of 5.0.1 loses every setting that is 0 or false: it deserialises with DefaultValueHandling.Ignore, so
// that the default of its own stays (10 for maxSubscriberCount, where 0 would have meant any number). The TCP commands
// carry every setting, but none of them reads a group.
namespace interconnect::legacy {

struct GroupPrepared {
  GroupState state = GroupState::kUnread;
  GroupSettings effective;
  // Why it could not be created, where it is not known if it is there.
  std::string not_created = "";
};
struct GroupFailed {
  DropReason reason = DropReason::kServer;
  std::string message;
};
using GroupResult = std::variant<GroupPrepared, GroupFailed>;

// Sends the command for the subscription's group, with its settings, and calls back with the outcome, once.
using GroupCommandExchange =
    std::function<void(GroupCommand command, const GroupSettings& settings, std::function<void(GroupOutcome)> done)>;

// Has the subscription's group at the server: creates it if there is none; updates it if it has other settings and
// `may_update` (an update drops everyone who is connected to it). Where the group's settings cannot be read for as long
// as `patience`, and where the update is refused or would lose the group's place, leaves the group as it is.
boost::asio::awaitable<GroupResult> upsert_group(GroupCommandExchange command, HttpExchange exchange,
                                                 Subscription subscription, bool may_update,
                                                 std::chrono::milliseconds patience);

// Updates the group with the settings that it has, so that its server begins it anew from its checkpoint, and logs what
// was done, or why nothing was: never where the update would lose the group's place.
boost::asio::awaitable<void> renew_group(GroupCommandExchange command, HttpExchange exchange,
                                         Subscription subscription);

}  // namespace interconnect::legacy
