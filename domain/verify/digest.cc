#include "domain/verify/digest.h"

#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace interconnect {

Digest digest_of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

Digest combined(const Digest& first, const Digest& second) {
  const std::array<std::uint64_t, 4> words{first.low, first.high, second.low, second.high};
  const XXH128_hash_t hash = XXH3_128bits(words.data(), sizeof words);
  return {hash.low64, hash.high64};
}

}  // namespace interconnect
