#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace interconnect {

// 128 bits that stand for bytes, the same on every machine (XXH3). They tell accidents apart, not forgeries.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
};

Digest digest_of(std::string_view bytes);

// Of the two in this order.
Digest combined(const Digest& first, const Digest& second);

}  // namespace interconnect
