#include "domain/copier/copier.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "domain/event_metadata.h"

namespace interconnect {
namespace {

constexpr std::string_view kEventTypeStreamPrefix = "$et-";
constexpr std::string_view kCategoryStreamPrefix = "$ce-";
constexpr std::size_t kMaxSpareLanes = 256;
constexpr std::size_t kLookUpPageBytes = 2 << 20;
constexpr std::size_t kMaxLookUpPage = 500;

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::kAccessDenied || kind == ErrorKind::kNotAuthenticated || kind == ErrorKind::kUnsupported;
}

std::string name(const EventView& event) {
  std::string text = "event " + to_string(event.id) + " (type '";
  text.append(event.type).append("', revision ").append(std::to_string(event.revision));
  text.append(" of stream '").append(event.stream).append("')");
  return text;
}

// Whether both may carry events of the same stream.
bool share_streams(const std::string& a, const std::string& b) {
  const auto is_category = [](const std::string& stream) { return stream.starts_with(kCategoryStreamPrefix); };
  const auto is_plain = [](const std::string& stream) { return !stream.starts_with('$'); };
  if ((is_category(a) && is_category(b)) || (is_plain(a) && is_plain(b))) return a == b;
  if (is_category(b)) return share_streams(b, a);
  if (is_category(a) && is_plain(b)) return b.starts_with(a.substr(kCategoryStreamPrefix.size()) + "-");
  return true;
}

}  // namespace

Copier::Copier(CopierSettings settings, std::vector<Subscription> subscriptions, EventPolicy policy,
               SafetyNet& safety_net, CopyObserver& observer)
    : settings_(settings),
      policy_(std::move(policy)),
      safety_net_(safety_net),
      observer_(observer),
      ledger_(subscriptions.size(), settings.remembered_events),
      memory_(settings.remembered_streams),
      append_bytes_limit_(settings.max_append_bytes) {
  for (Subscription& subscription : subscriptions) {
    SubscriptionState state;
    if (subscription.stream.starts_with(kEventTypeStreamPrefix)) {
      state.only_type = subscription.stream.substr(kEventTypeStreamPrefix.size());
    }
    state.buffer_size = subscription.buffer_size;
    for (const SubscriptionState& other : subscriptions_) {
      shares_streams_ = shares_streams_ || share_streams(other.subscription.stream, subscription.stream);
    }
    state.window_patience = settings_.max_retry_delay;
    state.reconnected_at = -settings_.max_retry_delay;
    state.subscription = std::move(subscription);
    subscriptions_.push_back(std::move(state));
  }
}

// --- Subscriptions and deliveries ---

void Copier::on_subscription_started(const SubscriptionStarted& started, Time now) {
  SubscriptionState& state = subscriptions_[started.subscription];
  state.is_discarding = state.reconnect_at != kNever;  // else another connection is to come
  state.refused_since = kNever;
  const bool is_first = started.group == GroupState::kCreated && !state.has_started;
  if (state.resumed_until != kNever) {
    // Else reconnections of our own would put it off for ever.
    state.older_connections_until = std::max(state.resumed_until, now + settings_.max_retry_delay / 2);
  } else {
    state.older_connections_until = is_first ? now : now + settings_.predecessor_wait;
  }
  state.resumed_until = kNever;
  state.has_started = true;
  observer_.on_subscription_started(state.subscription, started);
}

void Copier::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message,
                                     Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  ledger_.disconnect(subscription);
  state.older_connections_until = kNever;
  state.resumed_until = kNever;
  state.window_patience = settings_.max_retry_delay;
  const bool is_refusal = reason == DropReason::kNotAuthenticated || reason == DropReason::kAccessDenied;
  if (is_refusal) {
    state.refused_since = std::min(state.refused_since, now);
    state.refusal = message;
  }
  observer_.on_subscription_dropped(state.subscription, reason, message);
}

void Copier::on_delivery(const Delivery& delivery, Time now) {
  if (has_exited_ || stop_by_ != kNever || subscriptions_[delivery.subscription].is_discarding) return;
  if (delivery.event == nullptr) {
    observer_.on_link_target_gone(delivery);
    ledger_.arrive_and_settle(delivery.subscription, delivery.ack_id);
    return;
  }
  const Verdict verdict = policy_.judge(*delivery.event);
  if (std::holds_alternative<Allowed>(verdict)) return hold(delivery, now);
  if (const auto* invalid = std::get_if<Invalid>(&verdict)) return refuse(delivery, {true, invalid->reason});
  refuse(delivery, {false, "its type is not among those to be copied"});
}

