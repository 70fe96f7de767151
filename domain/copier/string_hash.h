#pragma once

#include <cstddef>
#include <string_view>

#include "absl/hash/hash.h"

namespace interconnect {

// For maps by string that are searched by views. (Debian builds Abseil with a string_view of its own.)
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return absl::Hash<std::string_view>{}(text); }
};

}  // namespace interconnect
