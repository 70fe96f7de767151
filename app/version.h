#pragma once

#include <string_view>

namespace interconnect {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace interconnect
