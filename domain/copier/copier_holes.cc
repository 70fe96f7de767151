// The part of the copier that fills what a subscription leaves out of a stream.
#include <algorithm>
#include <utility>
#include <variant>

#include "domain/copier/copier.h"
#include "domain/copier/describe.h"
#include "domain/event_metadata.h"
#include "domain/subscription_scope.h"

namespace interconnect {
void Copier::note_hole(HeldEvent& held, const Lane& lane) const {
  const SubscriptionState& state = subscriptions_[held.subscription];
  // Only of a stream that is carried whole does a missing revision tell that an event is missing.
  const bool is_whole = carries_whole_stream(state.subscription.stream, lane.stream);
  if (held.event.revision() == 0 || lane.is_metadata || !is_whole) return;
  const Revision before = held.event.revision() > lane.newest_seen ? lane.newest_seen : lane.newest_sent;
  if (before != kNoStream && !held.is_overtaken) {
    held.hole = HeldEvent::Hole::kBetween;
    held.hole_from = before + 1;
  } else if (state.began_at_start) {
    held.hole = HeldEvent::Hole::kBefore;
  }
}

bool Copier::may_follow_hole(const Lane& lane, const HeldEvent& held) {
  return held.hole != HeldEvent::Hole::kNone && (held.is_overtaken || held.event.revision() > lane.newest_sent + 1);
}

void Copier::fill_hole(Lane& lane, Time now) {
  const HeldEvent& front = lane.front();
  if (!lane.hole_fill || lane.hole_fill_before != front.event.id()) {
    const Revision end = front.event.revision();
    const bool is_shared = subscriptions_[front.subscription].strategy != ConsumerStrategy::kPinned;
    const Revision from = std::max(front.hole_from, lane.newest_sent + 1);
    lane.hole_fill = std::make_unique<HoleFill>(front.hole == HeldEvent::Hole::kBefore
                                                    ? HoleFill::before(lane.stream, end)
                                                    : HoleFill::between(lane.stream, from, end, is_shared));
    lane.hole_fill_before = front.event.id();
  }
  set_timer(lane, kNever);
  lane.state = Lane::State::kFilling;
  lane.look_up_refused_since = kNever;
  read_next_page(lane, now);
}

void Copier::on_hole_read(Lane& lane, const ReadOutcome& outcome, Time now) {
  bool is_over = true;
  if (const auto* page = std::get_if<StreamPage>(&outcome)) {
    lane.retry_delay = Duration{0};
    lane.look_up_refused_since = kNever;
    bool has_taken = false;
    const auto take = [&](const EventView& event) {
      if (!take_from_source(lane, event, has_taken)) return false;
      has_taken = true;
      return !has_exited_;
    };
    const auto is_allowed = [this](const EventView& event) {
      return std::holds_alternative<Allowed>(policy_.judge(event));
    };
    lane.hole_fill->on_page(*page, {.is_allowed = is_allowed,
                                    .is_listed = [this](const EventView& event) { return is_listed(event); },
                                    .take = take});
    if (has_exited_) return;
    is_over = lane.hole_fill->is_over();
    if (!has_taken && !is_over && !fits(0)) return pause_before_retry(lane, now);
  } else {
    const StoreError& error = std::get<StoreError>(outcome);
    lane.hole_fill->shrink_pages();
    if (error.kind != ErrorKind::kTooLarge) observer_.on_error(Store::kSource, error);
    if (is_refusal(error.kind)) lane.look_up_refused_since = std::min(lane.look_up_refused_since, now);
    const bool is_refused_for_long =
        is_refusal(error.kind) && now - lane.look_up_refused_since >= settings_.writer_timeout;
    const bool is_retried = error.kind == ErrorKind::kTooLarge || is_transient(error.kind);
    if (is_retried && !is_refused_for_long) return pause_before_retry(lane, now);
    // Deleted meanwhile, or not to be read: the observer was told.
  }
  if (is_over) {
    for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) {
      if (lane.waiting[i].event.id() == lane.hole_fill_before) lane.waiting[i].hole = HeldEvent::Hole::kNone;
    }
    lane.hole_fill.reset();
  }
  lane.state = Lane::State::kIdle;
  make_ready(lane);
}

// Holds an event of the source that no subscription has delivered. False: there is no room for it.
bool Copier::take_from_source(Lane& lane, const EventView& event, bool must_fit) {
  const Ledger::Identity identity{lane.stream_hash, event.id};
  const auto followed = std::find_if(lane.waiting.begin() + static_cast<std::ptrdiff_t>(lane.head), lane.waiting.end(),
                                     [&](const HeldEvent& held) { return held.event.id() == lane.hole_fill_before; });
  if (followed == lane.waiting.end() || ledger_.is_held_or_settled(identity)) return true;
  const bool is_overtaken = event.revision <= lane.newest_sent;
  if (is_overtaken && !followed->is_overtaken) return true;
  const Verdict verdict = policy_.judge(event);
  if (const auto* invalid = std::get_if<Invalid>(&verdict)) {
    const InvalidEvent why{true, invalid->reason};
    observer_.on_event_filled_from_source(event);
    observer_.on_event_refused(event, why);
    const SafetyAction action = safety_net_.invalid_event(event, why);
    if (action == SafetyAction::kExit || action == SafetyAction::kRetry) {
      exit(ExitCode::kKilledBySafetyRules, "refused " + name(event) + ": " + why.reason);
    }
    return true;
  }
  Event copy = with_copy_metadata(event);
  // One is held beyond what fits, so that the copy goes on; in the global order, the one for which all others wait.
  const bool holds_others = held_events_ + links_.size() > 1;
  const bool is_first_of_all = is_global() && queue_.begin()->second == lane.number;
  if (!fits(copy.bytes()) && (must_fit || (!fits(0) && holds_others && !is_first_of_all))) return false;
  HeldEvent held;
  held.event = std::move(copy);
  held.subscription = followed->subscription;
  held.position = followed->position;
  held.is_filled = true;
  held.is_overtaken = is_overtaken;
  held.is_behind = is_overtaken || event.revision < lane.looked_up_from;
  observer_.on_event_filled_from_source(event);
  ledger_.hold_undelivered(identity, event.revision);
  const std::size_t bytes = held.event.bytes();
  ++held_events_;
  held_bytes_ += bytes;
  lane.bytes += bytes;
  lane.insert(std::move(held));
  return true;
}

}  // namespace interconnect
