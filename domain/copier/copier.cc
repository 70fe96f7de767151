#include "domain/copier/copier.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "domain/copier/describe.h"
#include "domain/event_metadata.h"

namespace interconnect {
namespace {

constexpr std::string_view kEventTypeStreamPrefix = "$et-";
constexpr std::string_view kCategoryStreamPrefix = "$ce-";
constexpr std::size_t kMaxSpareLanes = 256;

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

void Copier::on_older_consumers_suspected(SubscriptionIndex subscription, Time now) {
  Time& until = subscriptions_[subscription].older_connections_until;
  const bool is_over = until <= now || until == kNever;
  if (!is_over) until = std::max(until, now + settings_.predecessor_wait);
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
