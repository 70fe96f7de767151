#include "domain/copier/writer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "domain/excerpt.h"
#include "domain/stream_metadata.h"

namespace interconnect {
namespace {

// No stream has it: an append that expects it is refused, with the stream's last revision.
constexpr Revision kBeyondEveryStream = std::numeric_limits<Revision>::max() / 2;

bool copies_metadata(const Surroundings& our) {
  EventView metadata;
  metadata.type = kStreamMetadataType;
  return our.is_listed(metadata);
}

}  // namespace

Writer::Writer(Surroundings& surroundings, Order& order, Deliveries& deliveries)
    : our_(surroundings),
      order_(order),
      deliveries_(deliveries),
      copies_metadata_(copies_metadata(surroundings)),
      pipe_(our_),
      lanes_({our_.settings.remembered_streams, our_.settings.max_idle_lanes}, our_.held),
      reads_(our_.settings.max_look_ups, our_.outbox),
      outcomes_(our_, order, deliveries, pipe_, denials_),
      reconciler_(our_, deliveries, denials_),
      holes_(our_, order, deliveries),
      give_up_(our_, order, deliveries),
      withdrawal_(our_, order, deliveries, lanes_) {}

CopyLoad Writer::load() const {
  return {.held_events = our_.held.events(),
          .held_bytes = our_.held.bytes(),
          .appends_in_flight = pipe_.size(),
          .events_in_flight = pipe_.in_flight().events(),
          .bytes_in_flight = pipe_.in_flight().bytes(),
          .look_ups = reads_.size(),
          .lanes = lanes_.size()};
}

// --- What the intake admits ---

void Writer::take(const EventIdentity& identity, HeldEvent&& held, Time now) {
  Lane& lane = lanes_.open(held.event.stream(), identity.stream);
  if (!lane.is_metadata) {  // whose newest event counts, whatever came before it
    const bool follows = lane.place(held);
    held.is_after_gap = !follows && now < deliveries_.predecessor_wait_until(held.subscription);
    if (!follows || held.is_overtaken) holes_.note(held, lane);
  }
  lane.newest_seen = std::max(lane.newest_seen, held.event.revision());
  held.units = lane.held.take(1, held.event.bytes());
  order_.enqueue(held.position, lane.number);
  lane.insert(std::move(held));
  const std::size_t max_retry_bytes = our_.settings.max_held_bytes / 2;
  if (lane.is_retried_by_safety_net && lane.held.bytes() > max_retry_bytes) {
    return our_.outbox.exit(
        ExitCode::kKilledBySafetyRules,
        "stream '" + excerpt(lane.stream) + "' holds back more than " + std::to_string(max_retry_bytes) +
            " bytes behind an event that cannot be written: mend what the destination refuses, or have it "
            "given up (safetyNet.onWriteFailure: skip or park)");
  }
  const Lane::State state = lane.state();
  const bool wakes = state == Lane::State::kIdle || state == Lane::State::kBlocked || state == Lane::State::kAwaiting;
  if (wakes) make_ready(lane);
}

// --- Turns ---

Sender::Front Writer::front(LaneNumber number) const {
  const Lane& lane = lanes_.at(number);
  expects(lane.has_waiting());
  return {.is_free = lane.is_free(),
          .knows_tail = lane.tail.has_value(),
          .is_doubtful = lane.last_error || lane.doubts > 0,
          .was_sent = lane.front().first_sent != kNever,
          .payload_bytes = lane.front().event.payload_bytes()};
}

void Writer::let_go(LaneNumber number) {
  Lane* lane = lanes_.find(number);
  if (lane == nullptr || lane->state() != Lane::State::kReady || lane->has_waiting()) return;
  lane->rest();
  lanes_.close_if_idle(*lane);
}

void Writer::take_turn(LaneNumber number, Time now) {
  Lane& lane = lanes_.at(number);
  if (lane.state() == Lane::State::kBlocked) lane.make_ready();
  if (lane.append_id != 0) {  // one that was given up is still under way; its outcome wakes the lane
    return lane.has_waiting() ? lane.block() : lane.rest();
  }
  const Stop stop = load_batch(lane, now);
  if (!found_written_.empty()) our_.observer.on_events_copied(std::exchange(found_written_, {}));
  if (!lane.sent.empty()) return send(lane, now);
  do_instead(lane, stop, now);
}

// Makes the lane's next append of what waits in front, as far as it can be sent without a further look.
Writer::Stop Writer::load_batch(Lane& lane, Time now) {
  const std::size_t max_events = lane.is_metadata ? 1 : std::min(our_.settings.max_append_events, lane.batch_limit);
  const std::size_t max_payload = order_.append_bytes_limit(std::numeric_limits<std::size_t>::max());
  std::size_t size = 0;
  std::size_t payload = 0;
  std::size_t bytes = 0;
  bool is_in_turn = true;
  while (lane.has_waiting() && lane.sent.size() < max_events) {
    const bool is_first = lane.sent.empty();
    const HeldEvent& front = lane.front();
    if (!std::exchange(is_in_turn, false) && !order_.may_join(front.position, lane.number, *this)) return Stop::kEnough;
    if (is_counterpart_first(lane, lanes_)) return Stop::kCounterpart;
    switch (examine_front(lane, now)) {
      case Lane::Readiness::kSend:
        break;
      case Lane::Readiness::kFound:
        settle_found(lane, take_front(lane, order_));
        continue;
      case Lane::Readiness::kAsk:
        return Stop::kAsk;
      case Lane::Readiness::kWait:
        return Stop::kAwait;
      case Lane::Readiness::kFill:
        return Stop::kFill;
    }
    if (is_first && must_ask_for_tail(lane, front)) return Stop::kAskForTail;
    bytes += front.event.bytes();
    payload += front.event.payload_bytes();
    size += append_size(front.event.view(), pipe_.size_rule());
    const bool has_room = is_first || pipe_.fits(lane.sent.size(), bytes);
    if (!has_room) pipe_.on_full();
    const bool is_too_large = size > pipe_.bytes_limit() || payload > max_payload;
    if (!is_first && (!has_room || is_too_large)) return Stop::kEnough;
    lane.newest_sent = std::max(lane.newest_sent, front.event.revision());
    load_front(lane, order_);
  }
  return Stop::kEnough;
}

Lane::Readiness Writer::examine_front(Lane& lane, Time now) {
  HeldEvent& front = lane.front();
  Time wait_until = lane.next_gap_until;
  if (front.is_after_gap) wait_until = std::max(wait_until, deliveries_.predecessor_wait_until(front.subscription));
  const Lane::Readiness readiness = lane.examine(front, wait_until, our_.settings.next_gap_wait(), now);
  holes_.tell_gap(front, lane);
  const bool is_guess = readiness == Lane::Readiness::kSend && !lane.tail;
  return is_guess && !order_.allows_guess() ? Lane::Readiness::kAsk : readiness;
}

// Nothing is to be sent now.
void Writer::do_instead(Lane& lane, Stop stop, Time now) {
  switch (stop) {
    case Stop::kEnough:
      wake_counterpart(lane, lanes_, order_);
      if (lane.has_waiting()) return lane.block();  // it is another's turn
      lane.rest();
      return lanes_.close_if_idle(lane);
    case Stop::kCounterpart:
      lane.block();
      return wake_counterpart(lane, lanes_, order_);
    case Stop::kAsk:
      lanes_.set_timer(lane, kNever);
      reconciler_.look_up_front(lane);
      return read_next_page(lane, now);
    case Stop::kFill:
      lanes_.set_timer(lane, kNever);
      holes_.fill(lane);
      return read_next_page(lane, now);
    case Stop::kAwait:
      return await_predecessor(lane, now);
    case Stop::kAskForTail:
      return ask_for_tail(lane, now);
  }
}

void Writer::settle_found(Lane& lane, HeldEvent&& held) {
  const bool is_gone = held.at_destination == HeldEvent::AtDestination::kGone;
  if (is_gone) {
    our_.observer.on_link_target_gone(
        {lane.stream, held.event.revision(),
         lane.is_metadata ? "newer metadata of the stream took its place"
                          : "the source's stream begins behind it by now, and the destination hides what it held"});
  } else if (!held.is_written) {
    our_.observer.on_event_already_present(held.event.view());
  }
  lane.ahead.erase(held.event.id());
  lane.newest_sent = std::max(lane.newest_sent, held.event.revision());
  deliveries_.settle({lane.stream_hash, held.event.id()}, true);
  if (held.is_written && !is_gone) found_written_.push_back(std::move(held.event));
}

// The front event is to follow one that may still be on its way.
void Writer::await_predecessor(Lane& lane, Time now) {
  const SubscriptionIndex subscription = lane.front().subscription;
  deliveries_.await_predecessor(subscription, now);
  lane.await_predecessor();
  // While the subscription is not connected, there is no telling until when.
  const Time gap_until = std::max(deliveries_.predecessor_wait_until(subscription), lane.next_gap_until);
  lanes_.set_timer(lane, std::min(gap_until, now + our_.settings.predecessor_interval()));
}

// An append that expects no stream is no exact one where the stream may be soft-deleted: it takes place at the stream's
// end, and what is there already comes twice.
bool Writer::must_ask_for_tail(const Lane& lane, const HeldEvent& front) const {
  const bool expects_no_stream = lane.tail.value_or(kNoStream) == kNoStream && !lane.is_known_to_be_new;
  // What fills a hole may have been written by an earlier process; where a look shows nothing, the destination may hide
  // it.
  const bool may_be_hidden = front.is_redelivered || (front.is_filled && lane.tail) || copies_metadata_;
  return expects_no_stream && !lane.is_metadata && may_be_hidden;
}

void Writer::ask_for_tail(Lane& lane, Time now) {
  order_.on_sent_alone();
  lane.asks_for_tail = true;
  load_front(lane, order_);
  send(lane, now);
}

void Writer::send(Lane& lane, Time now) {
  pipe_.send(lane, lane.asks_for_tail ? kBeyondEveryStream : lane.tail.value_or(kNoStream), now);
  lanes_.set_timer(lane, first_overdue(lane.sent, our_.settings.writer_timeout));
}

// --- What becomes of appends and reads ---

void Writer::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now) {
  if (has_exited()) return;
  Lane* lane = pipe_.take(append_id);
  if (lane == nullptr) return;
  if (lane->state() == Lane::State::kAppending) {
    lanes_.set_timer(*lane, kNever);
    lane->land();
    return carry_out(*lane, outcomes_.judge(*lane, outcome, now), now);
  }
  // It had been given up.
  const auto* appended = std::get_if<Appended>(&outcome);
  if (appended != nullptr && lane->is_looking_up()) lane->confirmed_meanwhile = appended->last_revision;
  if (lane->state() == Lane::State::kIdle || lane->state() == Lane::State::kBlocked) make_ready(*lane);
}

