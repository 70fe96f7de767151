#pragma once

#include <string_view>

namespace interconnect {

// The two ends of a copy.
enum class Store { kSource, kDestination };

// "source", "destination".
std::string_view to_string(Store store);

}  // namespace interconnect
