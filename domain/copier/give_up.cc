#include "domain/copier/give_up.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/copier/describe.h"
#include "domain/copier/lane_queue.h"

namespace interconnect {
namespace {

// For the end of the last words.
std::string_view next_step(WriteFailureReason reason) {
  switch (reason) {
    case WriteFailureReason::kTimedOut:
    case WriteFailureReason::kUnreachable:
      return "; see whether the destination runs and keeps up: safetyNet.onWriteFailure: retry goes on trying";
    case WriteFailureReason::kRefused:
    case WriteFailureReason::kStreamDenied:
      return "; give the user the right to write to it";
    case WriteFailureReason::kRejected:
      return "; safetyNet.onWriteFailure: park or skip goes on without it";
  }
  return "";
}

}  // namespace

bool GiveUp::is_meant(const Lane& lane, const HeldEvent& held, LaneStep::Which which, Time now) const {
  switch (which) {
    case LaneStep::Which::kOverdue:
      return now >= lane.give_up_at(held, our_.settings.writer_timeout);
    case LaneStep::Which::kRejected:
      return held.is_rejected;
    case LaneStep::Which::kAll:
      return true;
  }
  return false;
}

GiveUp::Result GiveUp::ask(Lane& lane, LaneStep::Which which, const WriteFailure& failure, Time now) {
  bool is_retried = false;
  std::vector<HeldEvent> waiting = take_waiting(lane, order_);
  std::erase_if(waiting, [&](HeldEvent& held) {
    held.is_asked_about = false;
    if (our_.outbox.has_exited() || !is_meant(lane, held, which, now)) return false;
    const SafetyAction action = give_up(lane, held, failure);
    is_retried = is_retried || action == SafetyAction::kRetry;
    return action == SafetyAction::kSkip || action == SafetyAction::kPark;
  });
  if (is_retried) {
    // They go together: one whose time is over would have the append given up while it is sent.
    for (HeldEvent& held : waiting) held.first_sent = kNever;
  }
  put_waiting(lane, std::move(waiting), order_);
  if (our_.outbox.has_exited()) return Result::kExited;
  lane.is_retried_by_safety_net = is_retried;
  return is_retried ? Result::kRetried : Result::kDone;
}

SafetyAction GiveUp::give_up(Lane& lane, HeldEvent& held, const WriteFailure& failure) {
  const EventView event = held.event.view();
  const EventIdentity identity{lane.stream_hash, event.id};
  const SafetyAction action = our_.safety_net.cannot_write_event(event, failure);
  switch (action) {
    case SafetyAction::kExit: {
      const bool is_denied =
          failure.reason == WriteFailureReason::kRefused || failure.reason == WriteFailureReason::kStreamDenied;
      our_.outbox.exit(is_denied ? ExitCode::kRefusedByServer : ExitCode::kKilledBySafetyRules,
                       "cannot write " + name(event) + ": " + failure.message + std::string(next_step(failure.reason)));
      return action;
    }
    case SafetyAction::kRetry:
      held.is_rejected = false;
      held.at_destination = HeldEvent::AtDestination::kUnknown;
      return action;
    case SafetyAction::kPark:
      deliveries_.park(identity, event, failure);
      break;
    case SafetyAction::kSkip:
      our_.observer.on_event_skipped(event, failure);
      deliveries_.settle(identity, false);
      break;
  }
  lane.newest_sent = std::max(lane.newest_sent, event.revision);
  return action;
}

}  // namespace interconnect
