#pragma once

#include <string>
#include <string_view>

namespace interconnect {

// Which streams' events the subscription to a stream carries: its own, those of a category, or those of an event type.

// The type of whose events alone an `$et-` stream consists; else empty.
std::string only_type_of(std::string_view subscribed);

// Two subscriptions may carry events of the same stream.
bool share_streams(std::string_view a, std::string_view b);

}  // namespace interconnect
