#include "domain/copier/intake.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "domain/copier/carried_streams.h"
#include "domain/copier/describe.h"
#include "domain/event_metadata.h"
#include "domain/link.h"
#include "domain/subscription_scope.h"

namespace interconnect {
namespace {

// 5.0.1 closes a client's connection when more than 10 MiB are pending to it, and pushes a whole buffer at once.
constexpr std::size_t kMaxPendingBytes = 8 << 20;

// From the group's parked stream (PersistentSubscription.cs, ReplayParkedMessages).
bool is_replayed(const Delivery& delivery) {
  return delivery.link != nullptr && delivery.link->stream.starts_with("$persistentsubscription-") &&
         delivery.link->stream.ends_with("-parked");
}

// A category's own link names the stream whatever character the projection cuts names at.
bool carries_whole(std::string_view subscribed, const Delivery& delivery) {
  const std::string_view stream = delivery.event->stream;
  if (carries_whole_stream(subscribed, stream)) return true;
  if (!may_be_of_category(subscribed, stream) || delivery.link == nullptr) return false;
  const auto target = parse_link(delivery.link->data);
  return target && target->stream == stream;
}

LinkResolver::Settings link_settings(const CopierSettings& settings, bool is_one_queue) {
  return {.one_queue = is_one_queue,
          .max_reads = settings.max_link_reads,
          .reading = {.min_retry_delay = settings.min_retry_delay,
                      .max_retry_delay = settings.max_retry_delay,
                      .patience = settings.writer_timeout}};
}

}  // namespace

Intake::Intake(Surroundings& surroundings, const std::vector<Subscription>& subscriptions, bool is_one_queue)
    : our_(surroundings),
      ledger_(subscriptions.size(), surroundings.settings.remembered_events),
      links_(link_settings(surroundings.settings, is_one_queue), surroundings.held) {
  for (const Subscription& subscription : subscriptions) {
    for (const State& other : states_) {
      share_streams_ = share_streams_ || interconnect::share_streams(other.subscription.stream, subscription.stream);
    }
    states_.push_back(make_state(subscription, is_one_queue));
  }
}

Intake::State Intake::make_state(const Subscription& subscription, bool is_one_queue) const {
  const CopierSettings& settings = our_.settings;
  return {.subscription = subscription,
          .only_type = only_type_of(subscription.stream),
          .buffer = BufferControl(subscription.buffer_size, {.reconnection_interval = settings.reconnection_interval(),
                                                             .first_patience = settings.reconnection_interval(),
                                                             .most_patience = settings.predecessor_wait,
                                                             .grows_for_predecessor = is_one_queue}),
          .wait = PredecessorWait(settings.predecessor_wait, settings.least_rest_of_wait())};
}

// --- Connections ---

void Intake::on_subscription_started(const SubscriptionStarted& started, Time now) {
  State& state = states_[started.subscription];
  state.buffer.on_connected(now);
  state.denied_since = kNever;
  const bool is_new_group = started.group == GroupState::kCreated && !state.has_started;
  state.wait.on_connected(is_new_group, now);
  order_->on_connected(!state.has_started, is_new_group, now);
  state.has_started = true;
  state.nature = {.is_pinned = started.effective.consumer_strategy == ConsumerStrategy::kPinned,
                  .began_at_start = started.effective.start_from == 0};
  our_.observer.on_subscription_started(state.subscription, started);
}

void Intake::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message,
                                     Time now) {
  State& state = states_[subscription];
  ledger_.disconnect(subscription);
  drop_links(subscription);
  state.wait.on_connection_lost();
  if (reason == DropReason::kConnectionLost) state.buffer.on_connection_lost(kMaxPendingBytes / states_.size(), now);
  state.buffer.on_dropped();
  our_.observer.on_subscription_dropped(state.subscription, reason, message);
  if (!is_refusal(reason)) {
    state.denied_since = kNever;
  } else if (state.denied_since == kNever) {
    state.denied_since = now;
  } else if (!is_stopping_ && now - state.denied_since >= our_.settings.writer_timeout) {
    // Not for the first time: a server that has just started refuses right credentials for a moment.
    our_.outbox.exit(ExitCode::kRefusedByServer, "the source refuses the subscription to '" +
                                                     excerpt(state.subscription.stream) + "' as group '" +
                                                     excerpt(state.subscription.group) + "': " + std::string(message));
  }
}