void Copier::refuse(const Delivery& delivery, const InvalidEvent& why) {
  const EventView& event = *delivery.event;
  observer_.on_event_refused(event, why);
  switch (safety_net_.invalid_event(event, why)) {
    case SafetyAction::kSkip:
      ledger_.arrive_and_settle(delivery.subscription, delivery.ack_id);
      break;
    case SafetyAction::kPark:
      observer_.on_event_parked(event, why.reason);
      actions_.push_back(ParkEvent{delivery.subscription, delivery.ack_id, why.reason});
      break;
    case SafetyAction::kExit:
    case SafetyAction::kRetry:
      exit(ExitCode::kKilledBySafetyRules, "refused " + name(event) + ": " + why.reason);
      return;
  }
  note_seen(event);
}

// Not beyond a gap: it would hide the gap from the event that follows.
void Copier::note_seen(const EventView& event) {
  const auto advance_to = [&](Revision& newest_seen) {
    if (event.revision == newest_seen + 1) newest_seen = event.revision;
  };
  if (const auto it = lanes_.find(event.stream); it != lanes_.end()) {
    advance_to(it->second->newest_seen);
  } else if (StreamMemory* memory = memory_.find(Ledger::identify(event.stream, event.id).stream)) {
    advance_to(memory->newest_seen);
  }
}

void Copier::hold(const Delivery& delivery, Time now) {
  const EventView& event = *delivery.event;
  const Ledger::Identity identity = Ledger::identify(event.stream, event.id);
  Event copy = with_copy_metadata(event);
  const bool fits = held_events_ == 0 || held_bytes_ + copy.bytes() <= settings_.max_held_bytes;
  if (!fits && !ledger_.is_held_or_settled(identity)) return discard_until_reconnected(delivery.subscription, now);

  switch (ledger_.arrive(identity, event.revision, delivery.subscription, delivery.ack_id)) {
    case Ledger::Arrival::kNew:
      break;
    case Ledger::Arrival::kHeld:
    case Ledger::Arrival::kSettled:
      observer_.on_event_found(event);
      return;
    case Ledger::Arrival::kHeldUnderOtherRevision:
    case Ledger::Arrival::kSettledUnderOtherRevision:
      observer_.on_duplicate_id(event);
      note_seen(event);
      return;
  }
  Lane& lane = open_lane(event.stream);
  HeldEvent held;
  held.event = std::move(copy);
  held.subscription = delivery.subscription;
  held.is_behind = event.revision <= lane.newest_sent || event.revision < lane.looked_up_from;
  const bool follows = event.revision == lane.newest_seen + 1 || event.revision <= lane.newest_sent + 1;
  held.is_after_gap = !follows && now < subscriptions_[delivery.subscription].older_connections_until;
  lane.newest_seen = std::max(lane.newest_seen, event.revision);
  const std::size_t bytes = held.event.bytes();
  ++held_events_;
  held_bytes_ += bytes;
  lane.bytes += bytes;
  lane.insert(std::move(held));
  if (lane.is_retried_by_safety_net && lane.bytes > settings_.max_retry_bytes) {
    return exit(ExitCode::kKilledBySafetyRules, "stream '" + lane.stream + "' holds back more than " +
                                                    std::to_string(settings_.max_retry_bytes) +
                                                    " bytes behind an event that cannot be written");
  }
  if (lane.state == Lane::State::kIdle || lane.state == Lane::State::kAwaiting) make_ready(lane);
}

// What comes is dropped until the connection with the smaller buffer is there; then it comes again.
void Copier::discard_until_reconnected(SubscriptionIndex subscription, Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  const std::size_t mean_bytes = std::max<std::size_t>(1, held_bytes_ / std::max<std::size_t>(1, held_events_));
  const std::size_t share = settings_.max_held_bytes / 2 / subscriptions_.size();
  const auto fitting = static_cast<std::int64_t>(share / mean_bytes);
  state.buffer_size =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(fitting, 1, std::max(1, state.buffer_size / 2)));
  state.is_discarding = true;
  want_reconnection(state, now, settings_.max_retry_delay);
}

void Copier::want_reconnection(SubscriptionState& state, Time now, Duration patience) {
  if (state.reconnect_at == kNever) state.reconnect_at = std::max(now, state.reconnected_at + patience);
}

