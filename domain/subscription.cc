#include "domain/subscription.h"

namespace interconnect {

std::string_view to_string(ConsumerStrategy strategy) {
  switch (strategy) {
    case ConsumerStrategy::kDispatchToSingle:
      return "DispatchToSingle";
    case ConsumerStrategy::kRoundRobin:
      return "RoundRobin";
    case ConsumerStrategy::kPinned:
      return "Pinned";
  }
  return "unknown";
}

}  // namespace interconnect