void Intake::advance(Time now) {
  read_links(now);
  for (SubscriptionIndex i = 0; i < states_.size(); ++i) {
    states_[i].buffer.reclaim(ledger_.repeated(i), now);
    if (now >= states_[i].buffer.reconnect_at()) reconnect(i, now);
  }
}

// What comes is dropped until the connection with the smaller buffer is there; then it comes again.
void Intake::discard_until_reconnected(SubscriptionIndex subscription, Time now) {
  State& state = states_[subscription];
  const Budget& held = our_.held;
  const std::size_t mean_bytes = std::max<std::size_t>(1, held.bytes() / std::max<std::size_t>(1, held.events()));
  const std::size_t share = our_.settings.max_held_bytes / 2 / states_.size();
  // As long as the buffer gets smaller, renewing the wait has an end.
  if (state.buffer.shrink(static_cast<std::int64_t>(share / mean_bytes), now)) renew_wait(state);
  drop_links(subscription);
}

void Intake::renew_wait(State& state) {
  state.wait.renew_at_reconnection();
  order_->on_wait_renewed();
}

void Intake::await_predecessor(SubscriptionIndex subscription, Time now) {
  State& state = states_[subscription];
  const std::size_t taken = unsettled(subscription) + ledger_.repeated(subscription);
  if (state.buffer.make_room(taken, now)) renew_wait(state);
}

void Intake::reconnect(SubscriptionIndex subscription, Time now) {
  State& state = states_[subscription];
  state.buffer.on_reconnecting(now);
  state.wait.on_reconnecting();
  // While the connection is there that they belong to: else all that is settled comes again.
  acknowledge_settled(subscription);
  ledger_.disconnect(subscription);
  drop_links(subscription);
  recipient_->withdraw_unsent();
  our_.outbox.put(Resubscribe{subscription, state.buffer.size()});
}

// --- Deliveries ---

void Intake::on_delivery(const Delivery& delivery, Time now) {
  State& state = states_[delivery.subscription];
  state.buffer.on_delivered(delivery.event != nullptr ? delivery.event->bytes() : 0);
  if (our_.outbox.has_exited() || is_stopping_ || state.buffer.is_discarding()) {
    return our_.observer.on_deliveries_discarded(1);
  }
  order_->on_delivered(delivery.position, delivery.retry_count);
  if (LinkResolver::is_unresolved(delivery) || links_.must_wait(delivery)) return resolve_link(delivery, now);
  judge(delivery, now);
}

void Intake::judge(const Delivery& delivery, Time now) {
  if (is_of_the_system(states_[delivery.subscription].subscription.stream, delivery.event->stream)) {
    return refuse(delivery, {false, "its stream belongs to the server, and no subscription names it"});
  }
  const Verdict verdict = our_.policy.judge(*delivery.event);
  if (std::holds_alternative<Allowed>(verdict)) return hold(delivery, now);
  if (const auto* invalid = std::get_if<Invalid>(&verdict)) return refuse(delivery, {true, invalid->reason});
  refuse(delivery, {false, "its type is not among those to be copied"});
}

void Intake::refuse(const Delivery& delivery, const InvalidEvent& why) {
  const EventView& event = *delivery.event;
  const SafetyAction action = our_.safety_net.invalid_event(event, why);
  if (action != SafetyAction::kPark) {
    why.allowed_type ? our_.observer.on_event_invalid(event, why.reason)
                     : our_.observer.on_event_filtered(event, why.reason);
  }
  switch (action) {
    case SafetyAction::kSkip:
      ledger_.arrive_and_settle(delivery.subscription, delivery.ack_id);
      break;
    case SafetyAction::kPark:
      our_.observer.on_event_parked(event, why.reason);
      our_.outbox.put(ParkEvent{delivery.subscription, delivery.ack_id, why.reason});
      break;
    case SafetyAction::kExit:
    case SafetyAction::kRetry:
      our_.outbox.exit(ExitCode::kKilledBySafetyRules, last_words_of_invalid(event, why.reason));
      return;
  }
  recipient_->pass_over(event.stream, event.revision);
}

