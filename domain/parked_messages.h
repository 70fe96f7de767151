#pragma once

#include <string>
#include <string_view>

namespace interconnect {

// Where both generations keep what a group has parked, as links: PersistentSubscriptionMessageParker.cs.
std::string parked_stream(std::string_view stream, std::string_view group);

// Whether a consumer asked for it, by the metadata of the link: `{"added": ..., "reason": ..., ...}`. Else the server
// did, of an event that it had sent as often as its settings allow: "Reached retry count of N", where a consumer's
// reason comes behind "Client explicitly NAK'ed message." (PersistentSubscription.cs).
bool is_parked_by_consumer(std::string_view metadata);

}  // namespace interconnect