void Copier::reconnect(SubscriptionIndex subscription, Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  state.reconnect_at = kNever;
  state.reconnected_at = now;
  state.is_discarding = true;
  if (!std::exchange(state.renews_wait, false)) {
    state.resumed_until = std::min(state.resumed_until, state.older_connections_until);
  }
  state.older_connections_until = kNever;
  ledger_.disconnect(subscription);
  withdraw_unsent();
  actions_.push_back(Resubscribe{subscription, state.buffer_size});
}

// On the new connection the server sends what is not acknowledged in the right order, so what was never sent to the
// destination need not be held until then.
void Copier::withdraw_unsent() {
  std::vector<Lane*> emptied;
  for (const auto& [stream, lane] : lanes_) {
    if (!lane->has_waiting() || lane->look_up) continue;
    std::vector<HeldEvent> kept;
    const std::size_t before = lane->waiting_count();
    while (lane->has_waiting()) {
      HeldEvent held = lane->take_front();
      if (held.first_sent == kNever && ledger_.withdraw({lane->stream_hash, held.event.id()})) {
        release(*lane, held.event);
      } else {
        kept.push_back(std::move(held));
      }
    }
    lane->waiting = std::move(kept);
    if (lane->waiting.size() == before) continue;
    lane->newest_seen = lane->newest_sent;
    for (const HeldEvent& held : lane->waiting) {
      lane->newest_seen = std::max(lane->newest_seen, held.event.revision());
    }
    if (!lane->has_waiting() && lane->state == Lane::State::kAwaiting) {
      set_timer(*lane, kNever);
      lane->state = Lane::State::kIdle;
    }
    if (lane->state == Lane::State::kIdle) emptied.push_back(lane.get());
  }
  // The map has no order of its own.
  std::sort(emptied.begin(), emptied.end(), [](const Lane* a, const Lane* b) { return a->number < b->number; });
  for (Lane* lane : emptied) close_if_idle(*lane);
}

bool Copier::is_admitted(const SubscriptionState& state, const EventView& event) const {
  if (!state.only_type.empty() && event.type != state.only_type) return false;
  return std::holds_alternative<Allowed>(policy_.judge(event));
}

// --- Lanes ---

Lane& Copier::open_lane(std::string_view stream) {
  if (const auto it = lanes_.find(stream); it != lanes_.end()) return *it->second;
  std::unique_ptr<Lane> lane;
  if (spare_lanes_.empty()) {
    lane = std::make_unique<Lane>();
  } else {
    lane = std::move(spare_lanes_.back());
    spare_lanes_.pop_back();
  }
  lane->stream = stream;
  lane->stream_hash = Ledger::identify(stream, {}).stream;
  lane->number = next_number_++;
  if (const auto memory = memory_.take(lane->stream_hash)) {
    lane->tail = memory->tail;
    lane->newest_seen = memory->newest_seen;
    lane->newest_sent = memory->newest_sent;
    lane->looked_up_from = memory->looked_up_from;
  }
  Lane& opened = *lane;
  lanes_by_number_[opened.number] = &opened;
  lanes_.emplace(stream, std::move(lane));
  return opened;
}

void Copier::close_if_idle(Lane& lane) {
  if (lane.state != Lane::State::kIdle || lane.has_waiting() || !lane.batch.empty() || lane.append_id != 0) return;
  const bool knows_more = !lane.ahead.empty() || lane.walk_cursor;
  if (knows_more) {
    if (std::exchange(lane.is_listed_idle, true)) return;
    idle_lanes_.push_back(lane.stream);
    if (idle_lanes_.size() <= settings_.max_idle_lanes) return;
  } else if (lane.tail) {
    memory_.put(lane.stream_hash, {*lane.tail, lane.newest_seen, lane.newest_sent, lane.looked_up_from});
  }
  const std::string closing = knows_more ? idle_lanes_.front() : lane.stream;
  if (knows_more) idle_lanes_.pop_front();
  const auto it = lanes_.find(closing);
  if (it != lanes_.end()) it->second->is_listed_idle = false;
  if (it == lanes_.end() || it->second->state != Lane::State::kIdle || it->second->has_waiting() ||
      it->second->append_id != 0) {
    return;
  }
  std::unique_ptr<Lane> closed = std::move(it->second);
  lanes_.erase(it);
  lanes_by_number_.erase(closed->number);
  set_timer(*closed, kNever);
  if (spare_lanes_.size() >= kMaxSpareLanes) return;
  Lane fresh;
  fresh.waiting = std::move(closed->waiting);
  fresh.batch = std::move(closed->batch);
  fresh.sent = std::move(closed->sent);
  *closed = std::move(fresh);
  spare_lanes_.push_back(std::move(closed));
}