void Intake::hold(const Delivery& delivery, Time now) {
  const EventView& event = *delivery.event;
  const EventIdentity identity = identify(event.stream, event.id);
  Event copy = with_copy_metadata(event, our_.settings.copy_metadata);
  if (!our_.fits(copy.bytes()) && !ledger_.is_held_or_settled(identity)) {
    order_->forget({&delivery.position, 1});
    our_.observer.on_deliveries_discarded(1);
    return discard_until_reconnected(delivery.subscription, now);
  }
  switch (ledger_.arrive(identity, event.revision, delivery.subscription, delivery.ack_id)) {
    case Ledger::Arrival::kNew:
      break;
    case Ledger::Arrival::kHeld:
    case Ledger::Arrival::kSettled:
      our_.observer.on_event_redelivered(event);
      return;
    case Ledger::Arrival::kHeldUnderOtherRevision:
    case Ledger::Arrival::kSettledUnderOtherRevision:
      our_.observer.on_duplicate_id(event);
      recipient_->pass_over(event.stream, event.revision);
      return;
  }
  HeldEvent held(std::move(copy), event);
  held.subscription = delivery.subscription;
  held.position = delivery.position;
  held.is_redelivered = delivery.retry_count > 0;
  held.is_replayed = is_replayed(delivery);
  const std::string_view subscribed = states_[delivery.subscription].subscription.stream;
  held.comes_from_projection = event.stream != subscribed;
  held.is_carried_whole = carries_whole(subscribed, delivery);
  recipient_->take(identity, std::move(held), now);
}

std::size_t Intake::unsettled(SubscriptionIndex subscription) const {
  return ledger_.outstanding(subscription) + links_.size(subscription);
}

bool Intake::would_admit(SubscriptionIndex subscription, const EventView& event) const {
  const State& state = states_[subscription];
  if (!state.only_type.empty() && event.type != state.only_type) return false;
  return std::holds_alternative<Allowed>(our_.policy.judge(event));
}

// --- Links ---

void Intake::resolve_link(const Delivery& delivery, Time now) {
  if (!our_.fits(LinkResolver::bytes_of(delivery))) {
    order_->forget_unless_queued({&delivery.position, 1});
    our_.observer.on_deliveries_discarded(1);
    return discard_until_reconnected(delivery.subscription, now);
  }
  LinkResolver::is_unresolved(delivery) ? links_.add(delivery, now) : links_.add_behind(delivery);
}

bool Intake::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now) {
  const auto link = link_reads_.find(read_id);
  if (link == link_reads_.end()) return false;
  const std::uint64_t key = link->second;
  link_reads_.erase(link);
  if (const auto* error = std::get_if<StoreError>(&outcome)) our_.observer.on_error(Store::kSource, *error);
  links_.on_read(key, outcome, now);
  release_resolved(now);
  discard_read_links(now);
  return true;
}

// What waited for a link and need not any more.
void Intake::release_resolved(Time now) {
  while (!our_.outbox.has_exited() && !is_stopping_) {
    const std::optional<LinkResolver::Outcome> outcome = links_.next();
    if (!outcome) return;
    on_resolved(*outcome, now);
  }
}

void Intake::on_resolved(const LinkResolver::Outcome& outcome, Time now) {
  Delivery delivery = outcome.delivery;
  const EventView link = outcome.link ? outcome.link->view() : EventView{};
  const EventView event = outcome.event ? outcome.event->view() : EventView{};
  switch (outcome.kind) {
    case LinkResolver::Outcome::Kind::kEvent:
      delivery.event = &event;
      if (outcome.link) delivery.link = &link;
      return judge(delivery, now);
    case LinkResolver::Outcome::Kind::kInvalid:
      delivery.event = &link;
      return refuse(delivery, {true, outcome.reason});
    case LinkResolver::Outcome::Kind::kGone:
      our_.observer.on_link_target_gone({outcome.target_stream, outcome.target_revision, outcome.reason});
      ledger_.arrive_and_settle(delivery.subscription, delivery.ack_id);
      return recipient_->pass_over(outcome.target_stream, outcome.target_revision);
  }
}

