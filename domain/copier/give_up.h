#pragma once

#include "absl/functional/function_ref.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/order.h"
#include "domain/copier/surroundings.h"

namespace interconnect {

// Asks the safety net about events that cannot be written, and does what it says.
class GiveUp {
 public:
  // All outlive this.
  GiveUp(Surroundings& surroundings, Order& order, Deliveries& deliveries)
      : our_(surroundings), order_(order), deliveries_(deliveries) {}

  // About those of the lane's waiting events. Afterwards the lane may send what still waits, the events that are to be
  // retried after a pause; or the copier has exited.
  enum class Result : std::uint8_t { kDone, kRetried, kExited };
  Result ask(Lane& lane, LaneStep::Which which, const WriteFailure& failure, Time now);

 private:
  bool is_meant(const Lane& lane, const HeldEvent& held, LaneStep::Which which, Time now) const;
  SafetyAction give_up(Lane& lane, HeldEvent& held, const WriteFailure& failure);

  Surroundings& our_;
  Order& order_;
  Deliveries& deliveries_;
};

}  // namespace interconnect