void Copier::make_ready(Lane& lane) {
  set_timer(lane, kNever);
  lane.state = Lane::State::kReady;
  ready_.push_back(&lane);
}

void Copier::pause(Lane& lane, Time until) {
  lane.state = Lane::State::kPaused;
  set_timer(lane, until);
}

// The front event is to follow one that may still be on its way.
void Copier::await_predecessor(Lane& lane, Time now) {
  const SubscriptionIndex subscription = lane.front().subscription;
  SubscriptionState& state = subscriptions_[subscription];
  // It cannot come while newer ones fill the connection's window: on a new connection the server sends it before them,
  // if it has noticed by then that the older connection is gone.
  const bool is_full = ledger_.outstanding(subscription) >= static_cast<std::size_t>(std::max(1, state.buffer_size));
  if (is_full && state.reconnect_at == kNever && state.window_patience <= settings_.predecessor_wait) {
    want_reconnection(state, now, state.window_patience);
    state.renews_wait = true;
    state.window_patience *= 2;
  }
  // While the subscription is not connected, there is no telling until when.
  lane.state = Lane::State::kAwaiting;
  set_timer(lane, std::min(gap_until(lane, lane.front()), now + settings_.max_retry_delay));
}

void Copier::set_timer(Lane& lane, Time when) {
  if (lane.timer == when) return;
  if (lane.timer != kNever) timers_.erase({lane.timer, lane.number});
  lane.timer = when;
  if (when != kNever) timers_.insert({when, lane.number});
}

void Copier::on_timer(Lane& lane, Time now) {
  switch (lane.state) {
    case Lane::State::kAppending:
      // No outcome in time. The append may yet happen: what became of it is looked up.
      bytes_in_flight_ -= lane.batch_bytes;
      lane.take_back_sent();
      doubt(lane, std::nullopt, now);
      break;
    case Lane::State::kPaused:
      if (lane.look_up) {
        lane.state = Lane::State::kLookingUp;
        read_next_page(lane, now);
      } else if (lane.batch.empty()) {
        make_ready(lane);
      } else if (now >= first_overdue(lane.sent)) {
        lane.take_back_sent();
        doubt(lane, std::nullopt, now);
      } else if (appends_.size() < settings_.max_appends_in_flight &&
                 (bytes_in_flight_ == 0 || bytes_in_flight_ + lane.batch_bytes <= settings_.max_in_flight_bytes)) {
        send(lane, now);
      } else {
        pause(lane, now + settings_.min_retry_delay);
      }
      break;
    case Lane::State::kAwaiting:
      make_ready(lane);
      break;
    case Lane::State::kIdle:
    case Lane::State::kReady:
    case Lane::State::kLookingUp:
      break;
  }
}

void Copier::pump(Time now) {
  while (!ready_.empty() && !has_exited_ && appends_.size() < settings_.max_appends_in_flight &&
         bytes_in_flight_ < settings_.max_in_flight_bytes) {
    Lane& lane = *ready_.front();
    ready_.pop_front();
    lane.state = Lane::State::kIdle;
    dispatch(lane, now);
  }
}

// Makes the lane's next append of what waits in front, as far as it can be sent without a further look.
void Copier::dispatch(Lane& lane, Time now) {
  if (lane.append_id != 0) return;  // one that was given up is still under way; its outcome wakes the lane
  const std::size_t max_events = std::min(settings_.max_append_events, lane.batch_limit);
  std::size_t payload = 0;
  while (lane.has_waiting() && lane.sent.size() < max_events) {
    HeldEvent& front = lane.front();
    const Readiness readiness = examine(lane, front, now);
    if (readiness == Readiness::kFound) {
      settle_found(lane, lane.take_front());
      continue;
    }
    if (readiness != Readiness::kSend) {
      if (!lane.sent.empty()) break;
      if (readiness == Readiness::kAsk) return ask_about_front(lane, now);
      return await_predecessor(lane, now);
    }
    const std::size_t size = front.event.payload_bytes();
    const bool fits = payload + size <= append_bytes_limit_ &&
                      bytes_in_flight_ + lane.batch_bytes + front.event.bytes() <= settings_.max_in_flight_bytes;
    if (!lane.sent.empty() && !fits) break;
    payload += size;
    lane.newest_sent = std::max(lane.newest_sent, front.event.revision());
    lane.batch_bytes += front.event.bytes();
    lane.sent.push_back(lane.take_front());
    lane.batch.push_back(std::move(lane.sent.back().event));
  }
  if (lane.sent.empty()) return close_if_idle(lane);
  send(lane, now);
}

