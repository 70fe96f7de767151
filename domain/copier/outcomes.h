#pragma once

#include <optional>
#include <string>

#include "domain/append.h"
#include "domain/copier/append_pipe.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/order.h"
#include "domain/copier/stream_denials.h"
#include "domain/copier/surroundings.h"

namespace interconnect {

// What the outcomes of appends mean: what is settled, what is in doubt, what goes again, and what the destination will
// never take.
class Outcomes {
 public:
  // All outlive this.
  Outcomes(Surroundings& surroundings, Order& order, Deliveries& deliveries, AppendPipe& pipe, StreamDenials& denials)
      : our_(surroundings), order_(order), deliveries_(deliveries), pipe_(pipe), denials_(denials) {}

  // Of the append that the lane has sent.
  LaneStep judge(Lane& lane, const AppendOutcome& outcome, Time now);

 private:
  LaneStep on_appended(Lane& lane, const Appended& appended);
  LaneStep on_revived(Lane& lane, const Appended& appended);
  LaneStep on_other_revision(Lane& lane, Revision expected, const Appended& appended);
  LaneStep on_tail_told(Lane& lane, const WrongExpectedVersion& wrong);
  LaneStep on_wrong_expected_version(Lane& lane, const WrongExpectedVersion& wrong);
  LaneStep on_error(Lane& lane, const StoreError& error, Time now);
  LaneStep on_denied(Lane& lane, const StoreError& error, Time now);
  std::string sizes_of_sent(const Lane& lane, std::optional<SizeLimit> limit) const;
  LaneStep try_smaller(Lane& lane, const StoreError& error);
  void reject(Lane& lane);
  void take_back(Lane& lane);

  Surroundings& our_;
  Order& order_;
  Deliveries& deliveries_;
  AppendPipe& pipe_;
  StreamDenials& denials_;
};

}  // namespace interconnect
