// The part of the copier that finds out what the destination holds.
#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "domain/copier/copier.h"
#include "domain/copier/describe.h"
#include "domain/stream_metadata.h"

namespace interconnect {

Time Copier::gap_until(const Lane& lane, const HeldEvent& held) const {
  return std::max(subscriptions_[held.subscription].older_connections_until, lane.next_gap_until);
}

bool Copier::is_at_destination(const Lane& lane, const HeldEvent& held) {
  return held.at_destination == HeldEvent::AtDestination::kPresent ||
         held.at_destination == HeldEvent::AtDestination::kGone || held.event.revision() < lane.counted_below ||
         (held.event.revision() < lane.hidden_below && !held.is_replayed) ||
         (!lane.ahead.empty() && lane.ahead.contains(held.event.id()));
}

Copier::Readiness Copier::examine(Lane& lane, HeldEvent& held, Time now) {
  const bool is_present = is_at_destination(lane, held);
  if (lane.is_metadata) {
    if (is_present) return Readiness::kFound;
    return held.at_destination == HeldEvent::AtDestination::kAbsent ? Readiness::kSend : Readiness::kAsk;
  }
  // One that is there may still await what precedes it: it is there for the sake of an earlier one with its id.
  const bool is_awaiting = held.is_after_gap && held.awaits != kNoStream;
  if (is_present && !is_awaiting) return Readiness::kFound;
  if (held.is_after_gap) {
    const bool is_closed =
        held.event.revision() <= lane.newest_sent + 1 || (held.awaits != kNoStream && lane.newest_sent >= held.awaits);
    if (!is_closed && now < gap_until(lane, held)) return held.awaits == kNoStream ? Readiness::kAsk : Readiness::kWait;
    held.is_after_gap = false;
    // What goes now makes room for what the next gap waits for.
    if (!is_closed) lane.next_gap_until = now + settings_.max_retry_delay;
  }
  if (is_present) return Readiness::kFound;
  if (may_follow_hole(lane, held)) return Readiness::kFill;
  const bool may_be_there = held.is_behind || lane.walk_cursor;
  if (may_be_there && held.at_destination != HeldEvent::AtDestination::kAbsent) return Readiness::kAsk;
  return Readiness::kSend;
}

LookUp::Question Copier::question_about(Lane& lane) {
  LookUp::Question question;
  const HeldEvent& front = lane.front();
  question.stream = lane.stream;
  question.first_revision = front.event.revision();
  question.first_id = front.event.id();
  question.events = lane.waiting_count();
  question.depth = settings_.look_up_depth;
  question.memory = settings_.look_up_memory;
  question.is_copied_in_order = !shares_streams_;
  question.order_proves = order_proves(lane);
  // Else an event that is missing (a gap that was left, one that another consumer has) and one too many (that came
  // twice, or that somebody else wrote) would make up for each other.
  const SubscriptionState* state = &subscriptions_[front.subscription];
  question.count_proves = question.order_proves && state->began_at_start;
  question.is_replayed = front.is_replayed;
  const std::size_t mean_bytes = std::max<std::size_t>(1, lane.bytes / std::max<std::size_t>(1, lane.waiting_count()));
  question.page_limit =
      static_cast<std::int32_t>(std::clamp<std::size_t>(LookUp::kPageBytes / mean_bytes, 1, LookUp::kMaxPage));
  // What the server leaves out is not waited for.
  question.is_admitted = [this, state](const EventView& event) {
    return is_admitted(*state, event) && !may_be_left_out(event);
  };
  question.is_left_out = [this](const EventView& event) { return is_listed(event) && may_be_left_out(event); };
  question.is_copied = [this, state](const EventView& event) { return is_admitted(*state, event); };
  if (lane.tail) question.known_tail = lane.tail;
  question.is_deletion = lane.is_metadata && is_soft_deletion(front.event.view());
  const std::uint64_t stream_hash = lane.stream_hash;
  question.is_in_doubt = [this, stream_hash](const EventId& id) { return ledger_.is_held({stream_hash, id}); };
  question.revision_in_doubt = [this, stream_hash](const EventId& id) {
    return ledger_.revision_of({stream_hash, id});
  };
  return question;
}

void Copier::ask_about_front(Lane& lane, Time now) {
  const HeldEvent& front = lane.front();
  LookUp::Question question = question_about(lane);
  if (lane.is_metadata) {
    start_look_up(lane, LookUp::metadata(std::move(question)));
    return read_next_page(lane, now);
  }
  const bool knows_destination =
      lane.tail && !front.is_behind && (lane.newest_sent != kNoStream || lane.tail == kNoStream);
  if (front.is_after_gap && knows_destination) {
    const Revision seen = lane.newest_sent;
    start_look_up(lane, LookUp::gap(std::move(question), seen));
  } else if (lane.walk_cursor && !front.is_behind && !front.is_after_gap) {
    start_look_up(lane, LookUp::walk(std::move(question), *lane.walk_cursor));
  } else {
    start_look_up(lane, LookUp::whole(std::move(question), front.is_after_gap));
  }
  read_next_page(lane, now);
}

// What the lane's front events became at the destination is not known.
void Copier::doubt(Lane& lane, std::optional<Revision> reported_tail, Time now) {
  prepare_doubt(lane, reported_tail, now);
  read_next_page(lane, now);
}

void Copier::ask_about_overdue(Lane& lane, Time now) {
  Time first = kNever;
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) {
    first = std::min(first, give_up_at(lane, lane.waiting[i]));
  }
  lane.waiting_overdue_at = first;
  if (now < first) return set_timer(lane, first);
  if (lane.state == Lane::State::kReady) std::erase(ready_, &lane);
  doubt(lane, std::nullopt, now);
}

