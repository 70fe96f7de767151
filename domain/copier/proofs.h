#pragma once

#include "domain/append.h"
#include "domain/copier/append_pipe.h"
#include "domain/copier/lane.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/order.h"
#include "domain/copier/surroundings.h"
#include "domain/time.h"

namespace interconnect {

// Asks the destination whether it holds what it does not show: by an append of the events at the place where they are
// supposed, with exactly the revision before it as the one expected. As more than that is there, the append writes
// nothing: it is an idempotent repeat if the same events are at that place, one behind the other, shown or not
// (CheckCommit in IndexWriter.cs reads the index, not what the metadata shows), and is refused if not.
class Proofs {
 public:
  // All outlive this.
  Proofs(Surroundings& surroundings, Order& order, const AppendPipe& pipe)
      : our_(surroundings), order_(order), pipe_(pipe) {}

  // Whether something is supposed of what waits: it is to be proved before anything else is sent.
  bool are_due(Lane& lane) const;
  // The event in front may be there, and would be asked about: whether it is supposed behind the last that was proved.
  bool suppose_next(Lane& lane) const;
  // Makes the append that proves what is supposed.
  void load(Lane& lane, Time now) const;

  LaneStep on_proved(Lane& lane) const;
  LaneStep on_disproved(Lane& lane, const WrongExpectedVersion& wrong, Time now) const;
  // The destination does not answer in time.
  void give_up(Lane& lane) const;

 private:
  void take_back(Lane& lane) const;
  bool take_for_absent(Lane& lane, const LookUpFindings::Supposition& supposed, Time now) const;

  Surroundings& our_;
  Order& order_;
  const AppendPipe& pipe_;
};

}  // namespace interconnect
