#pragma once

#include <string>
#include <string_view>

namespace interconnect {

// Which streams' events the subscription to a stream carries: its own, those of a category, or those of an event type.

// The type of whose events alone an `$et-` stream consists; else empty.
std::string only_type_of(std::string_view subscribed);

// Two subscriptions may carry events of the same stream.
bool share_streams(std::string_view a, std::string_view b);

// All events of the stream are carried: only then does a missing revision tell that an event is missing.
// `$by_category` cuts a stream's name at its first hyphen, or, if it is set so, at its last.
bool carries_whole(std::string_view subscribed, std::string_view stream);

// A stream of the servers themselves, but for the metadata of others, that is not the subscribed one.
bool is_of_the_system(std::string_view subscribed, std::string_view stream);

}  // namespace interconnect
