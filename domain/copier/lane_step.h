#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "domain/event.h"
#include "domain/safety_net.h"

namespace interconnect {

// What an outcome, of an append or a read, means for its lane.
struct LaneStep {
  enum class What : std::uint8_t {
    kNothing,      // the copier has exited
    kSettled,      // what was sent is at the destination
    kReady,        // it may send
    kPause,        // it tries the same again after a pause
    kBackOff,      // it is ready after a pause
    kReadOn,       // it reads the next page
    kLookUp,       // what the destination holds is in doubt
    kLookUpLater,  // the same, after a pause
    kGiveUp        // the safety net is asked about some of what waits
  };
  // kOverdue: but for what was seen at the destination.
  enum class Which : std::uint8_t { kOverdue, kRejected, kAll };

  What what = What::kNothing;
  std::optional<Revision> reported_tail = {};  // of kLookUp and kLookUpLater: the destination told it
  Which which = Which::kAll;                   // of kGiveUp
  WriteFailure failure = {};                   // of kGiveUp

  static LaneStep look_up(std::optional<Revision> reported_tail) { return {What::kLookUp, reported_tail}; }
  static LaneStep give_up(Which which, WriteFailure failure) { return {What::kGiveUp, {}, which, std::move(failure)}; }
};

}  // namespace interconnect
