#include "careful_safety_net.h"

namespace interconnect::examples {

SafetyAction CarefulSafetyNet::cannot_write_event(const EventView& event, const WriteFailure& failure) {
  // These concern every event: parking them one by one would empty the source into its parked messages.
  if (failure.reason == WriteFailureReason::kRefused || failure.reason == WriteFailureReason::kUnreachable) {
    return SafetyAction::kExit;
  }
  return event.type == indispensable_type_ ? SafetyAction::kExit : SafetyAction::kPark;
}

SafetyAction CarefulSafetyNet::invalid_event(const EventView&, const InvalidEvent&) {
  ++refused_;
  return SafetyAction::kSkip;
}

std::optional<std::string> SizeValidator::validate(const EventView& event) const {
  if (event.data.size() <= max_bytes_) return std::nullopt;
  return "its data are " + std::to_string(event.data.size()) + " bytes long; " + std::to_string(max_bytes_) +
         " are allowed";
}

}  // namespace interconnect::examples
