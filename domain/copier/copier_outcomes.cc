// The part of the copier that deals with what became of appends.
#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "domain/copier/copier.h"
#include "domain/copier/describe.h"

namespace interconnect {

void Copier::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now) {
  const auto it = appends_.find(append_id);
  if (it == appends_.end() || has_exited()) return;
  Lane& lane = *it->second;
  appends_.erase(it);
  lane.append_id = 0;
  if (lane.state != Lane::State::kAppending) {  // it had been given up
    const auto* appended = std::get_if<Appended>(&outcome);
    if (appended != nullptr && lane.look_up) lane.confirmed_meanwhile = appended->last_revision;
    if (lane.state == Lane::State::kIdle) make_ready(lane);
    return;
  }
  set_timer(lane, kNever);
  lane.in_flight.release();
  if (const auto* appended = std::get_if<Appended>(&outcome)) {
    window_.on_completed(lane.sent_at, now);
    const Revision expected = lane.tail.value_or(kNoStream) + static_cast<Revision>(lane.batch.size());
    if (appended->last_revision == expected && lane.revives_stream) return on_revived(lane, *appended);
    if (appended->last_revision == expected) return on_appended(lane, *appended);
    on_other_revision(lane, expected, *appended, now);
  } else if (const auto* wrong = std::get_if<WrongExpectedVersion>(&outcome)) {
    on_wrong_expected_version(lane, *wrong, now);
  } else {
    on_append_error(lane, std::get<StoreError>(outcome), now);
  }
}

void Copier::on_appended(Lane& lane, const Appended& appended) {
  denials_.on_written(lane.stream_hash, lane.sent_at);
  if (!appended.was_repeated) observer_.on_events_copied(lane.batch);
  for (std::size_t i = 0; i < lane.batch.size(); ++i) {
    const Event& event = lane.batch[i];
    if (appended.was_repeated) observer_.on_event_already_present(event.view());
    if (lane.sent[i].is_overtaken) observer_.on_event_out_of_order(event.view());
    ledger_.settle({lane.stream_hash, event.id()}, true);
  }
  lane.batch.clear();
  lane.sent.clear();
  lane.tail = appended.last_revision;
  lane.doubts = 0;
  lane.retry_delay = Duration{0};
  lane.batch_limit = std::numeric_limits<std::size_t>::max();
  lane.is_retried_by_safety_net = false;
  lane.last_error.reset();
  lane.state = Lane::State::kIdle;
  wake_counterpart(lane);
  if (lane.has_waiting()) {
    make_ready(lane);
  } else {
    close_if_idle(lane);
  }
}

// Behind metadata of a soft-deleted stream the server writes metadata of its own, which hides all that the stream held
// (SoftUndeleteMetastream in StorageWriterService.cs). Ours is to be the newest: it goes once more, behind that.
void Copier::on_revived(Lane& lane, const Appended& appended) {
  lane.revives_stream = false;
  take_back_sent(lane);
  lane.tail = appended.last_revision + 1;
  lane.front().at_destination = HeldEvent::AtDestination::kAbsent;
  make_ready(lane);
}

// A soft-deleted stream takes an append that expects no stream, at its end. What became of the events is looked up.
void Copier::on_other_revision(Lane& lane, Revision expected, const Appended& appended, Time now) {
  observer_.on_error(Store::kDestination,
                     {ErrorKind::kInvalid, "append to " + excerpt(lane.stream) + ": its last event has revision " +
                                               std::to_string(appended.last_revision) + ", not " +
                                               std::to_string(expected) + " as was expected; it is looked up"});
  take_back_sent(lane);
  lane.tail.reset();
  ++lane.doubts;
  doubt(lane, appended.last_revision, now);
}

void Copier::on_wrong_expected_version(Lane& lane, const WrongExpectedVersion& wrong, Time now) {
  if (lane.asks_for_tail) {
    take_back_sent(lane);
    lane.is_known_to_be_new = wrong.current.value_or(kNoStream) == kNoStream;
    lane.tail.reset();
    if (!lane.is_known_to_be_new) return doubt(lane, wrong.current, now);
    lane.tail = kNoStream;
    return make_ready(lane);
  }
  take_back_sent(lane);
  lane.last_error.reset();
  lane.unseen_since = kNever;  // what it tells now has its own time to be seen
  ++lane.doubts;
  if (lane.tail && wrong.current && *wrong.current < *lane.tail) lane.tail.reset();
  doubt(lane, wrong.current, now);
}

