#include "domain/copier/holes.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "domain/copier/describe.h"
#include "domain/event_metadata.h"

namespace interconnect {

void Holes::note(HeldEvent& held, const Lane& lane) const {
  if (held.event.revision() == 0 || lane.is_metadata || !held.is_carried_whole) return;
  lane.note_hole(held, held.comes_from_projection && deliveries_.nature(held.subscription).began_at_start);
}

void Holes::tell_gap(HeldEvent& held, const Lane& lane) const {
  const Revision missed = std::exchange(held.missed, kNoStream);
  if (missed == kNoStream) return;
  const bool is_read = held.hole == HeldEvent::Hole::kBetween && held.hole_from <= missed &&
                       missed > lane.newest_sent && deliveries_.nature(held.subscription).is_pinned;
  if (!is_read) our_.observer.on_gap_left({lane.stream, missed, held.event.revision()});
}

void Holes::fill(Lane& lane) const {
  const HeldEvent& front = lane.front();
  if (lane.hole_fill && lane.hole_fill_before == front.event.id()) return lane.fill(nullptr);
  const Revision end = front.event.revision();
  if (front.hole == HeldEvent::Hole::kBefore) {
    return lane.fill(std::make_unique<HoleFill>(HoleFill::before(lane.stream, end)));
  }
  const bool is_shared = !deliveries_.nature(front.subscription).is_pinned;
  const Revision from = std::max(front.hole_from, lane.newest_sent + 1);
  lane.fill(std::make_unique<HoleFill>(HoleFill::between(lane.stream, from, end, is_shared)));
}

LaneStep Holes::on_read(Lane& lane, const ReadOutcome& outcome, Time now) {
  if (const auto* page = std::get_if<StreamPage>(&outcome)) return on_page(lane, *page);
  if (is_tried_again(lane, std::get<StoreError>(outcome), now)) return {LaneStep::What::kPause};
  // Deleted meanwhile, or not to be read: the observer was told.
  return end(lane);
}

LaneStep Holes::on_page(Lane& lane, const StreamPage& page) {
  lane.retry_delay = Duration{0};
  lane.read_denied_since = kNever;
  bool has_taken = false;
  const auto take_each = [&](const EventView& event) {
    if (!take(lane, event, has_taken)) return false;
    has_taken = true;
    return !our_.outbox.has_exited();
  };
  const auto is_allowed = [this](const EventView& event) {
    return std::holds_alternative<Allowed>(our_.policy.judge(event));
  };
  lane.hole_fill->on_page(page, {.is_allowed = is_allowed,
                                 .is_listed = [this](const EventView& event) { return our_.is_listed(event); },
                                 .take = take_each});
  if (our_.outbox.has_exited()) return {LaneStep::What::kNothing};
  if (lane.hole_fill->is_over()) return end(lane);
  if (!has_taken && !our_.fits(0)) return {LaneStep::What::kPause};
  return {LaneStep::What::kReady};
}

bool Holes::is_tried_again(Lane& lane, const StoreError& error, Time now) {
  lane.hole_fill->shrink_pages();
  if (error.kind != ErrorKind::kTooLarge) our_.observer.on_error(Store::kSource, error);
  if (is_refusal(error.kind)) lane.read_denied_since = std::min(lane.read_denied_since, now);
  const bool is_denied_for_long =
      is_refusal(error.kind) && now - lane.read_denied_since >= our_.settings.writer_timeout;
  return (error.kind == ErrorKind::kTooLarge || is_transient(error.kind)) && !is_denied_for_long;
}

LaneStep Holes::end(Lane& lane) const {
  for (HeldEvent& held : lane.all_waiting()) {
    if (held.event.id() == lane.hole_fill_before) held.hole = HeldEvent::Hole::kNone;
  }
  lane.hole_fill.reset();
  return {LaneStep::What::kReady};
}

// Holds an event of the source that no subscription has delivered. False: there is no room for it.
bool Holes::take(Lane& lane, const EventView& event, bool must_fit) {
  const EventIdentity identity{lane.stream_hash, event.id};
  const auto waiting = lane.all_waiting();
  const auto followed = std::find_if(waiting.begin(), waiting.end(),
                                     [&](const HeldEvent& held) { return held.event.id() == lane.hole_fill_before; });
  if (followed == waiting.end() || deliveries_.is_held_or_settled(identity)) return true;
  const bool is_overtaken = event.revision <= lane.newest_sent;
  if (is_overtaken && !followed->is_overtaken) return true;
  const auto verdict = our_.policy.judge(event);
  if (const auto* invalid = std::get_if<Invalid>(&verdict)) {
    refuse(event, {true, invalid->reason});
    return true;
  }
  Event copy = with_copy_metadata(event, our_.settings.copy_metadata);
  if (!has_room(lane, copy.bytes(), must_fit)) return false;
  HeldEvent held(std::move(copy), event);
  held.subscription = followed->subscription;
  held.position = followed->position;
  held.comes_from_projection = followed->comes_from_projection;
  held.is_carried_whole = followed->is_carried_whole;
  held.is_filled = true;
  held.is_overtaken = is_overtaken;
  held.is_behind = is_overtaken || event.revision < lane.looked_up_from;
  our_.observer.on_event_filled_from_source(event);
  deliveries_.hold_undelivered(identity, event.revision);
  held.units = lane.held.take(1, held.event.bytes());
  lane.insert(std::move(held));
  return true;
}

// One is held beyond what fits, so that the copy goes on; in the global order, the one for which all others wait.
bool Holes::has_room(const Lane& lane, std::size_t bytes, bool must_fit) const {
  if (our_.fits(bytes)) return true;
  const bool holds_others = our_.held.events() > 1;
  return !must_fit && (our_.fits(0) || !holds_others || order_.is_first(lane.number));
}

void Holes::refuse(const EventView& event, const InvalidEvent& why) {
  our_.observer.on_event_filled_from_source(event);
  our_.observer.on_event_invalid(event, why.reason);
  const SafetyAction action = our_.safety_net.invalid_event(event, why);
  if (action == SafetyAction::kExit || action == SafetyAction::kRetry) {
    our_.outbox.exit(ExitCode::kKilledBySafetyRules, last_words_of_invalid(event, why.reason));
  }
}

}  // namespace interconnect
