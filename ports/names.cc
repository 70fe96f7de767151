#include "ports/copy_observer.h"
#include "ports/event_source.h"

namespace interconnect {

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

std::string_view to_string(Store store) { return store == Store::kSource ? "source" : "destination"; }

}  // namespace interconnect