void Copier::send(Lane& lane, Time now) {
  for (HeldEvent& held : lane.sent) held.first_sent = std::min(held.first_sent, now);
  lane.append_id = next_append_id_++;
  appends_[lane.append_id] = &lane;
  bytes_in_flight_ += lane.batch_bytes;
  lane.state = Lane::State::kAppending;
  set_timer(lane, first_overdue(lane.sent));
  actions_.push_back(SendAppend{{lane.append_id, lane.stream, lane.tail.value_or(kNoStream), lane.batch}});
}

// --- Doubt ---

Time Copier::gap_until(const Lane& lane, const HeldEvent& held) const {
  return std::max(subscriptions_[held.subscription].older_connections_until, lane.next_gap_until);
}

Copier::Readiness Copier::examine(Lane& lane, HeldEvent& held, Time now) {
  if (held.at_destination == HeldEvent::AtDestination::kPresent) return Readiness::kFound;
  if (!lane.ahead.empty() && lane.ahead.contains(held.event.id())) return Readiness::kFound;
  if (held.is_after_gap) {
    const bool is_closed =
        held.event.revision() <= lane.newest_sent + 1 || (held.awaits != kNoStream && lane.newest_sent >= held.awaits);
    if (!is_closed && now < gap_until(lane, held)) return held.awaits == kNoStream ? Readiness::kAsk : Readiness::kWait;
    held.is_after_gap = false;
    // What goes now makes room for what the next gap waits for.
    if (!is_closed) lane.next_gap_until = now + settings_.max_retry_delay;
  }
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
  const std::size_t mean_bytes = std::max<std::size_t>(1, lane.bytes / std::max<std::size_t>(1, lane.waiting_count()));
  question.page_limit =
      static_cast<std::int32_t>(std::clamp<std::size_t>(kLookUpPageBytes / mean_bytes, 1, kMaxLookUpPage));
  const SubscriptionState* state = &subscriptions_[front.subscription];
  question.is_admitted = [this, state](const EventView& event) { return is_admitted(*state, event); };
  const std::uint64_t stream_hash = lane.stream_hash;
  question.is_in_doubt = [this, stream_hash](const EventId& id) { return ledger_.is_held({stream_hash, id}); };
  return question;
}

void Copier::ask_about_front(Lane& lane, Time now) {
  const HeldEvent& front = lane.front();
  LookUp::Question question = question_about(lane);
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
  prepare_doubt(lane, reported_tail);
  read_next_page(lane, now);
}

void Copier::prepare_doubt(Lane& lane, std::optional<Revision> reported_tail) {
  LookUp::Question question = question_about(lane);
  question.reported_tail = reported_tail;
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
  lane.look_up = std::move(look_up);
  lane.look_up_began_with = lane.front().event.id();
  lane.look_up_refused_since = kNever;
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) lane.waiting[i].is_asked_about = true;
}

void Copier::read_next_page(Lane& lane, Time now) {
  std::optional<LookUp::Page> page = lane.look_up->next();
  if (!page) return finish_look_up(lane, now);
  if (reads_.size() >= settings_.max_look_ups) {
    waiting_to_look_up_.push_back(&lane);
    return;
  }
  page->read.id = next_read_id_++;
  reads_[page->read.id] = &lane;
  actions_.push_back(ReadStream{page->store, std::move(page->read)});
}

