#include "domain/verify/difference.h"

namespace interconnect {

std::string_view to_string(DifferenceKind kind) {
  constexpr std::array<std::string_view, kDifferenceKinds> kNames{"missing", "extra",          "data",    "metadata",
                                                                  "type",    "contentKind",    "order",   "doubled",
                                                                  "shifted", "streamMetadata", "deletion"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::uint64_t StreamDifference::events() const {
  std::uint64_t sum = 0;
  for (const Difference& kind : kinds) sum += kind.events;
  return sum;
}

}  // namespace interconnect