void Copier::on_append_error(Lane& lane, const StoreError& error, Time now) {
  observer_.on_error(Store::kDestination, error);
  if (error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kNotReady) window_.on_overload(now);
  lane.last_error = error;
  const std::size_t count = lane.sent.size();
  switch (error.kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotReady:
    case ErrorKind::kUnsupported:
      // The same append again, with the same expected revision: if it took place after all, the server says so.
      return pause_before_retry(lane, now);
    case ErrorKind::kNotAuthenticated:
    case ErrorKind::kAccessDenied:
      return on_denied(lane, now);
    case ErrorKind::kTooLarge:
      if (count > 1) {
        std::size_t payload = 0;
        for (const Event& event : lane.batch) payload += event.payload_bytes();
        append_bytes_limit_ = std::min(append_bytes_limit_, std::max<std::size_t>(1, payload / 2));
        lane.batch_limit = std::max<std::size_t>(1, count / 2);
        take_back_sent(lane);
        return make_ready(lane);
      }
      break;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
      if (count > 1) {
        lane.batch_limit = count / 2;
        take_back_sent(lane);
        return make_ready(lane);
      }
      break;
    case ErrorKind::kStreamDeleted:
      break;
  }
  for (HeldEvent& held : lane.sent) held.is_rejected = true;
  take_back_sent(lane);
  lane.batch_limit = std::numeric_limits<std::size_t>::max();
  fail_rejected(lane, {WriteFailureReason::kRejected, error.message}, now);
}

void Copier::on_denied(Lane& lane, Time now) {
  const StoreError error = *lane.last_error;
  denials_.on_denied(lane.stream_hash, now);
  const bool is_first_try = std::all_of(lane.sent.begin(), lane.sent.end(),
                                        [&lane](const HeldEvent& held) { return held.first_sent == lane.sent_at; });
  if (error.kind != ErrorKind::kAccessDenied || !is_first_try || !denials_.is_known(lane.stream_hash)) {
    return pause_before_retry(lane, now);
  }
  // Else each event of such a stream would keep its place here for the writer timeout.
  for (HeldEvent& held : lane.sent) held.is_rejected = true;
  take_back_sent(lane);
  fail_rejected(lane, lasting_refusal(lane, error, error.message), now);
}

WriteFailure Copier::lasting_refusal(const Lane& lane, const StoreError& error, std::string message) {
  if (error.kind != ErrorKind::kAccessDenied || !denials_.is_own(lane.stream_hash, settings_.writer_timeout)) {
    return {WriteFailureReason::kRefused, std::move(message)};
  }
  return {WriteFailureReason::kStreamDenied, "the destination lets us write to other streams, but not to '" +
                                                 excerpt(lane.stream) + "', be it for its $acl: " + message};
}

void Copier::pause_before_retry(Lane& lane, Time now) {
  lane.retry_delay = std::clamp(2 * lane.retry_delay, settings_.min_retry_delay, settings_.max_retry_delay);
  const Time overdue = std::max(now, first_overdue(lane.sent));
  if (!order_->retries_out_of_turn() && lane.state == Lane::State::kAppending) {  // it is to wait for its turn again
    take_back_sent(lane);
    lane.state = Lane::State::kIdle;
  }
  pause(lane, std::min(now + lane.retry_delay, overdue));
}

Time Copier::overdue_at(const HeldEvent& held) const {
  return held.first_sent == kNever ? kNever : held.first_sent + settings_.writer_timeout;
}

Time Copier::first_overdue(std::span<const HeldEvent> events) const {
  Time first = kNever;
  for (const HeldEvent& held : events) first = std::min(first, overdue_at(held));
  return first;
}

Time Copier::give_up_at(const Lane& lane, const HeldEvent& held) const {
  return is_at_destination(lane, held) ? kNever : overdue_at(held);
}