void Copier::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now) {
  const auto it = reads_.find(read_id);
  if (it == reads_.end() || has_exited_) return;
  Lane& lane = *it->second;
  reads_.erase(it);
  if (const auto* page = std::get_if<StreamPage>(&outcome)) {
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
  if (is_refused && lane.look_up_refused_since == kNever) lane.look_up_refused_since = now;
  const bool is_refused_for_long =
      is_refused && ((is_overdue && was_refused) || now - lane.look_up_refused_since >= settings_.writer_timeout);
  if (is_refused_for_long) {
    lane.look_up.reset();
    return fail_all(lane, {WriteFailureReason::kRefused, error.message}, now);
  }
  if (!is_refused && is_overdue) {
    lane.look_up.reset();
    return fail_overdue(lane, {WriteFailureReason::kTimedOut, "and it could not be looked up: " + error.message}, now);
  }
  pause_before_retry(lane, now);
}

void Copier::finish_look_up(Lane& lane, Time now) {
  LookUp::Findings found = std::move(*lane.look_up).findings();
  lane.look_up.reset();
  lane.state = Lane::State::kIdle;
  if (const auto confirmed = std::exchange(lane.confirmed_meanwhile, std::nullopt)) return doubt(lane, confirmed, now);
  if (found.unseen_tail) {
    // Its reads lag behind its writes; or else the events are gone: truncated, or deleted with their stream.
    lane.unseen_since = std::min(lane.unseen_since, now);
    if (now - lane.unseen_since < settings_.writer_timeout / 2) {
      prepare_doubt(lane, found.unseen_tail);
      return pause_before_retry(lane, now);
    }
    found.tail = *found.unseen_tail;
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
    for (const auto& [id, revision] : found.region) lane.ahead.emplace(id, revision);
    if (lane.ahead.size() > 2 * settings_.look_up_memory) {
      Revision lowest = std::numeric_limits<Revision>::max();
      for (const auto& [id, revision] : lane.ahead) lowest = std::min(lowest, revision);
      lane.walk_cursor = std::min(lane.walk_cursor.value_or(lowest), lowest);
      lane.ahead.clear();
    }
  }
  const absl::flat_hash_set<EventId> present(found.present.begin(), found.present.end());
  bool is_overdue = false;
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) {
    HeldEvent& held = lane.waiting[i];
    if (held.event.id() == lane.look_up_began_with && held.is_after_gap) {
      held.is_after_gap = found.predecessor.has_value();
      held.awaits = found.predecessor.value_or(kNoStream);
    }
    held.is_behind = held.is_behind || held.event.revision() < lane.looked_up_from;  // came during the look-up
    const bool was_asked_about = std::exchange(held.is_asked_about, false);
    if (present.contains(held.event.id())) {
      held.at_destination = HeldEvent::AtDestination::kPresent;
    } else if (was_asked_about && found.scanned && held.at_destination != HeldEvent::AtDestination::kPresent) {
      if (found.is_whole_region) held.at_destination = HeldEvent::AtDestination::kAbsent;
      is_overdue = is_overdue || now >= overdue_at(held);
    }
  }
  if (is_overdue) {
    WriteFailure failure{WriteFailureReason::kTimedOut, "the destination did not confirm it in time"};
    if (lane.last_error) failure.message += ": " + lane.last_error->message;
    if (lane.last_error && is_refusal(lane.last_error->kind)) failure.reason = WriteFailureReason::kRefused;
    return fail_overdue(lane, failure, now);
  }
  // Others keep writing to the stream, or the destination's reads lag behind its writes: not in a tight loop.
  if (lane.doubts > 2) return pause_before_retry(lane, now);
  make_ready(lane);
}

// --- Outcomes of appends ---

void Copier::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now) {
  const auto it = appends_.find(append_id);
  if (it == appends_.end() || has_exited_) return;
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
  bytes_in_flight_ -= lane.batch_bytes;
  if (const auto* appended = std::get_if<Appended>(&outcome)) {
    on_appended(lane, *appended);
  } else if (const auto* wrong = std::get_if<WrongExpectedVersion>(&outcome)) {
    on_wrong_expected_version(lane, *wrong, now);
  } else {
    on_append_error(lane, std::get<StoreError>(outcome), now);
  }
}

void Copier::on_appended(Lane& lane, const Appended& appended) {
  observer_.on_events_copied(lane.batch);
  for (std::size_t i = 0; i < lane.batch.size(); ++i) {
    const Event& event = lane.batch[i];
    if (lane.sent[i].is_behind) observer_.on_event_out_of_order(event.view());
    ledger_.settle({lane.stream_hash, event.id()}, true);
    release(lane, event);
  }
  lane.batch.clear();
  lane.sent.clear();
  lane.batch_bytes = 0;
  lane.tail = appended.last_revision;
  lane.doubts = 0;
  lane.retry_delay = Duration{0};
  lane.batch_limit = std::numeric_limits<std::size_t>::max();
  lane.is_retried_by_safety_net = false;
  lane.last_error.reset();
  lane.state = Lane::State::kIdle;
  if (lane.has_waiting()) {
    make_ready(lane);
  } else {
    close_if_idle(lane);
  }
}