// What was read for links may be more than may be held.
void Intake::discard_read_links(Time now) {
  while (links_.size() > 0 && !our_.fits(0) && our_.held.events() > 1) {
    SubscriptionIndex largest = 0;
    for (SubscriptionIndex i = 1; i < states_.size(); ++i) {
      if (links_.size(i) > links_.size(largest)) largest = i;
    }
    discard_until_reconnected(largest, now);
  }
}

void Intake::read_links(Time now) {
  release_resolved(now);
  while (const auto read = links_.next_read(now)) {
    link_reads_.emplace(our_.outbox.put_read(Store::kSource, read->read), read->key);
  }
  if (const auto& denied = links_.denied()) {
    our_.outbox.exit(ExitCode::kRefusedByServer, "the source does not let us read stream '" + excerpt(denied->stream) +
                                                     "', to which a link points that came without its event: " +
                                                     denied->message + "; give the user the right to read it");
  }
}

// What the lost connection delivered comes again; what it delivered a second time may be held since the first.
void Intake::drop_links(SubscriptionIndex subscription) {
  const std::vector<Revision> positions = links_.drop(subscription);
  if (!positions.empty()) our_.observer.on_deliveries_discarded(positions.size());
  order_->forget_unless_queued(positions);
}

// --- What is owed ---

void Intake::acknowledge_settled(SubscriptionIndex subscription) {
  std::vector<EventId>& settled = ledger_.acknowledgements(subscription);
  if (!settled.empty()) our_.outbox.put(Acknowledge{subscription, std::exchange(settled, {})});
  states_[subscription].acknowledge_at = kNever;
}

void Intake::acknowledge(Time now, bool all) {
  for (SubscriptionIndex i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    const std::vector<EventId>& settled = ledger_.acknowledgements(i);
    if (settled.empty()) continue;
    const auto group = static_cast<std::size_t>(std::max(1, state.buffer.size() / 8));
    if (all || settled.size() >= group || now >= state.acknowledge_at || ledger_.outstanding(i) == 0) {
      acknowledge_settled(i);
    } else if (state.acknowledge_at == kNever) {
      state.acknowledge_at = now + our_.settings.acknowledgement_delay;
    }
  }
}

// Only what was delivered on a living connection can be parked. What a lost one delivered comes again, and then is.
void Intake::park(const EventIdentity& identity, const EventView& event, const WriteFailure& failure) {
  const bool is_delivered = ledger_.is_delivered(identity);
  const std::vector<Ledger::Claim> claims = ledger_.give_up(identity);
  if (!is_delivered) return our_.observer.on_event_skipped(event, failure);
  if (claims.empty()) return our_.observer.on_deliveries_discarded(1);
  const std::string& reason = failure.message;
  our_.observer.on_event_parked(event, reason);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const bool is_repeated = std::any_of(
        claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const auto& c) { return c.subscription == claims[i].subscription && c.ack_id == claims[i].ack_id; });
    if (!is_repeated) our_.outbox.put(ParkEvent{claims[i].subscription, claims[i].ack_id, reason});
  }
}

Time Intake::next_deadline() const {
  Time deadline = kNever;
  for (const State& state : states_) {
    deadline = std::min(deadline, state.acknowledge_at);
    if (!is_stopping_) deadline = std::min(deadline, state.buffer.reconnect_at());
  }
  if (const auto read = links_.next_deadline(); read && !is_stopping_) deadline = std::min(deadline, *read);
  return deadline;
}

SubscriptionLoad Intake::load(SubscriptionIndex subscription) const {
  const Time until = states_[subscription].wait.until();
  return {unsettled(subscription), until == kNever ? Time{0} : until};
}

}  // namespace interconnect