void Writer::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now) {
  Lane* lane = reads_.take(read_id);
  if (lane == nullptr) return;
  const bool is_of_hole = lane->state() == Lane::State::kFilling;
  carry_out(*lane, is_of_hole ? holes_.on_read(*lane, outcome, now) : reconciler_.on_read(*lane, outcome, now), now);
  if (Lane* next = reads_.take_next()) read_next_page(*next, now);
}

void Writer::carry_out(Lane& lane, const LaneStep& step, Time now) {
  switch (step.what) {
    case LaneStep::What::kNothing:
      return;
    case LaneStep::What::kSettled:
      return go_on_after_settlement(lane);
    case LaneStep::What::kReady:
      return make_ready(lane);
    case LaneStep::What::kPause:
      return pause(lane, now);
    case LaneStep::What::kBackOff:
      lane.back_off();
      return lanes_.set_timer(lane, now + next_retry_delay(lane));
    case LaneStep::What::kReadOn:
      return read_next_page(lane, now);
    case LaneStep::What::kLookUp:
      return look_up(lane, step.reported_tail, now);
    case LaneStep::What::kLookUpLater:
      reconciler_.look_up_doubtful(lane, step.reported_tail, now);
      return pause(lane, now);
    case LaneStep::What::kGiveUp:
      return give_up(lane, step, now);
  }
}

