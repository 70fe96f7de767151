#include "domain/copier/copier.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "domain/copier/describe.h"
#include "domain/event_metadata.h"
#include "domain/stream_metadata.h"
#include "domain/subscription_scope.h"

namespace interconnect {
namespace {

// 5.0.1 closes a client's connection when more than 10 MiB are pending to it, and pushes a whole buffer at once.
constexpr std::size_t kMaxPendingBytes = 8 << 20;
constexpr Duration kSoonAfterStart = std::chrono::minutes(1);
constexpr std::int32_t kMaxBufferStep = 8;  // few deliveries tell little of the size of all
constexpr std::int32_t kMaxBufferForOlder = 65'536;

// No stream has it: an append that expects it is refused, with the stream's last revision.
constexpr Revision kBeyondEveryStream = std::numeric_limits<Revision>::max() / 2;

constexpr std::size_t kMaxSpareLanes = 2'048;
constexpr std::size_t kMaxSpareRoom = 32'768;  // of all of them, for events: some 3 MB

// From the group's parked stream (PersistentSubscription.cs, ReplayParkedMessages).
bool is_replayed(const Delivery& delivery) {
  return delivery.link != nullptr && delivery.link->stream.starts_with("$persistentsubscription-") &&
         delivery.link->stream.ends_with("-parked");
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
      links_({.one_queue = settings.ordering == CopierSettings::Ordering::kGlobal,
              .max_reads = settings.max_link_reads,
              .reading = {.min_retry_delay = settings.min_retry_delay,
                          .max_retry_delay = settings.max_retry_delay,
                          .patience = settings.writer_timeout}}),
      memory_(settings.remembered_streams),
      window_({settings.max_in_flight_events, settings.max_in_flight_bytes, settings.append_queue_target}),
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
  EventView metadata;
  metadata.type = kStreamMetadataType;
  copies_metadata_ = is_listed(metadata);
}

// --- Subscriptions and deliveries ---

void Copier::on_subscription_started(const SubscriptionStarted& started, Time now) {
  SubscriptionState& state = subscriptions_[started.subscription];
  state.is_discarding = state.reconnect_at != kNever;  // else another connection is to come
  state.refused_since = kNever;
  state.started_at = now;
  state.delivered_events = 0;
  state.delivered_bytes = 0;
  const bool is_first = started.group == GroupState::kCreated && !state.has_started;
  if (state.resumed_until != kNever) {
    // Else reconnections of our own would put it off for ever.
    state.older_connections_until = std::max(state.resumed_until, now + settings_.max_retry_delay / 2);
  } else {
    state.older_connections_until = is_first ? now : now + settings_.predecessor_wait;
  }
  if (!state.has_started || redelivered_until_ == kNever) {
    has_first_delivery_ = false;
    // Later ones take less: else reconnections of our own would put it off for ever.
    redelivered_until_ = is_first ? now : now + settings_.max_retry_delay / (state.has_started ? 2 : 1);
  }
  state.resumed_until = kNever;
  state.has_started = true;
  state.began_at_start = started.effective.start_from == 0;
  state.strategy = started.effective.consumer_strategy;
  observer_.on_subscription_started(state.subscription, started);
}

void Copier::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message,
                                     Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  ledger_.disconnect(subscription);
  drop_links(subscription);
  state.older_connections_until = kNever;
  state.resumed_until = kNever;
  state.window_patience = settings_.max_retry_delay;
  if (reason == DropReason::kConnectionLost) ask_for_less_at_once(state, now);
  state.delivered_events = 0;
  observer_.on_subscription_dropped(state.subscription, reason, message);
  if (!is_refusal(reason)) {
    state.refused_since = kNever;
  } else if (state.refused_since == kNever) {
    state.refused_since = now;
  } else if (stop_by_ == kNever && now - state.refused_since >= settings_.writer_timeout) {
    // Not for the first time: a server that has just started refuses right credentials for a moment.
    exit(ExitCode::kRefusedByServer, "the source refuses the subscription to '" + excerpt(state.subscription.stream) +
                                         "' as group '" + excerpt(state.subscription.group) +
                                         "': " + std::string(message));
  }
}

// If the server may have closed the connection because it could not get rid of a whole buffer, a new connection would
// end like this one.
void Copier::ask_for_less_at_once(SubscriptionState& state, Time now) {
  const auto buffer_size = static_cast<std::size_t>(std::max(1, state.buffer_size));
  const bool has_taken_all = state.delivered_events >= buffer_size || now - state.started_at >= kSoonAfterStart;
  if (state.delivered_events == 0 || has_taken_all) return;
  const std::size_t mean_bytes = state.delivered_bytes / state.delivered_events + 1;
  const std::size_t fitting = kMaxPendingBytes / subscriptions_.size() / mean_bytes;
  if (fitting >= buffer_size) return;
  state.buffer_size = std::max({1, static_cast<std::int32_t>(fitting), state.buffer_size / kMaxBufferStep});
  want_reconnection(state, now, Duration{0});
}

void Copier::on_older_consumers_suspected(SubscriptionIndex subscription, Time now) {
  Time& until = subscriptions_[subscription].older_connections_until;
  const bool is_over = until <= now || until == kNever;
  if (!is_over) until = std::max(until, now + settings_.predecessor_wait);
}

void Copier::on_delivery(const Delivery& delivery, Time now) {
  SubscriptionState& state = subscriptions_[delivery.subscription];
  ++state.delivered_events;
  if (delivery.event != nullptr) state.delivered_bytes += delivery.event->bytes();
  if (has_exited_ || stop_by_ != kNever || state.is_discarding) return observer_.on_deliveries_discarded(1);
  if (is_global()) note_position(delivery.position, delivery.retry_count);
  if (LinkResolver::is_unresolved(delivery) || links_.must_wait(delivery)) return resolve_link(delivery, now);
  judge(delivery, now);
}

// A lone event is held whatever its size.
bool Copier::fits(std::size_t bytes) const {
  const bool holds_any = held_events_ > 0 || links_.size() > 0;
  return !holds_any || held_bytes_ + links_.bytes() + bytes <= settings_.max_held_bytes;
}

void Copier::resolve_link(const Delivery& delivery, Time now) {
  if (!fits(LinkResolver::bytes_of(delivery))) {
    if (is_global() && !is_queued(delivery.position)) forget_positions({delivery.position});
    observer_.on_deliveries_discarded(1);
    return discard_until_reconnected(delivery.subscription, now);
  }
  LinkResolver::is_unresolved(delivery) ? links_.add(delivery, now) : links_.add_behind(delivery);
}

// What waited for a link and need not any more.
void Copier::release_resolved(Time now) {
  while (!has_exited_ && stop_by_ == kNever) {
    const std::optional<LinkResolver::Outcome> outcome = links_.next();
    if (!outcome) return;
    Delivery delivery = outcome->delivery;
    const EventView link = outcome->link ? outcome->link->view() : EventView{};
    const EventView event = outcome->event ? outcome->event->view() : EventView{};
    switch (outcome->kind) {
      case LinkResolver::Outcome::Kind::kEvent:
        delivery.event = &event;
        if (outcome->link) delivery.link = &link;
        judge(delivery, now);
        break;
      case LinkResolver::Outcome::Kind::kInvalid:
        delivery.event = &link;
        refuse(delivery, {true, outcome->reason});
        break;
      case LinkResolver::Outcome::Kind::kGone: {
        observer_.on_link_target_gone({outcome->target_stream, outcome->target_revision, outcome->reason});
        ledger_.arrive_and_settle(delivery.subscription, delivery.ack_id);
        EventView gone;
        gone.stream = outcome->target_stream;
        gone.revision = outcome->target_revision;
        note_seen(gone);
        break;
      }
    }
  }
}

// What was read for links may be more than may be held.
void Copier::discard_read_links(Time now) {
  while (links_.size() > 0 && !fits(0) && held_events_ + links_.size() > 1) {
    SubscriptionIndex largest = 0;
    for (SubscriptionIndex i = 1; i < subscriptions_.size(); ++i) {
      if (links_.size(i) > links_.size(largest)) largest = i;
    }
    discard_until_reconnected(largest, now);
  }
}

void Copier::read_links(Time now) {
  release_resolved(now);
  while (const auto read = links_.next_read(now)) {
    ReadStream action{Store::kSource, read->read};
    action.read.id = next_read_id_++;
    link_reads_.emplace(action.read.id, read->key);
    actions_.push_back(std::move(action));
  }
  if (const auto& denied = links_.denied()) {
    exit(ExitCode::kRefusedByServer, "the source does not let us read stream '" + excerpt(denied->stream) +
                                         "', to which a link points that came without its event: " + denied->message);
  }
}

// What the lost connection delivered comes again; what it delivered a second time may be held since the first.
void Copier::drop_links(SubscriptionIndex subscription) {
  std::vector<Revision> positions = links_.drop(subscription);
  if (!positions.empty()) observer_.on_deliveries_discarded(positions.size());
  if (!is_global()) return;
  std::erase_if(positions, [this](Revision position) { return is_queued(position); });
  forget_positions(positions);
}

void Copier::judge(const Delivery& delivery, Time now) {
  const SubscriptionState& state = subscriptions_[delivery.subscription];
  if (is_of_the_system(state.subscription.stream, delivery.event->stream)) {
    return refuse(delivery, {false, "its stream belongs to the server, and no subscription names it"});
  }
  const Verdict verdict = policy_.judge(*delivery.event);
  if (std::holds_alternative<Allowed>(verdict)) return hold(delivery, now);
  if (const auto* invalid = std::get_if<Invalid>(&verdict)) return refuse(delivery, {true, invalid->reason});
  refuse(delivery, {false, "its type is not among those to be copied"});
}

void Copier::refuse(const Delivery& delivery, const InvalidEvent& why) {
  const EventView& event = *delivery.event;
  const SafetyAction action = safety_net_.invalid_event(event, why);
  if (action != SafetyAction::kPark) observer_.on_event_refused(event, why);
  switch (action) {
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
  const std::uint64_t hash = Ledger::identify(event.stream, event.id).stream;
  if (Lane* lane = find_lane(event.stream, hash)) {
    advance_to(lane->newest_seen);
  } else if (StreamMemory* memory = memory_.find(hash)) {
    advance_to(memory->newest_seen);
  }
}

void Copier::hold(const Delivery& delivery, Time now) {
  const EventView& event = *delivery.event;
  const Ledger::Identity identity = Ledger::identify(event.stream, event.id);
  Event copy = with_copy_metadata(event);
  if (!fits(copy.bytes()) && !ledger_.is_held_or_settled(identity)) {
    if (is_global()) forget_positions({delivery.position});
    observer_.on_deliveries_discarded(1);
    return discard_until_reconnected(delivery.subscription, now);
  }

  switch (ledger_.arrive(identity, event.revision, delivery.subscription, delivery.ack_id)) {
    case Ledger::Arrival::kNew:
      break;
    case Ledger::Arrival::kHeld:
    case Ledger::Arrival::kSettled:
      observer_.on_event_redelivered(event);
      return;
    case Ledger::Arrival::kHeldUnderOtherRevision:
    case Ledger::Arrival::kSettledUnderOtherRevision:
      observer_.on_duplicate_id(event);
      note_seen(event);
      return;
  }
  Lane& lane = open_lane(event.stream, identity.stream);
  HeldEvent held;
  held.event = std::move(copy);
  held.subscription = delivery.subscription;
  held.position = delivery.position;
  held.is_redelivered = delivery.retry_count > 0;
  held.is_replayed = is_replayed(delivery);
  if (!lane.is_metadata) {  // whose newest event counts, whatever came before it
    held.is_overtaken = event.revision <= lane.newest_sent;
    held.is_behind = held.is_overtaken || event.revision < lane.looked_up_from;
    const bool follows = event.revision == lane.newest_seen + 1 || event.revision <= lane.newest_sent + 1;
    held.is_after_gap = !follows && now < subscriptions_[delivery.subscription].older_connections_until;
    if (!follows || held.is_overtaken) note_hole(held, lane);
  }
  lane.newest_seen = std::max(lane.newest_seen, event.revision);
  const std::size_t bytes = held.event.bytes();
  ++held_events_;
  held_bytes_ += bytes;
  lane.bytes += bytes;
  lane.insert(std::move(held));
  if (is_global()) queue_.emplace(delivery.position, lane.number);
  const std::size_t max_retry_bytes = settings_.max_held_bytes / 2;
  if (lane.is_retried_by_safety_net && lane.bytes > max_retry_bytes) {
    return exit(ExitCode::kKilledBySafetyRules, "stream '" + excerpt(lane.stream) + "' holds back more than " +
                                                    std::to_string(max_retry_bytes) +
                                                    " bytes behind an event that cannot be written");
  }
  if (lane.state == Lane::State::kIdle || lane.state == Lane::State::kAwaiting) make_ready(lane);
}

// What comes is dropped until the connection with the smaller buffer is there; then it comes again.
void Copier::discard_until_reconnected(SubscriptionIndex subscription, Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  const CopyLoad held = load();
  const std::size_t mean_bytes = std::max<std::size_t>(1, held.held_bytes / std::max<std::size_t>(1, held.held_events));
  const std::size_t share = settings_.max_held_bytes / 2 / subscriptions_.size();
  const auto fitting = static_cast<std::int64_t>(share / mean_bytes);
  const auto smaller =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(fitting, 1, std::max(1, state.buffer_size / 2)));
  // The connection that is given up is one more that the server may take for alive. As long as the buffer gets smaller,
  // that has an end.
  if (smaller < state.buffer_size) renew_wait(state);
  state.buffer_size = smaller;
  state.is_discarding = true;
  drop_links(subscription);
  want_reconnection(state, now, settings_.max_retry_delay);
}

void Copier::want_reconnection(SubscriptionState& state, Time now, Duration patience) {
  if (state.reconnect_at == kNever) state.reconnect_at = std::max(now, state.reconnected_at + patience);
}

void Copier::renew_wait(SubscriptionState& state) {
  state.renews_wait = true;
  if (!arrived_up_to_) redelivered_until_ = kNever;
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
  // While the connection is there that they belong to: else all that is settled comes again.
  acknowledge_settled(subscription);
  ledger_.disconnect(subscription);
  drop_links(subscription);
  withdraw_unsent();
  actions_.push_back(Resubscribe{subscription, state.buffer_size});
}

// On the new connection the server sends what is not acknowledged in the right order, so what was never sent to the
// destination need not be held until then.
void Copier::withdraw_unsent() {
  std::vector<std::uint64_t> emptied;
  std::vector<Revision> positions;
  for (const auto& [stream, lane] : lanes_) {
    if (!lane->has_waiting() || lane->look_up || lane->is_filling()) continue;
    std::vector<HeldEvent> kept;
    const std::size_t before = lane->waiting_count();
    bool is_after_gap = false;
    Revision first_withdrawn = kNoStream;
    while (lane->has_waiting()) {
      HeldEvent held = take_front(*lane);
      // One that was refused and is tried again counts as sent: newer ones, should they come before it, would not wait,
      // and no hole would show that it is missing.
      const bool may_come_late = !is_global() || held.is_filled;
      const bool counts_as_sent = may_come_late && held.event.revision() <= lane->newest_sent;
      const bool was_sent = held.first_sent != kNever || counts_as_sent;
      if (!was_sent && ledger_.withdraw({lane->stream_hash, held.event.id()})) {
        release(*lane, held.event);
        observer_.on_deliveries_discarded(1);
        if (!held.is_filled) positions.push_back(held.position);
        if (!is_after_gap) first_withdrawn = held.event.revision();
        is_after_gap = true;
      } else {
        // It is wanted by another connection than those before it, which come again.
        if (std::exchange(is_after_gap, false) && !was_sent) {
          held.is_after_gap = true;
          held.awaits = kNoStream;
          const bool is_whole =
              carries_whole_stream(subscriptions_[held.subscription].subscription.stream, lane->stream);
          if (held.hole == HeldEvent::Hole::kNone && is_whole) {
            held.hole = HeldEvent::Hole::kBetween;
            held.hole_from = first_withdrawn;
          }
        }
        kept.push_back(std::move(held));
      }
    }
    lane->waiting = std::move(kept);
    lane->head = 0;
    queue(*lane);
    if (lane->waiting.size() == before) continue;
    lane->hole_fill.reset();  // what it has taken may be among them
    lane->newest_seen = lane->newest_sent;
    for (const HeldEvent& held : lane->waiting) {
      lane->newest_seen = std::max(lane->newest_seen, held.event.revision());
    }
    const bool awaits_turn = is_global() && lane->state == Lane::State::kReady;
    if (!lane->has_waiting() && (lane->state == Lane::State::kAwaiting || awaits_turn)) {
      set_timer(*lane, kNever);
      if (awaits_turn) std::erase(ready_, lane.get());
      lane->state = Lane::State::kIdle;
    }
    if (lane->state == Lane::State::kIdle) emptied.push_back(lane->number);
  }
  if (is_global()) forget_positions(positions);
  if (metadata_lanes_ > 0) {
    std::vector<std::uint64_t> waiting;
    for (const auto& [number, lane] : lanes_by_number_) {
      if (lane->state == Lane::State::kIdle && lane->has_waiting() && lane->append_id == 0) waiting.push_back(number);
    }
    std::sort(waiting.begin(), waiting.end());
    for (const std::uint64_t number : waiting) make_ready(*lanes_by_number_.at(number));
  }
  // The map has no order of its own. Closing one may close another.
  std::sort(emptied.begin(), emptied.end());
  for (const std::uint64_t number : emptied) {
    if (const auto it = lanes_by_number_.find(number); it != lanes_by_number_.end()) close_if_idle(*it->second);
  }
}

// Whether an event that was copied tells that those before it in the source's stream were.
bool Copier::order_proves(const Lane& lane) const {
  const SubscriptionState& state = subscriptions_[lane.waiting[lane.head].subscription];
  return !settings_.may_give_up_events && !shares_streams_ && state.strategy == ConsumerStrategy::kPinned;
}

bool Copier::is_listed(const EventView& event) const {
  return !std::holds_alternative<NotAllowed>(policy_.judge(event));
}

bool Copier::is_admitted(const SubscriptionState& state, const EventView& event) const {
  if (!state.only_type.empty() && event.type != state.only_type) return false;
  return std::holds_alternative<Allowed>(policy_.judge(event));
}

// --- Lanes ---

Lane* Copier::find_lane(std::string_view stream, std::uint64_t hash) const {
  const auto it = lanes_.find(stream, hash);
  return it == lanes_.end() ? nullptr : it->second.get();
}

Lane& Copier::open_lane(std::string_view stream, std::uint64_t hash) {
  if (Lane* open = find_lane(stream, hash)) return *open;
  std::unique_ptr<Lane> lane;
  if (spare_lanes_.empty()) {
    lane = std::make_unique<Lane>();
  } else {
    lane = std::move(spare_lanes_.back());
    spare_lanes_.pop_back();
    spare_room_ -= lane->room();
  }
  lane->stream = stream;
  lane->stream_hash = hash;
  lane->number = next_number_++;
  lane->is_metadata = is_metadata_stream(stream);
  if (lane->is_metadata) ++metadata_lanes_;
  if (const auto memory = memory_.take(hash)) {
    lane->tail = memory->tail;
    lane->newest_seen = memory->newest_seen;
    lane->newest_sent = memory->newest_sent;
    lane->looked_up_from = memory->looked_up_from;
  }
  Lane& opened = *lane;
  lanes_by_number_[opened.number] = &opened;
  lanes_.emplace(opened.stream, std::move(lane));
  return opened;
}

void Copier::close_if_idle(Lane& lane) {
  if (!lane.is_idle()) return;
  if (lane.ahead.empty() && !lane.walk_cursor && lane.hidden_below <= lane.newest_sent + 1) {
    if (lane.tail) memory_.put(lane.stream_hash, {*lane.tail, lane.newest_seen, lane.newest_sent, lane.looked_up_from});
    return close(lane);
  }
  if (std::exchange(lane.is_listed_idle, true)) return;
  idle_lanes_.push_back(lane.stream);
  if (idle_lanes_.size() <= settings_.max_idle_lanes) return;
  const auto it = lanes_.find(idle_lanes_.front());
  idle_lanes_.pop_front();
  if (it == lanes_.end()) return;
  it->second->is_listed_idle = false;
  if (it->second->is_idle()) close(*it->second);
}

void Copier::close(Lane& lane) {
  set_timer(lane, kNever);
  const auto it = lanes_.find(lane.stream, lane.stream_hash);
  std::unique_ptr<Lane> closed = std::move(it->second);
  lanes_.erase(it);
  lanes_by_number_.erase(closed->number);
  if (closed->is_metadata) --metadata_lanes_;
  if (spare_lanes_.size() >= kMaxSpareLanes) return;
  closed->recycle(spare_room_ + closed->room() <= kMaxSpareRoom);
  spare_room_ += closed->room();
  spare_lanes_.push_back(std::move(closed));
}

void Copier::make_ready(Lane& lane) {
  set_timer(lane, lane.waiting_overdue_at);  // its turn may be far off
  lane.state = Lane::State::kReady;
  ready_.push_back(&lane);
}

void Copier::pause(Lane& lane, Time until) {
  if (lane.state != Lane::State::kPaused) lane.paused_at = std::exchange(lane.state, Lane::State::kPaused);
  set_timer(lane, until);
}

std::size_t Copier::unsettled(SubscriptionIndex subscription) const {
  return ledger_.outstanding(subscription) + links_.size(subscription);
}

// What is waited for cannot come while newer ones fill the connection's window: on a new connection the server sends it
// before them, if it has noticed by then that the older connection is gone.
void Copier::make_room_for_older(SubscriptionIndex subscription, Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  const std::size_t taken = unsettled(subscription) + ledger_.repeated(subscription);
  const bool is_full = taken >= static_cast<std::size_t>(std::max(1, state.buffer_size));
  if (is_full && state.reconnect_at == kNever && state.window_patience <= settings_.predecessor_wait) {
    // Again and again the same would come first.
    if (is_global() && state.buffer_size <= kMaxBufferForOlder / 2) state.buffer_size *= 2;
    want_reconnection(state, now, state.window_patience);
    renew_wait(state);
    state.window_patience *= 2;
  }
}

// Each push of an id that is not acknowledged takes a place of the connection's window, of which the acknowledgement of
// the id gives back one (PersistentSubscriptionClient.Push of 5.0.1 and 21.2.0). Only a new connection has them all.
void Copier::reclaim_window(SubscriptionIndex subscription, Time now) {
  SubscriptionState& state = subscriptions_[subscription];
  const std::size_t lost = ledger_.repeated(subscription);
  if (2 * lost >= static_cast<std::size_t>(std::max(1, state.buffer_size))) {
    want_reconnection(state, now, settings_.max_retry_delay);
  }
}

// The front event is to follow one that may still be on its way.
void Copier::await_predecessor(Lane& lane, Time now) {
  make_room_for_older(lane.front().subscription, now);
  // While the subscription is not connected, there is no telling until when.
  lane.state = Lane::State::kAwaiting;
  set_timer(lane, std::min(gap_until(lane, lane.front()), now + settings_.max_retry_delay));
}

auto Copier::holding_timer() const {
  return [this](std::uint64_t number, Time when) {
    const auto it = lanes_by_number_.find(number);
    return it != lanes_by_number_.end() && it->second->timer == when;
  };
}

void Copier::set_timer(Lane& lane, Time when) {
  if (lane.timer == when) return;
  if (std::exchange(lane.timer, when) != kNever) timers_.call_off(holding_timer());
  if (when != kNever) timers_.set(lane.number, when);
}

void Copier::on_timer(Lane& lane, Time now) {
  switch (lane.state) {
    case Lane::State::kAppending:
      // No outcome in time. The append may yet happen: what became of it is looked up.
      land(lane);
      window_.on_overload(now);
      take_back_sent(lane);
      doubt(lane, std::nullopt, now);
      break;
    case Lane::State::kPaused:
      if (lane.paused_at == Lane::State::kLookingUp || lane.paused_at == Lane::State::kFilling) {
        lane.state = lane.paused_at;
        read_next_page(lane, now);
      } else if (lane.paused_at != Lane::State::kAppending) {
        make_ready(lane);
      } else if (now >= first_overdue(lane.sent)) {
        take_back_sent(lane);
        doubt(lane, std::nullopt, now);
      } else if (appends_.size() < settings_.max_appends_in_flight &&
                 (bytes_in_flight_ == 0 || bytes_in_flight_ + lane.batch_bytes <= window_.bytes())) {
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
      ask_about_overdue(lane, now);
      break;
    case Lane::State::kLookingUp:
    case Lane::State::kFilling:
      break;
  }
}

void Copier::pump(Time now) {
  while (!ready_.empty() && !has_exited_) {
    if (appends_.size() >= settings_.max_appends_in_flight || events_in_flight_ >= window_.events() ||
        bytes_in_flight_ >= window_.bytes()) {
      return window_.on_full();
    }
    Lane& lane = *ready_.front();
    ready_.pop_front();
    lane.state = Lane::State::kIdle;
    dispatch(lane, now);
  }
}

// Makes the lane's next append of what waits in front, as far as it can be sent without a further look.
void Copier::dispatch(Lane& lane, Time now) {
  if (lane.append_id != 0) return;  // one that was given up is still under way; its outcome wakes the lane
  const std::size_t max_events = lane.is_metadata ? 1 : std::min(settings_.max_append_events, lane.batch_limit);
  const std::size_t max_bytes =
      is_global() && !is_alone_ ? std::min(append_bytes_limit_, ordered_append_bytes_) : append_bytes_limit_;
  std::size_t payload = 0;
  bool is_in_turn = true;
  while (lane.has_waiting() && lane.sent.size() < max_events) {
    if (is_global() && !std::exchange(is_in_turn, false) && !is_next(lane)) break;
    if (is_counterpart_first(lane)) {
      if (!lane.sent.empty()) break;
      return wake_counterpart(lane);
    }
    HeldEvent& front = lane.front();
    Readiness readiness = examine(lane, front, now);
    // An append at a guessed revision would let those behind it overtake it.
    if (is_global() && readiness == Readiness::kSend && !lane.tail) readiness = Readiness::kAsk;
    if (readiness == Readiness::kFound) {
      settle_found(lane, take_front(lane));
      continue;
    }
    if (readiness != Readiness::kSend) {
      if (!lane.sent.empty()) break;
      if (readiness == Readiness::kAsk) return ask_about_front(lane, now);
      if (readiness == Readiness::kFill) return fill_hole(lane, now);
      return await_predecessor(lane, now);
    }
    if (lane.sent.empty() && must_ask_for_tail(lane, front)) return ask_for_tail(lane, now);
    const std::size_t size = front.event.payload_bytes();
    const bool fits_window = bytes_in_flight_ + lane.batch_bytes + front.event.bytes() <= window_.bytes() &&
                             events_in_flight_ + lane.sent.size() < window_.events();
    if (!lane.sent.empty() && !fits_window) window_.on_full();
    if (!lane.sent.empty() && (!fits_window || payload + size > max_bytes)) break;
    payload += size;
    lane.newest_sent = std::max(lane.newest_sent, front.event.revision());
    lane.batch_bytes += front.event.bytes();
    lane.sent.push_back(take_front(lane));
    lane.batch.push_back(std::move(lane.sent.back().event));
  }
  if (lane.sent.empty()) {
    wake_counterpart(lane);
    return close_if_idle(lane);
  }
  send(lane, now);
}

// An append that expects no stream is no exact one where the stream may be soft-deleted: it takes place at the stream's
// end, and what is there already comes twice.
bool Copier::must_ask_for_tail(const Lane& lane, const HeldEvent& front) const {
  const bool expects_no_stream = lane.tail.value_or(kNoStream) == kNoStream && !lane.is_known_to_be_new;
  return expects_no_stream && !lane.is_metadata && (front.is_redelivered || copies_metadata_);
}

void Copier::ask_for_tail(Lane& lane, Time now) {
  if (is_global()) is_alone_ = true;
  lane.asks_for_tail = true;
  lane.batch_bytes += lane.front().event.bytes();
  lane.sent.push_back(take_front(lane));
  lane.batch.push_back(std::move(lane.sent.back().event));
  send(lane, now);
}

void Copier::send(Lane& lane, Time now) {
  for (HeldEvent& held : lane.sent) {
    held.first_sent = std::min(held.first_sent, now);
    held.was_sent = held.was_sent || !lane.asks_for_tail;
  }
  lane.append_id = next_append_id_++;
  appends_[lane.append_id] = &lane;
  events_in_flight_ += lane.batch.size();
  bytes_in_flight_ += lane.batch_bytes;
  lane.sent_at = now;
  lane.state = Lane::State::kAppending;
  set_timer(lane, first_overdue(lane.sent));
  const Revision expected = lane.asks_for_tail ? kBeyondEveryStream : lane.tail.value_or(kNoStream);
  actions_.push_back(SendAppend{{lane.append_id, lane.stream, expected, lane.batch}});
}

// Its append is no longer in flight.
void Copier::land(Lane& lane) {
  events_in_flight_ -= lane.batch.size();
  bytes_in_flight_ -= lane.batch_bytes;
}

// --- Time, stopping, and what comes out ---

void Copier::advance(Time now, std::vector<Action>& actions) {
  actions.clear();
  if (!has_exited_) {
    while (!has_exited_) {
      const auto number = timers_.take_due(now, holding_timer());
      if (!number) break;
      Lane& lane = *lanes_by_number_.at(*number);
      lane.timer = kNever;
      on_timer(lane, now);
    }
    const bool is_stopping = stop_by_ != kNever;
    if (!is_stopping) {
      read_links(now);
      for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
        reclaim_window(i, now);
        if (now >= subscriptions_[i].reconnect_at) reconnect(i, now);
      }
      is_global() ? pump_in_order(now) : pump(now);
    }
    const bool has_stopped = is_stopping && (appends_.empty() || now >= stop_by_);
    if (!has_exited_) flush_acknowledgements(now, has_stopped);
    if (has_stopped) exit(ExitCode::kStopped, last_words_of_stop());
  }
  actions.swap(actions_);
}

void Copier::acknowledge_settled(SubscriptionIndex subscription) {
  std::vector<EventId>& settled = ledger_.acknowledgements(subscription);
  if (!settled.empty()) actions_.push_back(Acknowledge{subscription, std::exchange(settled, {})});
  subscriptions_[subscription].acknowledge_at = kNever;
}

void Copier::flush_acknowledgements(Time now, bool all) {
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    SubscriptionState& state = subscriptions_[i];
    const std::vector<EventId>& settled = ledger_.acknowledgements(i);
    if (settled.empty()) continue;
    const auto group = static_cast<std::size_t>(std::max(1, state.buffer_size / 8));
    if (all || settled.size() >= group || now >= state.acknowledge_at || ledger_.outstanding(i) == 0) {
      acknowledge_settled(i);
    } else if (state.acknowledge_at == kNever) {
      state.acknowledge_at = now + settings_.acknowledgement_delay;
    }
  }
}