void Copier::on_wrong_expected_version(Lane& lane, const WrongExpectedVersion& wrong, Time now) {
  lane.take_back_sent();
  lane.last_error.reset();
  ++lane.doubts;
  if (lane.tail && wrong.current && *wrong.current < *lane.tail) lane.tail.reset();
  doubt(lane, wrong.current, now);
}

void Copier::on_append_error(Lane& lane, const StoreError& error, Time now) {
  observer_.on_error(Store::kDestination, error);
  lane.last_error = error;
  const std::size_t count = lane.sent.size();
  switch (error.kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotReady:
    case ErrorKind::kNotAuthenticated:
    case ErrorKind::kAccessDenied:
    case ErrorKind::kUnsupported:
      // The same append again, with the same expected revision: if it took place after all, the server says so.
      return pause_before_retry(lane, now);
    case ErrorKind::kTooLarge:
      if (count > 1) {
        std::size_t payload = 0;
        for (const Event& event : lane.batch) payload += event.payload_bytes();
        append_bytes_limit_ = std::min(append_bytes_limit_, std::max<std::size_t>(1, payload / 2));
        lane.batch_limit = std::max<std::size_t>(1, count / 2);
        lane.take_back_sent();
        return make_ready(lane);
      }
      break;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
      if (count > 1) {
        lane.batch_limit = count / 2;
        lane.take_back_sent();
        return make_ready(lane);
      }
      break;
    case ErrorKind::kStreamDeleted:
      break;
  }
  for (HeldEvent& held : lane.sent) held.is_rejected = true;
  lane.take_back_sent();
  lane.batch_limit = std::numeric_limits<std::size_t>::max();
  fail_rejected(lane, {WriteFailureReason::kRejected, error.message}, now);
}

void Copier::pause_before_retry(Lane& lane, Time now) {
  lane.retry_delay = std::clamp(2 * lane.retry_delay, settings_.min_retry_delay, settings_.max_retry_delay);
  pause(lane, std::min(now + lane.retry_delay, std::max(now, first_overdue(lane.sent))));
}

Time Copier::overdue_at(const HeldEvent& held) const {
  return held.first_sent == kNever ? kNever : held.first_sent + settings_.writer_timeout;
}

Time Copier::first_overdue(std::span<const HeldEvent> events) const {
  Time first = kNever;
  for (const HeldEvent& held : events) first = std::min(first, overdue_at(held));
  return first;
}

void Copier::fail_overdue(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [&](const HeldEvent& held) {
    return now >= overdue_at(held) && held.at_destination != HeldEvent::AtDestination::kPresent &&
           !lane.ahead.contains(held.event.id());
  });
}

void Copier::fail_rejected(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [](const HeldEvent& held) { return held.is_rejected; });
}

void Copier::fail_all(Lane& lane, const WriteFailure& failure, Time now) {
  fail_if(lane, failure, now, [](const HeldEvent&) { return true; });
}

template <typename Predicate>
void Copier::fail_if(Lane& lane, const WriteFailure& failure, Time now, Predicate fails) {
  std::vector<HeldEvent> kept;
  bool is_retried = false;
  while (lane.has_waiting()) {
    HeldEvent held = lane.take_front();
    held.is_asked_about = false;
    if (!fails(held)) {
      kept.push_back(std::move(held));
      continue;
    }
    const EventView event = held.event.view();
    const SafetyAction action = safety_net_.cannot_write_event(event, failure);
    if (action == SafetyAction::kExit) {
      return exit(
          failure.reason == WriteFailureReason::kRefused ? ExitCode::kRefusedByServer : ExitCode::kKilledBySafetyRules,
          "cannot write " + name(event) + ": " + failure.message);
    }
    if (action == SafetyAction::kRetry) {
      is_retried = true;
      held.first_sent = kNever;
      held.is_rejected = false;
      held.at_destination = HeldEvent::AtDestination::kUnknown;
      kept.push_back(std::move(held));
      continue;
    }
    const Ledger::Identity identity{lane.stream_hash, event.id};
    if (action == SafetyAction::kPark) {
      park(identity, event, failure.message);
    } else {
      observer_.on_event_skipped(event, failure);
      ledger_.settle(identity, false);
    }
    lane.newest_sent = std::max(lane.newest_sent, event.revision);
    release(lane, held.event);
  }
  lane.waiting = std::move(kept);
  lane.head = 0;
  lane.is_retried_by_safety_net = is_retried;
  if (is_retried) {
    pause(lane, now + settings_.max_retry_delay);
  } else {
    make_ready(lane);
  }
}