void Writer::go_on_after_settlement(Lane& lane) {
  if (!lane.has_waiting()) lane.rest();
  wake_counterpart(lane, lanes_, order_);
  lane.has_waiting() ? make_ready(lane) : lanes_.close_if_idle(lane);
}

Duration Writer::next_retry_delay(Lane& lane) const {
  const CopierSettings& settings = our_.settings;
  lane.retry_delay = std::clamp(2 * lane.retry_delay, settings.min_retry_delay, settings.max_retry_delay);
  return lane.retry_delay;
}

// The lane tries the same again later.
void Writer::pause(Lane& lane, Time now) {
  const Time overdue = std::max(now, first_overdue(lane.sent, our_.settings.writer_timeout));
  const Time until = std::min(now + next_retry_delay(lane), overdue);
  if (lane.state() == Lane::State::kLookingUp) {
    lane.pause_look_up();
  } else if (lane.state() == Lane::State::kFilling) {
    lane.pause_fill();
  } else if (order_.retries_out_of_turn()) {
    lane.retry_later();
  } else {
    take_back_sent(lane, order_, our_.settings.writer_timeout);
    lane.back_off();
  }
  lanes_.set_timer(lane, until);
}

// What became of the events in front is not known.
void Writer::look_up(Lane& lane, std::optional<Revision> reported_tail, Time now) {
  lanes_.set_timer(lane, kNever);
  reconciler_.look_up_doubtful(lane, reported_tail, now);
  read_next_page(lane, now);
}