// Whether what the destination has written, and does not show, is still waited for.
bool Copier::may_still_be_seen(const Lane& lane, Time now) const {
  return lane.unseen_since == kNever || now - lane.unseen_since < settings_.writer_timeout / 2;
}

void Copier::prepare_doubt(Lane& lane, std::optional<Revision> reported_tail, Time now) {
  LookUp::Question question = question_about(lane);
  if (lane.is_metadata) return start_look_up(lane, LookUp::metadata(std::move(question)));
  question.reported_tail = reported_tail;
  question.may_lag = may_still_be_seen(lane, now);
  const bool others_may_have_written_since = lane.tail && lane.doubts < 2 && !lane.front().is_behind;
  if (others_may_have_written_since) {
    start_look_up(lane, LookUp::since(std::move(question), *lane.tail));
  } else {
    lane.tail.reset();
    start_look_up(lane, LookUp::whole(std::move(question), false));
  }
}

void Copier::start_look_up(Lane& lane, LookUp look_up) {
  set_timer(lane, kNever);
  lane.state = Lane::State::kLookingUp;
  lane.look_up = std::make_unique<LookUp>(std::move(look_up));
  lane.look_up_began_with = lane.front().event.id();
  lane.look_up_refused_since = kNever;
  const std::size_t end = lane.is_metadata ? lane.head + 1 : lane.waiting.size();
  for (std::size_t i = lane.head; i < end; ++i) lane.waiting[i].is_asked_about = true;
}

void Copier::read_next_page(Lane& lane, Time now) {
  std::optional<LookUp::Page> page;
  if (lane.state == Lane::State::kFilling) {
    page = LookUp::Page{Store::kSource, lane.hole_fill->next_read()};
  } else {
    page = lane.look_up->next();
    if (!page) return finish_look_up(lane, now);
  }
  if (reads_.size() >= settings_.max_look_ups) {
    // With a destination that hangs, each look-up before it would cost what is overdue a read's timeout.
    if (now >= lane.waiting_overdue_at) {
      waiting_to_look_up_.push_front(&lane);
    } else {
      waiting_to_look_up_.push_back(&lane);
    }
    return;
  }
  page->read.id = next_read_id_++;
  reads_[page->read.id] = &lane;
  actions_.push_back(ReadStream{page->store, std::move(page->read)});
}