void Copier::settle_found(Lane& lane, const HeldEvent& held) {
  observer_.on_event_found(held.event.view());
  lane.ahead.erase(held.event.id());
  lane.newest_sent = std::max(lane.newest_sent, held.event.revision());
  ledger_.settle({lane.stream_hash, held.event.id()}, true);
  release(lane, held.event);
}

void Copier::release(Lane& lane, const Event& event) {
  --held_events_;
  held_bytes_ -= event.bytes();
  lane.bytes -= event.bytes();
}

void Copier::park(const Ledger::Identity& identity, const EventView& event, const std::string& reason) {
  observer_.on_event_parked(event, reason);
  std::vector<Ledger::Claim> claims = ledger_.give_up(identity);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const bool is_repeated = std::any_of(
        claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const auto& c) { return c.subscription == claims[i].subscription && c.ack_id == claims[i].ack_id; });
    if (!is_repeated) actions_.push_back(ParkEvent{claims[i].subscription, claims[i].ack_id, reason});
  }
}

// --- Time, stopping, and what comes out ---

void Copier::on_stop_requested(Time now) {
  if (stop_by_ == kNever) stop_by_ = now + settings_.writer_timeout;
}

void Copier::advance(Time now, std::vector<Action>& actions) {
  actions.clear();
  if (!has_exited_) {
    while (!timers_.empty() && timers_.begin()->first <= now && !has_exited_) {
      Lane& lane = *lanes_by_number_.at(timers_.begin()->second);
      set_timer(lane, kNever);
      on_timer(lane, now);
    }
    const bool is_stopping = stop_by_ != kNever;
    if (!is_stopping) {
      exit_if_refused_for_long(now);
      for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
        if (now >= subscriptions_[i].reconnect_at) reconnect(i, now);
      }
      pump(now);
    }
    const bool has_stopped = is_stopping && (appends_.empty() || now >= stop_by_);
    if (!has_exited_) flush_acknowledgements(now, has_stopped);
    if (has_stopped) exit(ExitCode::kStopped, "asked to stop; what was in flight is settled");
  }
  actions.swap(actions_);
}

void Copier::flush_acknowledgements(Time now, bool all) {
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    SubscriptionState& state = subscriptions_[i];
    std::vector<EventId>& settled = ledger_.acknowledgements(i);
    if (settled.empty()) continue;
    const auto group = static_cast<std::size_t>(std::max(1, state.buffer_size / 8));
    if (all || settled.size() >= group || now >= state.acknowledge_at || ledger_.outstanding(i) == 0) {
      actions_.push_back(Acknowledge{i, std::exchange(settled, {})});
      state.acknowledge_at = kNever;
    } else if (state.acknowledge_at == kNever) {
      state.acknowledge_at = now + settings_.acknowledgement_delay;
    }
  }
}

// A server that has just started refuses right credentials for a moment.
void Copier::exit_if_refused_for_long(Time now) {
  for (const SubscriptionState& state : subscriptions_) {
    if (state.refused_since == kNever || now - state.refused_since < settings_.writer_timeout) continue;
    exit(ExitCode::kRefusedByServer, "the source refuses the subscription to '" + state.subscription.stream +
                                         "' as group '" + state.subscription.group + "': " + state.refusal);
  }
}

void Copier::exit(ExitCode code, std::string last_words) {
  if (has_exited_) return;
  has_exited_ = true;
  actions_.push_back(Exit{code, std::move(last_words)});
}

std::optional<Time> Copier::next_deadline() const {
  if (has_exited_) return std::nullopt;
  Time deadline = stop_by_;
  if (!timers_.empty()) deadline = std::min(deadline, timers_.begin()->first);
  for (const SubscriptionState& state : subscriptions_) {
    deadline = std::min(deadline, state.acknowledge_at);
    if (stop_by_ != kNever) continue;
    deadline = std::min(deadline, state.reconnect_at);
    if (state.refused_since != kNever) deadline = std::min(deadline, state.refused_since + settings_.writer_timeout);
  }
  if (deadline == kNever) return std::nullopt;
  return deadline;
}

Copier::Load Copier::load() const {
  return {held_events_, held_bytes_, appends_.size(), bytes_in_flight_, reads_.size(), lanes_.size()};
}

}  // namespace interconnect