void Writer::read_next_page(Lane& lane, Time now) {
  // With a destination that hangs, each look-up before it would cost what is overdue a read's timeout.
  const bool is_urgent = now >= lane.waiting_overdue_at;
  if (lane.state() == Lane::State::kFilling) {
    return reads_.ask(lane, {Store::kSource, lane.hole_fill->next_read()}, is_urgent);
  }
  std::optional<LookUpPage> page = lane.look_up->next();
  if (!page) return carry_out(lane, reconciler_.conclude(lane, now), now);
  reads_.ask(lane, std::move(*page), is_urgent);
}

void Writer::give_up(Lane& lane, const LaneStep& step, Time now) {
  lane.look_up.reset();
  const GiveUp::Result result = give_up_.ask(lane, step.which, step.failure, now);
  if (result == GiveUp::Result::kExited) return;
  wake_counterpart(lane, lanes_, order_);
  if (result == GiveUp::Result::kDone) return make_ready(lane);
  lane.back_off();
  lanes_.set_timer(lane, now + our_.settings.safety_net_pause());
}

// --- Time ---

void Writer::ring_timers(Time now) {
  while (!has_exited()) {
    Lane* lane = lanes_.take_due(now);
    if (lane == nullptr) return;
    on_timer(*lane, now);
  }
}

void Writer::on_timer(Lane& lane, Time now) {
  switch (lane.state()) {
    case Lane::State::kAppending:
      // No outcome in time. The append may yet happen: what became of it is looked up.
      lane.land();
      pipe_.on_overload(now);
      return doubt_sent(lane, now);
    case Lane::State::kRetrying:
      return on_retry_due(lane, now);
    case Lane::State::kLookUpPaused:
      lane.resume_look_up();
      return read_next_page(lane, now);
    case Lane::State::kFillPaused:
      lane.resume_fill();
      return read_next_page(lane, now);
    case Lane::State::kBackingOff:
    case Lane::State::kAwaiting:
      return make_ready(lane);
    case Lane::State::kIdle:
    case Lane::State::kReady:
    case Lane::State::kBlocked:
      return look_up_if_overdue(lane, now);
    case Lane::State::kLookingUp:
    case Lane::State::kFilling:
      return;
  }
}

void Writer::doubt_sent(Lane& lane, Time now) {
  take_back_sent(lane, order_, our_.settings.writer_timeout);
  look_up(lane, std::nullopt, now);
}

void Writer::on_retry_due(Lane& lane, Time now) {
  if (now >= first_overdue(lane.sent, our_.settings.writer_timeout)) return doubt_sent(lane, now);
  if (pipe_.may_retry(lane.batch_bytes())) return send(lane, now);
  lanes_.set_timer(lane, now + our_.settings.min_retry_delay);
}

void Writer::look_up_if_overdue(Lane& lane, Time now) {
  Time first = kNever;
  for (const HeldEvent& held : lane.all_waiting()) {
    first = std::min(first, lane.give_up_at(held, our_.settings.writer_timeout));
  }
  lane.waiting_overdue_at = first;
  if (now < first) return lanes_.set_timer(lane, first);
  if (lane.state() == Lane::State::kReady) order_.on_unready(lane.number);
  look_up(lane, std::nullopt, now);
}

}  // namespace interconnect
