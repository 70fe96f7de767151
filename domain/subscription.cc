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

GroupSettings updated_settings(const GroupSettings& present, const GroupSettings& wanted) {
  GroupSettings updated = wanted;
  updated.start_from = present.start_from;
  return updated;
}

bool update_loses_place(const GroupSettings& present, std::int64_t last_checkpoint) {
  return present.start_from < 0 && last_checkpoint < 0;
}

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::kConnectionLost:
      return "connection lost";
    case DropReason::kGroupChanged:
      return "group updated or deleted";
    case DropReason::kNotFound:
      return "group not found";
    case DropReason::kAccessDenied:
      return "access denied";
    case DropReason::kNotAuthenticated:
      return "not authenticated";
    case DropReason::kTooManySubscribers:
      return "too many subscribers";
    case DropReason::kServer:
      return "dropped by the server";
  }
  return "unknown";
}

}  // namespace interconnect