void Copier::fail_overdue(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [&](const HeldEvent& held) { return now >= give_up_at(lane, held); });
}

void Copier::fail_rejected(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [](const HeldEvent& held) { return held.is_rejected; });
}

void Copier::fail_all(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [](const HeldEvent&) { return true; });
}

template <typename Predicate>
void Copier::fail_if(Lane& lane, const WriteFailure& failure, Time now, Predicate fails) {
  bool is_retried = false;
  std::vector<HeldEvent> waiting = take_waiting(lane);
  std::erase_if(waiting, [&](HeldEvent& held) {
    held.is_asked_about = false;
    if (has_exited() || !fails(held)) return false;
    const SafetyAction action = fail(lane, held, failure);
    is_retried = is_retried || action == SafetyAction::kRetry;
    return action == SafetyAction::kSkip || action == SafetyAction::kPark;
  });
  if (is_retried) {
    // They go together: one whose time is over would have the append given up while it is sent.
    for (HeldEvent& held : waiting) held.first_sent = kNever;
  }
  lane.waiting = std::move(waiting);
  queue(lane);
  if (has_exited()) return;
  lane.is_retried_by_safety_net = is_retried;
  wake_counterpart(lane);
  lane.state = Lane::State::kIdle;
  if (is_retried) {
    pause(lane, now + settings_.safety_net_pause());
  } else {
    make_ready(lane);
  }
}

// What the safety net says about an event that cannot be written, and what follows for it.
SafetyAction Copier::fail(Lane& lane, HeldEvent& held, const WriteFailure& failure) {
  const EventView event = held.event.view();
  const Ledger::Identity identity{lane.stream_hash, event.id};
  const SafetyAction action = safety_net_.cannot_write_event(event, failure);
  switch (action) {
    case SafetyAction::kExit: {
      const bool is_refused =
          failure.reason == WriteFailureReason::kRefused || failure.reason == WriteFailureReason::kStreamDenied;
      outbox_.exit(is_refused ? ExitCode::kRefusedByServer : ExitCode::kKilledBySafetyRules,
                   "cannot write " + name(event) + ": " + failure.message);
      return action;
    }
    case SafetyAction::kRetry:
      held.is_rejected = false;
      held.at_destination = HeldEvent::AtDestination::kUnknown;
      return action;
    case SafetyAction::kPark:
      park(identity, event, failure);
      break;
    case SafetyAction::kSkip:
      observer_.on_event_skipped(event, failure);
      ledger_.settle(identity, false);
      break;
  }
  lane.newest_sent = std::max(lane.newest_sent, event.revision);
  return action;
}

void Copier::settle_found(Lane& lane, const HeldEvent& held) {
  if (held.at_destination == HeldEvent::AtDestination::kGone) {
    observer_.on_link_target_gone(
        {lane.stream, held.event.revision(),
         lane.is_metadata ? "newer metadata of the stream took its place"
                          : "the source's stream begins behind it by now, and the destination hides what it held"});
  } else {
    observer_.on_event_already_present(held.event.view());
  }
  lane.ahead.erase(held.event.id());
  lane.newest_sent = std::max(lane.newest_sent, held.event.revision());
  ledger_.settle({lane.stream_hash, held.event.id()}, true);
}

// Only what was delivered on a living connection can be parked. What a lost one delivered comes again, and then is.
void Copier::park(const Ledger::Identity& identity, const EventView& event, const WriteFailure& failure) {
  const bool is_delivered = ledger_.is_delivered(identity);
  const std::vector<Ledger::Claim> claims = ledger_.give_up(identity);
  if (!is_delivered) return observer_.on_event_skipped(event, failure);
  if (claims.empty()) return observer_.on_deliveries_discarded(1);
  const std::string& reason = failure.message;
  observer_.on_event_parked(event, reason);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const bool is_repeated = std::any_of(
        claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const auto& c) { return c.subscription == claims[i].subscription && c.ack_id == claims[i].ack_id; });
    if (!is_repeated) outbox_.put(ParkEvent{claims[i].subscription, claims[i].ack_id, reason});
  }
}

}  // namespace interconnect
