#include "domain/copier/reconciler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "domain/copier/left_out.h"
#include "domain/stream_metadata.h"

namespace interconnect {

// --- Questions ---

LookUp::Question Reconciler::question_about(const Lane& lane) const {
  LookUp::Question question;
  const HeldEvent& front = lane.front();
  const Deliveries::Nature nature = deliveries_.nature(front.subscription);
  question.stream = lane.stream;
  question.first_revision = front.event.revision();
  question.first_id = front.event.id();
  question.events = lane.waiting_count();
  question.depth = our_.settings.look_up_depth;
  question.memory = our_.settings.look_up_memory;
  question.is_copied_in_order = !deliveries_.share_streams();
  question.order_proves = !our_.settings.may_give_up_events && !deliveries_.share_streams() && nature.is_pinned;
  // Else an event that is missing (a gap that was left, one that another consumer has) and one too many (that came
  // twice, or that somebody else wrote) would make up for each other.
  question.count_proves = question.order_proves && nature.began_at_start;
  question.is_replayed = front.is_replayed;
  const std::size_t events = std::max<std::size_t>(1, lane.waiting_count());
  const std::size_t mean_bytes = std::max<std::size_t>(1, lane.held.bytes() / events);
  question.page_limit =
      static_cast<std::int32_t>(std::clamp<std::size_t>(LookUp::kPageBytes / mean_bytes, 1, LookUp::kMaxPage));
  if (lane.tail) question.known_tail = lane.tail;
  question.is_deletion = lane.is_metadata && is_soft_deletion(front.event.view());
  add_rules(question, lane);
  return question;
}

void Reconciler::add_rules(LookUp::Question& question, const Lane& lane) const {
  const SubscriptionIndex subscription = lane.front().subscription;
  const std::uint64_t stream = lane.stream_hash;
  // What the server leaves out is not waited for.
  const bool leaves_out = lane.front().comes_from_projection;
  question.is_admitted = [this, subscription, leaves_out](const EventView& event) {
    return deliveries_.would_admit(subscription, event) && !(leaves_out && may_be_left_out(event));
  };
  question.is_left_out = [this, leaves_out](const EventView& event) {
    return leaves_out && our_.is_listed(event) && may_be_left_out(event);
  };
  question.is_copied = [this, subscription](const EventView& event) {
    return deliveries_.would_admit(subscription, event);
  };
  question.is_in_doubt = [this, stream](const EventId& id) { return deliveries_.is_held({stream, id}); };
  question.revision_in_doubt = [this, stream](const EventId& id) { return deliveries_.revision_of({stream, id}); };
}

void Reconciler::look_up_front(Lane& lane) const {
  const HeldEvent& front = lane.front();
  LookUp::Question question = question_about(lane);
  if (lane.is_metadata) return lane.look_up_with(LookUp::metadata(std::move(question)));
  const bool knows_destination =
      lane.tail && !front.is_behind && (lane.newest_sent != kNoStream || lane.tail == kNoStream);
  if (front.is_after_gap && knows_destination) {
    lane.look_up_with(LookUp::gap(std::move(question), lane.newest_sent));
  } else if (lane.walk_cursor && !front.is_behind && !front.is_after_gap) {
    lane.look_up_with(LookUp::walk(std::move(question), *lane.walk_cursor));
  } else {
    lane.look_up_with(LookUp::whole(std::move(question), front.is_after_gap));
  }
}

void Reconciler::look_up_doubtful(Lane& lane, std::optional<Revision> reported_tail, Time now) const {
  LookUp::Question question = question_about(lane);
  if (lane.is_metadata) return lane.look_up_with(LookUp::metadata(std::move(question)));
  question.reported_tail = reported_tail;
  question.may_lag = may_still_be_seen(lane, now);
  const bool others_may_have_written_since = lane.tail && lane.doubts < 2 && !lane.front().is_behind;
  if (others_may_have_written_since) return lane.look_up_with(LookUp::since(std::move(question), *lane.tail));
  lane.tail.reset();
  lane.look_up_with(LookUp::whole(std::move(question), false));
}

// Whether what the destination has written, and does not show, is still waited for.
bool Reconciler::may_still_be_seen(const Lane& lane, Time now) const {
  return lane.unseen_since == kNever || now - lane.unseen_since < our_.settings.writer_timeout / 2;
}

// --- Answers ---

LaneStep Reconciler::on_read(Lane& lane, const ReadOutcome& outcome, Time now) {
  if (const auto* error = std::get_if<StoreError>(&outcome)) return on_error(lane, *error, now);
  lane.retry_delay = Duration{0};
  lane.read_denied_since = kNever;
  lane.look_up->on_page(std::get<StreamPage>(outcome));
  return {LaneStep::What::kReadOn};
}

LaneStep Reconciler::on_error(Lane& lane, const StoreError& error, Time now) {
  const Store store = lane.look_up->next()->store;
  // Larger than the link carries in time, or than the server leaves pending before it closes the connection?
  const bool may_be_too_large =
      error.kind == ErrorKind::kTooLarge || error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kUnavailable;
  if (may_be_too_large) lane.look_up->shrink_pages();
  if (error.kind == ErrorKind::kTooLarge) return {LaneStep::What::kPause};
  our_.observer.on_error(store, error);
  const bool is_denied = is_refusal(error.kind);
  const bool is_final = !is_denied && !is_transient(error.kind);
  if (store == Store::kSource && (is_denied || is_final)) {
    lane.look_up->on_source_unreadable();
    return {LaneStep::What::kReadOn};
  }
  if (error.kind == ErrorKind::kStreamDeleted || is_final) {
    return LaneStep::give_up(LaneStep::Which::kAll, {WriteFailureReason::kRejected, error.message});
  }
  const bool is_overdue = now >= first_overdue(lane.all_waiting(), our_.settings.writer_timeout);
  if (is_denied && is_denied_for_long(lane, error.kind, is_overdue, now)) {
    return LaneStep::give_up(LaneStep::Which::kAll, failure_of_denied(lane, error, error.message));
  }
  if (is_denied || !is_overdue) return {LaneStep::What::kPause};
  return LaneStep::give_up(LaneStep::Which::kOverdue,
                           {WriteFailureReason::kUnreachable, "and it could not be looked up: " + error.message});
}

bool Reconciler::is_denied_for_long(Lane& lane, ErrorKind kind, bool is_overdue, Time now) {
  const bool was_denied = lane.last_error && is_refusal(lane.last_error->kind);
  denials_.on_denied(lane.stream_hash, now);
  if (lane.read_denied_since == kNever) lane.read_denied_since = now;
  return (is_overdue && was_denied) || now - lane.read_denied_since >= our_.settings.writer_timeout ||
         (kind == ErrorKind::kAccessDenied && denials_.is_known(lane.stream_hash));
}

// --- Conclusions ---

LaneStep Reconciler::conclude(Lane& lane, Time now) {
  expects(lane.state() == Lane::State::kLookingUp && lane.look_up != nullptr);
  LookUp::Findings found = std::move(*lane.look_up).findings();
  lane.look_up.reset();
  if (const auto confirmed = std::exchange(lane.confirmed_meanwhile, std::nullopt)) return LaneStep::look_up(confirmed);
  if (is_unseen(lane, found, now)) return {LaneStep::What::kLookUpLater, found.unseen_tail};
  lane.learn(found, our_.settings.look_up_memory);
  if (note_findings(lane, found, now)) return LaneStep::give_up(LaneStep::Which::kOverdue, failure_of_overdue(lane));
  // Others keep writing to the stream, or the destination's reads lag behind its writes: not in a tight loop.
  return {lane.doubts > 2 ? LaneStep::What::kBackOff : LaneStep::What::kReady};
}

// Whether the destination is still to show what it told of. If it does not for long, the events are gone: truncated, or
// deleted with their stream.
bool Reconciler::is_unseen(Lane& lane, LookUp::Findings& found, Time now) const {
  if (found.unseen_tail || found.is_older_deletion) {
    lane.unseen_since = std::min(lane.unseen_since, now);
    if (found.is_unproven || may_still_be_seen(lane, now)) return true;
    if (found.unseen_tail) found.tail = *found.unseen_tail;
  }
  lane.unseen_since = kNever;
  return false;
}

// Notes at each event what the look-up tells about it. Whether one is overdue that is not at the destination.
bool Reconciler::note_findings(Lane& lane, const LookUp::Findings& found, Time now) const {
  const absl::flat_hash_set<EventId> present(found.present.begin(), found.present.end());
  const auto waiting = lane.all_waiting();
  if (found.cursor) {
    // It is past those that were met: what should come before them is not found from there.
    const auto last = std::find_if(waiting.rbegin(), waiting.rend(),
                                   [&](const HeldEvent& held) { return present.contains(held.event.id()); });
    if (last != waiting.rend()) lane.looked_up_from = std::max(lane.looked_up_from, last->event.revision() + 1);
  }
  bool is_overdue = false;
  for (HeldEvent& held : waiting) {
    const bool is_first = held.event.id() == lane.look_up_began_with;
    if (is_first && held.is_after_gap) {
      held.is_after_gap = found.predecessor.has_value();
      held.awaits = found.predecessor.value_or(kNoStream);
    }
    if (is_first && held.hole == HeldEvent::Hole::kBefore && found.nothing_left_out) held.hole = HeldEvent::Hole::kNone;
    const bool was_asked_about = std::exchange(held.is_asked_about, false);
    if (!was_asked_about && held.event.revision() < lane.looked_up_from) held.is_behind = true;  // came meanwhile
    if (present.contains(held.event.id())) {
      held.at_destination = HeldEvent::AtDestination::kPresent;
    } else if (was_asked_about && found.scanned && !lane.is_at_destination(held)) {
      is_overdue = note_absent(lane, held, found, now) || is_overdue;
    }
  }
  return is_overdue;
}

// Of an event that the destination does not show.
bool Reconciler::note_absent(const Lane& lane, HeldEvent& held, const LookUp::Findings& found, Time now) const {
  // Metadata that newer took the place of: but if it was sent, the destination may execute that append yet.
  const bool may_be_written_late = lane.is_metadata && held.was_sent;
  if (held.event.revision() < found.gone_below.value_or(0) && !may_be_written_late) {
    held.at_destination = HeldEvent::AtDestination::kGone;
    return false;
  }
  if (found.may_be_hidden) our_.observer.on_event_may_be_doubled(held.event.view());
  if (found.is_whole_region) held.at_destination = HeldEvent::AtDestination::kAbsent;
  return now >= held.overdue_at(our_.settings.writer_timeout);
}

WriteFailure Reconciler::failure_of_overdue(const Lane& lane) {
  std::string message = "the destination did not confirm it in time";
  if (!lane.last_error) return {WriteFailureReason::kTimedOut, std::move(message)};
  message += ": " + lane.last_error->message;
  if (is_refusal(lane.last_error->kind)) return failure_of_denied(lane, *lane.last_error, std::move(message));
  return {WriteFailureReason::kTimedOut, std::move(message)};
}

WriteFailure Reconciler::failure_of_denied(const Lane& lane, const StoreError& error, std::string message) {
  return denials_.failure(lane.stream, lane.stream_hash, error, std::move(message), our_.settings.writer_timeout);
}

}  // namespace interconnect