void Copier::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now) {
  if (has_exited_) return;
  if (const auto link = link_reads_.find(read_id); link != link_reads_.end()) {
    const std::uint64_t key = link->second;
    link_reads_.erase(link);
    if (const auto* error = std::get_if<StoreError>(&outcome)) observer_.on_error(Store::kSource, *error);
    links_.on_read(key, outcome, now);
    release_resolved(now);
    return discard_read_links(now);
  }
  const auto it = reads_.find(read_id);
  if (it == reads_.end()) return;
  Lane& lane = *it->second;
  reads_.erase(it);
  if (lane.state == Lane::State::kFilling) {
    on_hole_read(lane, outcome, now);
  } else if (const auto* page = std::get_if<StreamPage>(&outcome)) {
    lane.retry_delay = Duration{0};
    lane.look_up_refused_since = kNever;
    lane.look_up->on_page(*page);
    read_next_page(lane, now);
  } else {
    on_look_up_error(lane, lane.look_up->next()->store, std::get<StoreError>(outcome), now);
  }
  if (!waiting_to_look_up_.empty() && reads_.size() < settings_.max_look_ups) {
    Lane& next = *waiting_to_look_up_.front();
    waiting_to_look_up_.pop_front();
    read_next_page(next, now);
  }
}

void Copier::on_look_up_error(Lane& lane, Store store, const StoreError& error, Time now) {
  if (error.kind == ErrorKind::kTooLarge) {
    lane.look_up->shrink_pages();
    return pause_before_retry(lane, now);
  }
  // Larger than the link carries in time, or than the server leaves pending before it closes the connection?
  if (error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kUnavailable) lane.look_up->shrink_pages();
  observer_.on_error(store, error);
  const bool is_refused = is_refusal(error.kind);
  if (store == Store::kSource && (is_refused || !is_transient(error.kind))) {
    lane.look_up->on_source_unreadable();
    return read_next_page(lane, now);
  }
  if (error.kind == ErrorKind::kStreamDeleted || (!is_refused && !is_transient(error.kind))) {
    lane.look_up.reset();
    return fail_all(lane, {WriteFailureReason::kRejected, error.message}, now);
  }
  const bool is_overdue = now >= first_overdue(std::span(lane.waiting).subspan(lane.head));
  const bool was_refused = lane.last_error && is_refusal(lane.last_error->kind);
  if (is_refused) denials_.on_denied(lane.stream_hash, now);
  if (is_refused && lane.look_up_refused_since == kNever) lane.look_up_refused_since = now;
  const bool is_refused_for_long =
      is_refused && ((is_overdue && was_refused) || now - lane.look_up_refused_since >= settings_.writer_timeout);
  if (is_refused_for_long || (error.kind == ErrorKind::kAccessDenied && denials_.is_known(lane.stream_hash))) {
    lane.look_up.reset();
    return fail_all(lane, lasting_refusal(lane, error, error.message), now);
  }
  if (!is_refused && is_overdue) {
    lane.look_up.reset();
    return fail_overdue(lane, {WriteFailureReason::kUnreachable, "and it could not be looked up: " + error.message},
                        now);
  }
  pause_before_retry(lane, now);
}