std::string Copier::last_words_of_stop() const {
  if (appends_.empty()) return "asked to stop; what was in flight is settled";
  return "asked to stop; the destination did not confirm " + std::to_string(events_in_flight_) +
         " events in time, they come again at the next start";
}

void Copier::exit(ExitCode code, std::string last_words) {
  if (has_exited_) return;
  has_exited_ = true;
  actions_.push_back(Exit{code, std::move(last_words)});
}

std::optional<Time> Copier::next_deadline() {
  if (has_exited_) return std::nullopt;
  Time deadline = stop_by_;
  if (const auto timer = timers_.next(holding_timer())) deadline = std::min(deadline, *timer);
  if (const auto read = links_.next_deadline(); read && stop_by_ == kNever) deadline = std::min(deadline, *read);
  for (const SubscriptionState& state : subscriptions_) {
    deadline = std::min(deadline, state.acknowledge_at);
    if (stop_by_ != kNever) continue;
    deadline = std::min(deadline, state.reconnect_at);
    if (is_link_awaited()) continue;
    if (is_position_awaited()) deadline = std::min(deadline, state.older_connections_until);
    if (!queue_.empty() && !arrived_up_to_) deadline = std::min(deadline, redelivered_until_);
  }
  if (deadline == kNever) return std::nullopt;
  return deadline;
}

Copier::Load Copier::load() const {
  return {held_events_ + links_.size(),
          held_bytes_ + links_.bytes(),
          appends_.size(),
          events_in_flight_,
          bytes_in_flight_,
          reads_.size(),
          lanes_.size()};
}

SubscriptionLoad Copier::load(SubscriptionIndex subscription) const {
  const Time until = subscriptions_[subscription].older_connections_until;
  return {unsettled(subscription), until == kNever ? Time{0} : until};
}

}  // namespace interconnect
