#pragma once

#include <optional>
#include <string>

#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/look_up.h"
#include "domain/copier/stream_denials.h"
#include "domain/copier/surroundings.h"
#include "domain/stream_read.h"

namespace interconnect {

// Finds out what the destination holds of what waits in a lane: asks, and draws the conclusions.
class Reconciler {
 public:
  // All outlive this.
  Reconciler(Surroundings& surroundings, Deliveries& deliveries, StreamDenials& denials)
      : our_(surroundings), deliveries_(deliveries), denials_(denials) {}

  // The lane is to look up the event in front before it sends it.
  void look_up_front(Lane& lane) const;
  // What became of the events in front is not known; the destination may have told its stream's last revision.
  void look_up_doubtful(Lane& lane, std::optional<Revision> reported_tail, Time now) const;
  // Of the lane's read.
  LaneStep on_read(Lane& lane, const ReadOutcome& outcome, Time now);
  // The look-up is over.
  LaneStep conclude(Lane& lane, Time now);

 private:
  LookUp::Question question_about(const Lane& lane) const;
  void add_rules(LookUp::Question& question, const Lane& lane) const;
  bool may_still_be_seen(const Lane& lane, Time now) const;
  LaneStep on_error(Lane& lane, const StoreError& error, Time now);
  bool is_denied_for_long(Lane& lane, ErrorKind kind, bool is_overdue, Time now);
  bool is_unseen(Lane& lane, LookUp::Findings& found, Time now) const;
  bool note_findings(Lane& lane, const LookUp::Findings& found, Time now) const;
  bool note_absent(const Lane& lane, HeldEvent& held, const LookUp::Findings& found, Time now) const;
  WriteFailure failure_of_overdue(const Lane& lane);
  WriteFailure failure_of_denied(const Lane& lane, const StoreError& error, std::string message);

  Surroundings& our_;
  Deliveries& deliveries_;
  StreamDenials& denials_;
};

}  // namespace interconnect
