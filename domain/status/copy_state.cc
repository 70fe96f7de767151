#include "domain/status/copy_state.h"

#include <chrono>

#include "domain/store.h"

namespace interconnect {
namespace {

using std::chrono::seconds;

// A copy becomes live once it is so near to the end, and is no longer live once it is so far from it.
constexpr seconds kNear{10};
constexpr seconds kFar{30};

std::optional<CopyState> waiting(const CopyStateLook& look) {
  for (const Store store : {Store::kSource, Store::kDestination}) {
    const auto& problem = look.link_problems[static_cast<std::size_t>(store)];
    if (problem) return CopyState{CopyPhase::kWaiting, "for the " + std::string(to_string(store)) + ": " + *problem};
  }
  if (look.unconnected && look.was_connected) {
    return CopyState{CopyPhase::kWaiting, "for the subscription to " + *look.unconnected};
  }
  if (look.lag_doubt) return CopyState{CopyPhase::kWaiting, "for the source: " + *look.lag_doubt};
  if (look.waits_for_older) {
    return CopyState{CopyPhase::kWaiting, "for events that an older consumer of the group may hold"};
  }
  return std::nullopt;
}

std::string_view awaited_at_start(const CopyStateLook& look) {
  if (!look.has_answered[0]) return "the source has not answered yet";
  if (!look.has_answered[1]) return "the destination has not answered yet";
  if (look.unconnected) return "subscribing";
  return "how far the source is ahead is not known yet";
}

}  // namespace

std::string_view to_string(CopyPhase phase) {
  switch (phase) {
    case CopyPhase::kStarting:
      return "starting";
    case CopyPhase::kCatchingUp:
      return "catchingUp";
    case CopyPhase::kLive:
      return "live";
    case CopyPhase::kWaiting:
      return "waiting";
    case CopyPhase::kStalled:
      return "stalled";
    case CopyPhase::kHanging:
      return "hanging";
    case CopyPhase::kStopping:
      return "stopping";
    case CopyPhase::kEnded:
      return "ended";
  }
  return "";
}

bool CopyStateJudge::is_live(const CopyStateLook& look) const {
  if (!look.lag) return false;
  if (look.lag->events == 0) return true;
  const seconds most = was_live_ ? kFar : kNear;
  return look.lag->time <= most && look.time_left && *look.time_left <= most;
}

CopyState CopyStateJudge::look(const CopyStateLook& look) {
  if (look.is_stopping) return {CopyPhase::kStopping, "finishing what is in flight"};
  if (look.stall) return {CopyPhase::kStalled, *look.stall};
  if (auto waits = waiting(look)) return *std::move(waits);
  if (!look.lag) return {CopyPhase::kStarting, std::string(awaited_at_start(look))};
  was_live_ = is_live(look);
  if (was_live_) return {CopyPhase::kLive, "what is written to the source arrives within seconds"};
  return {CopyPhase::kCatchingUp, "copying what the source has"};
}

}  // namespace interconnect