void Copier::finish_look_up(Lane& lane, Time now) {
  LookUp::Findings found = std::move(*lane.look_up).findings();
  lane.look_up.reset();
  lane.state = Lane::State::kIdle;
  if (const auto confirmed = std::exchange(lane.confirmed_meanwhile, std::nullopt)) return doubt(lane, confirmed, now);
  if (found.unseen_tail || found.is_older_deletion) {
    // Its reads lag behind its writes; or else the events are gone: truncated, or deleted with their stream.
    lane.unseen_since = std::min(lane.unseen_since, now);
    if (found.is_unproven || may_still_be_seen(lane, now)) {
      prepare_doubt(lane, found.unseen_tail, now);
      return pause_before_retry(lane, now);
    }
    if (found.unseen_tail) found.tail = *found.unseen_tail;
  }
  lane.unseen_since = kNever;
  if (found.of_destination) {
    lane.tail = found.tail;
    lane.newest_sent = std::max(lane.newest_sent, found.met_predecessor.value_or(kNoStream));
    if (found.is_whole_region) {
      lane.walk_cursor = found.cursor;
      lane.looked_up_from = found.first_revision;
    } else if (found.cursor) {
      lane.walk_cursor = std::min(lane.walk_cursor.value_or(*found.cursor), *found.cursor);
    }
    lane.hidden_below = std::max(lane.hidden_below, found.hidden_below.value_or(0));
    if (found.is_hidden_by_count) lane.counted_below = std::max(lane.counted_below, *found.hidden_below);
    lane.revives_stream = found.revives;
    for (const auto& [id, revision] : found.region) lane.ahead.emplace(id, revision);
    if (lane.ahead.size() > 2 * settings_.look_up_memory) {
      Revision lowest = std::numeric_limits<Revision>::max();
      for (const auto& [id, revision] : lane.ahead) lowest = std::min(lowest, revision);
      lane.walk_cursor = std::min(lane.walk_cursor.value_or(lowest), lowest);
      lane.ahead.clear();
    }
  }
  const absl::flat_hash_set<EventId> present(found.present.begin(), found.present.end());
  if (found.cursor) {
    // It is past those that were met: what should come before them is not found from there.
    for (std::size_t i = lane.waiting.size(); i-- > lane.head;) {
      if (!present.contains(lane.waiting[i].event.id())) continue;
      lane.looked_up_from = std::max(lane.looked_up_from, lane.waiting[i].event.revision() + 1);
      break;
    }
  }
  bool is_overdue = false;
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) {
    HeldEvent& held = lane.waiting[i];
    if (held.event.id() == lane.look_up_began_with && held.is_after_gap) {
      held.is_after_gap = found.predecessor.has_value();
      held.awaits = found.predecessor.value_or(kNoStream);
    }
    if (held.event.id() == lane.look_up_began_with && held.hole == HeldEvent::Hole::kBefore && found.nothing_left_out) {
      held.hole = HeldEvent::Hole::kNone;
    }
    const bool was_asked_about = std::exchange(held.is_asked_about, false);
    if (!was_asked_about && held.event.revision() < lane.looked_up_from) held.is_behind = true;  // came meanwhile
    if (present.contains(held.event.id())) {
      held.at_destination = HeldEvent::AtDestination::kPresent;
    } else if (was_asked_about && found.scanned && !is_at_destination(lane, held)) {
      // Metadata that newer took the place of: but if it was sent, the destination may execute that append yet.
      const bool may_be_written_late = lane.is_metadata && held.was_sent;
      if (held.event.revision() < found.gone_below.value_or(0) && !may_be_written_late) {
        held.at_destination = HeldEvent::AtDestination::kGone;
        continue;
      }
      if (found.may_be_hidden) observer_.on_event_may_be_doubled(held.event.view());
      if (found.is_whole_region) held.at_destination = HeldEvent::AtDestination::kAbsent;
      is_overdue = is_overdue || now >= overdue_at(held);
    }
  }
  if (is_overdue) {
    WriteFailure failure{WriteFailureReason::kTimedOut, "the destination did not confirm it in time"};
    if (lane.last_error) failure.message += ": " + lane.last_error->message;
    if (lane.last_error && is_refusal(lane.last_error->kind)) {
      failure = lasting_refusal(lane, *lane.last_error, std::move(failure.message));
    }
    return fail_overdue(lane, failure, now);
  }
  // Others keep writing to the stream, or the destination's reads lag behind its writes: not in a tight loop.
  if (lane.doubts > 2) return pause_before_retry(lane, now);
  make_ready(lane);
}

}  // namespace interconnect
