#include "adapters/grpc/io/grpc_source.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/wire/encode.h"
#include "adapters/grpc/wire/group_info.h"
#include "adapters/http_api/paths.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

constexpr char kRead[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read";
constexpr char kCreate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create";
constexpr char kUpdate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Update";

// For how long acknowledgements are gathered at most, and how many: a message for each would cost more than the events.
// Far below the window, so that the server never waits for them.
constexpr auto kAckDelay = std::chrono::milliseconds(5);
// How long the confirmation of a subscription is waited for before it is asked for again; doubled each time.
constexpr Duration kFirstSilence = std::chrono::milliseconds(500);
// How often a server that does not confirm is asked meanwhile whether it serves groups yet, and how long a confirmation
// may take from then on; doubled each time.
constexpr Duration kGroupsInterval = std::chrono::milliseconds(150);
constexpr Duration kFirstGrace = std::chrono::milliseconds(250);
// Calls that are not confirmed, of one subscription: those before are given up.
constexpr std::size_t kMaxSilent = 16;
std::size_t ack_batch(std::int32_t buffer_size) { return static_cast<std::size_t>(std::max(buffer_size / 8, 1)); }

Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::string name_of(const Subscription& subscription) {
  return "subscription " + excerpt(subscription.stream) + "::" + excerpt(subscription.group);
}

std::string reason_of(const HttpAnswer& answer) {
  if (answer.status == 0) return answer.body;
  return answer.status == 200 ? "the answer is not understood" : "HTTP status " + std::to_string(answer.status);
}

}  // namespace

GrpcSource::GrpcSource(boost::asio::io_context& io, GrpcStoreSettings settings, std::vector<Subscription> subscriptions)
    : stop_timer_(io),
      groups_timer_(io),
      client_(io, std::move(settings),
              {.drained = [this] { on_drained(); },
               .connected = [this] { on_connected(); },
               .failed = [this](const StoreError& error) { on_no_connection(error); },
               .lost =
                   [this](const StoreError& error) {
                     on_no_connection(error);
                     lose(error.message);
                   }}) {
  for (Subscription& subscription : subscriptions) {
    states_.push_back(std::make_unique<State>(io, std::move(subscription), client_.settings()));
  }
}

void GrpcSource::start(EventSourceListener& listener) {
  listener_ = &listener;
  client_.connect();
}

void GrpcSource::subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) {
  if (asked_to_stop_) return;
  states_[subscription]->buffer_size = buffer_size;
  attempt(subscription);
}

// Begins anew, whatever was under way. But a Read is not cancelled before it is confirmed: 21.2.0 would keep its
// consumer for ever (see StaleConsumers). It is confirmed soon, or ends, or its time is over.
void GrpcSource::attempt(SubscriptionIndex index) {
  State& state = *states_[index];
  if (state.call != nullptr && !state.confirmed) {
    state.again = true;
    return;
  }
  if (state.call != nullptr) std::exchange(state.call, nullptr)->let_go();
  reset(state);
  ++state.attempt;
  state.awaits_node = true;
  if (client_.connected()) client_.later([this] { on_connected(); });
}

void GrpcSource::on_connected() {
  for (SubscriptionIndex index = 0; index < states_.size(); ++index) {
    if (asked_to_stop_ || !client_.connected()) return;
    if (std::exchange(states_[index]->awaits_node, false)) next_step(index);
  }
}

// Those that were connected are told of by the end of their own calls.
void GrpcSource::on_no_connection(const StoreError& error) {
  for (SubscriptionIndex index = 0; index < states_.size() && !asked_to_stop_; ++index) {
    if (!states_[index]->awaits_node) continue;
    const DropReason reason = error.kind == ErrorKind::kNotAuthenticated ? DropReason::kNotAuthenticated
                              : error.kind == ErrorKind::kAccessDenied   ? DropReason::kAccessDenied
                                                                         : DropReason::kConnectionLost;
    listener_->on_subscription_dropped(index, reason, name_of(states_[index]->wanted) + ": " + error.message);
  }
}

void GrpcSource::reset(State& state) {
  state.confirmed = false;
  state.again = false;
  state.awaits_node = false;
  state.writing = false;
  state.timer.cancel();
  state.look_timer.cancel();
  state.stale_consumers.disconnected();
}

void GrpcSource::next_step(SubscriptionIndex index) {
  State& state = *states_[index];
  if (state.session.next_step() == SubscriptionSession::Step::kConnect) {
    connect(index);
    return;
  }
  state.upsert.emplace(state.wanted.settings);
  upsert(index, state.upsert->start());
}

void GrpcSource::upsert(SubscriptionIndex index, GroupUpsert::Action action) {
  State& state = *states_[index];
  if (std::holds_alternative<GroupUpsert::ReadInfo>(action)) {
    read_group(index);
  } else if (const auto* ready = std::get_if<GroupUpsert::Ready>(&action)) {
    state.session.group_ready(*ready);
    connect(index);
  } else if (const auto* failed = std::get_if<GroupUpsert::Failed>(&action)) {
    fail(index, failed->status);
  } else {
    const auto* update = std::get_if<GroupUpsert::Update>(&action);
    Subscription group = state.wanted;
    if (update != nullptr) group.settings = update->settings;
    client_.ask(
        update == nullptr ? kCreate : kUpdate,
        update == nullptr ? encode_create_group(group) : encode_update_group(group),
        client_.settings().operation_timeout,
        [this, index, create = update == nullptr, attempt = state.attempt](const CallStatus& status, std::string_view) {
          State& state = *states_[index];
          if (asked_to_stop_ || state.attempt != attempt) return;
          upsert(index, create ? state.upsert->created(status) : state.upsert->updated(status));
        });
  }
}

// 21.2.0 has no call of gRPC for it, later servers keep this one.
void GrpcSource::read_group(SubscriptionIndex index) {
  State& state = *states_[index];
  client_.get(http_api::group_info_path(state.wanted.stream, state.wanted.group),
              [this, index, attempt = state.attempt](const HttpAnswer& answer) {
                State& state = *states_[index];
                if (asked_to_stop_ || state.attempt != attempt) return;
                if (!client_.connected()) {
                  CallStatus status;
                  status.code = kStatusUnavailable;
                  status.message = answer.body;
                  return fail(index, status);
                }
                if (answer.status == 404) return upsert(index, state.upsert->info_missing());
                if (answer.status == 200) {
                  if (const auto info = decode_group_info(answer.body)) {
                    return upsert(index, state.upsert->info_read(*info));
                  }
                }
                LOG(WARNING) << "the settings of " << name_of(state.wanted) << " cannot be read: " << reason_of(answer);
                upsert(index, state.upsert->info_unreadable());
              });
}

void GrpcSource::connect(SubscriptionIndex index) {
  states_[index]->silence = kFirstSilence;
  states_[index]->grace = kFirstGrace;
  knows_of_groups_ = false;
  ask(index);
  states_[index]->awaited_since = now();
  await_groups();
  await_confirmation(index, client_.settings().operation_timeout);
}

void GrpcSource::ask(SubscriptionIndex index) {
  State& state = *states_[index];
  auto call = std::make_unique<SubscriptionCall>(static_cast<SubscriptionCall::Owner&>(*this), index);
  state.call = call.get();
  state.asked_at = now();
  state.asked_for = state.buffer_size;
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_byte_buffer(encode_subscribe(state.wanted.stream, state.wanted.group, state.buffer_size)));
  client_.start(std::move(call), kRead, std::move(messages), {.stays_open = true});
}

// A server that has just started, or has just become the leader, ignores the question
// (PersistentSubscriptionService.cs, until started): it is asked again beside it. What is not confirmed is not
// cancelled, as in attempt(), but taken when it is after all: one that is slow would else never get to an end.
void GrpcSource::await_confirmation(SubscriptionIndex index, Duration time_left) {
  State& state = *states_[index];
  const Duration pause = std::min(state.silence, time_left);
  wait(index, pause, [this, index, time_left = time_left - pause] {
    State& state = *states_[index];
    if (state.confirmed) return;
    if (time_left > Duration::zero()) {
      state.silence *= 2;
      if (!knows_of_groups_) ask_again(index);
      return await_confirmation(index, time_left);
    }
    put_aside(state);
    CallStatus status;
    status.code = kDeadlineExceeded;
    status.message = "no confirmation";
    fail(index, status);
  });
}

void GrpcSource::put_aside(State& state) {
  if (state.call == nullptr) return;
  state.silent.push_back({std::exchange(state.call, nullptr), state.asked_for});
  if (state.silent.size() <= kMaxSilent) return;
  state.silent.front().call->let_go();
  state.silent.erase(state.silent.begin());
}

void GrpcSource::ask_again(SubscriptionIndex index) {
  put_aside(*states_[index]);
  ask(index);
}

// Over HTTP a server whose groups are not served yet says so (503): what is asked once they are is not ignored. They
// are all served from the same moment on, so that one question does for all. One that shuts down says nothing.
void GrpcSource::await_groups() {
  if (std::exchange(awaits_groups_, true)) return;
  groups_timer_.expires_after(kGroupsInterval);
  groups_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || !alive.lock() || asked_to_stop_) return;
    awaits_groups_ = false;
    look_for_groups();
  });
}

void GrpcSource::look_for_groups() {
  const auto is_awaited = [](const auto& state) { return state->call != nullptr && !state->confirmed; };
  const auto awaited = std::find_if(states_.begin(), states_.end(), is_awaited);
  if (awaited == states_.end()) return;
  if (now() >= (*awaited)->awaited_since + NodeConnection::kSilence) client_.suspect_node();
  if (!std::exchange(asks_for_groups_, true)) {
    const Subscription& wanted = (*awaited)->wanted;
    client_.get(http_api::group_info_path(wanted.stream, wanted.group),
                [this, asked_at = now()](const HttpAnswer& answer) {
                  asks_for_groups_ = false;
                  if (asked_to_stop_) return;
                  knows_of_groups_ = answer.status == 200 || answer.status == 503;
                  if (answer.status == 200) on_groups_served(asked_at);
                });
  }
  await_groups();
}

void GrpcSource::on_groups_served(Time asked_at) {
  for (SubscriptionIndex index = 0; index < states_.size(); ++index) {
    State& state = *states_[index];
    if (state.call == nullptr || state.confirmed || asked_at < state.asked_at + state.grace) continue;
    state.grace *= 2;
    ask_again(index);
  }
}

void GrpcSource::wait(SubscriptionIndex index, Duration duration, std::function<void()> then) {
  State& state = *states_[index];
  state.timer.expires_after(duration);
  state.timer.async_wait([this, alive = std::weak_ptr(alive_), index, attempt = state.attempt,
                          then = std::move(then)](boost::system::error_code error) {
    if (error || !alive.lock() || asked_to_stop_) return;
    if (states_[index]->attempt == attempt) then();
  });
}

void GrpcSource::on_confirmed(SubscriptionCall& call) {
  const SubscriptionIndex index = call.subscription();
  State& state = *states_[index];
  if (&call != state.call) {
    const auto is_it = [&call](const State::Silent& silent) { return silent.call == &call; };
    const auto silent = std::find_if(state.silent.begin(), state.silent.end(), is_it);
    const bool is_wanted = silent != state.silent.end() && silent->buffer_size == state.buffer_size &&
                           !state.confirmed && !state.again && !state.awaits_node && !asked_to_stop_ &&
                           call.connection == client_.connection() &&
                           state.session.next_step() == SubscriptionSession::Step::kConnect;
    if (silent != state.silent.end()) state.silent.erase(silent);
    if (!is_wanted) return call.let_go();
    put_aside(state);
    state.call = &call;
    state.asked_for = state.buffer_size;
    ++state.attempt;  // whatever was to be tried next need not be
  }
  if (std::exchange(state.confirmed, true)) return;
  if (asked_to_stop_) {
    flush_acks(state);
    return stop_when_written();
  }
  if (state.again) return attempt(index);
  state.timer.cancel();
  state.stale_consumers.connected(now());
  await_look(index);
  const GroupUpsert::Ready group = state.session.confirmed(now());
  listener_->on_subscription_started({index, group.state, group.effective});
  flush_acks(state);
}

void GrpcSource::await_look(SubscriptionIndex index) {
  State& state = *states_[index];
  const auto next = state.stale_consumers.next_look();
  if (!next || asked_to_stop_) return;
  state.look_timer.expires_after(std::max(*next - now(), Duration::zero()));
  state.look_timer.async_wait(
      [this, alive = std::weak_ptr(alive_), index, attempt = state.attempt](boost::system::error_code error) {
        if (error || !alive.lock() || asked_to_stop_) return;
        if (states_[index]->attempt == attempt) look(index);
      });
}

void GrpcSource::look(SubscriptionIndex index) {
  State& state = *states_[index];
  state.stale_consumers.looking();
  client_.get(http_api::group_info_path(state.wanted.stream, state.wanted.group),
              [this, index, attempt = state.attempt](const HttpAnswer& answer) {
                State& state = *states_[index];
                if (asked_to_stop_ || state.attempt != attempt) return;
                if (const auto group = answer.status == 200 ? decode_group_info(answer.body) : std::nullopt) {
                  if (const auto stale = state.stale_consumers.looked(group->connections, now())) {
                    evict(index, *group, *stale);
                  }
                } else if (state.stale_consumers.not_looked(answer.status != 0, now())) {
                  LOG(WARNING) << "who is connected to " << name_of(state.wanted) << " cannot be read, so a consumer "
                               << "that died and is still listed would not be noticed: " << reason_of(answer);
                }
                await_look(index);
                if (state.stale_consumers.suspects_older()) listener_->on_older_consumers_suspected(index);
              });
}

void GrpcSource::evict(SubscriptionIndex index, const GroupInfo& group, const StaleConsumers::Stale& stale) {
  update_to_mend(index, group,
                 name_of(states_[index]->wanted) + ": its consumer " + excerpt(stale.connection.connection_name) +
                     " holds " + std::to_string(stale.connection.in_flight_messages) +
                     " events and has answered for none in " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(stale.seen_for).count()) + " s");
}

void GrpcSource::update_to_mend(SubscriptionIndex index, const GroupInfo& group, const std::string& finding) {
  Subscription updated = states_[index]->wanted;
  if (group.known_strategy) updated.settings = group.settings;
  if (update_loses_place(updated.settings, group.last_checkpoint)) {
    LOG(WARNING) << finding << ". The group is not updated to mend that: without a checkpoint it would start anew at "
                 << "the end of the stream";
    return;
  }
  LOG(WARNING) << finding << ": the group is updated to mend that, and all its consumers connect anew";
  client_.ask(kUpdate, encode_update_group(updated), client_.settings().operation_timeout,
              [this, index, name = name_of(updated)](const CallStatus& status, std::string_view) {
                if (status.ok()) return;
                const StoreError error = to_store_error(status, "update of " + name);
                LOG(WARNING) << error.message;
                if (is_transient(error.kind)) states_[index]->stale_consumers.not_evicted();
              });
}

void GrpcSource::renew_group(SubscriptionIndex index) {
  State& state = *states_[index];
  if (asked_to_stop_ || !state.confirmed) return;
  client_.get(http_api::group_info_path(state.wanted.stream, state.wanted.group),
              [this, index, attempt = state.attempt](const HttpAnswer& answer) {
                State& state = *states_[index];
                if (asked_to_stop_ || state.attempt != attempt) return;
                const std::string finding = name_of(state.wanted) + " delivers nothing, though its stream has more";
                const auto group = answer.status == 200 ? decode_group_info(answer.body) : std::nullopt;
                if (group && group->known_strategy) return update_to_mend(index, *group, finding);
                LOG(WARNING) << finding << ". The group is not updated to mend that: its settings cannot be read: "
                             << reason_of(answer);
              });
}

void GrpcSource::on_event(SubscriptionCall& call, const PushedEvent& event) {
  if (asked_to_stop_ || &call != states_[call.subscription()]->call) return;
  delivered_ = true;
  listener_->on_delivery({.subscription = call.subscription(),
                          .ack_id = event.ack_id,
                          .position = event.position,
                          .retry_count = event.retry_count,
                          .event = event.event ? &*event.event : nullptr,
                          .link = event.link ? &*event.link : nullptr});
}

void GrpcSource::on_ended(SubscriptionCall& call, const CallStatus& status) {
  State& state = *states_[call.subscription()];
  if (&call != state.call) {
    std::erase_if(state.silent, [&call](const State::Silent& silent) { return silent.call == &call; });
    return;
  }
  state.call = nullptr;
  if (asked_to_stop_) {
    stop_when_written();
    return;
  }
  fail(call.subscription(), status);
}

void GrpcSource::fail(SubscriptionIndex index, const CallStatus& status) {
  State& state = *states_[index];
  reset(state);
  const std::uint64_t attempt_number = ++state.attempt;
  if (is_not_leader(status) && !named_leader(status)) {
    client_.seek_leader(to_store_error(status, name_of(state.wanted)));
  }
  if (!client_.connected()) {
    // It goes on by itself as soon as there is a connection.
    state.awaits_node = true;
    const auto dropped = SubscriptionSession::describe(status, name_of(state.wanted));
    listener_->on_subscription_dropped(index, dropped.reason, dropped.message);
    return;
  }
  const SubscriptionSession::Dropped dropped = state.session.failed(status, name_of(state.wanted), now());
  listener_->on_subscription_dropped(index, dropped.reason, dropped.message);
  // The listener may have subscribed anew, or asked to stop.
  if (asked_to_stop_ || state.attempt != attempt_number) return;
  if (!dropped.retry_in) {
    lose(dropped.message + std::string(kNoMoreAttempts));
    return;
  }
  wait(index, *dropped.retry_in, [this, index] { attempt(index); });
}

void GrpcSource::lose(const std::string& message) {
  if (std::exchange(lost_, true)) return;
  listener_->on_source_lost(message);
}

void GrpcSource::acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) {
  State& state = *states_[subscription];
  state.pending_acks.insert(state.pending_acks.end(), ack_ids.begin(), ack_ids.end());
  if (state.pending_acks.size() >= ack_batch(state.buffer_size)) {
    flush_acks(state);
  } else {
    start_ack_timer(subscription);
  }
}

void GrpcSource::start_ack_timer(SubscriptionIndex index) {
  State& state = *states_[index];
  if (std::exchange(state.ack_timer_runs, true)) return;
  state.ack_timer.expires_after(kAckDelay);
  state.ack_timer.async_wait([this, alive = std::weak_ptr(alive_), index](boost::system::error_code error) {
    if (error || !alive.lock()) return;
    states_[index]->ack_timer_runs = false;
    flush_acks(*states_[index]);
  });
}

// One message at a time: what is acknowledged while it is written leaves together afterwards.
void GrpcSource::flush_acks(State& state) {
  if (!state.confirmed || state.writing || state.pending_acks.empty() || client_.stopping()) return;
  state.writing = true;
  state.call->send(to_byte_buffer(encode_ack(state.pending_acks)));
  state.pending_acks.clear();
}

void GrpcSource::park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) {
  State& state = *states_[subscription];
  // Without a connection the events come again anyway, and may then be parked.
  if (!state.confirmed || ack_ids.empty() || client_.stopping()) return;
  state.writing = true;
  state.call->send(to_byte_buffer(encode_park(ack_ids, reason)));
}

void GrpcSource::on_written(SubscriptionCall& call) {
  State& state = *states_[call.subscription()];
  state.writing = false;
  flush_acks(state);
  if (asked_to_stop_) stop_when_written();
}

void GrpcSource::on_drained() {
  if (!std::exchange(delivered_, false) || asked_to_stop_) return;
  listener_->on_deliveries_end();
}

void GrpcSource::stop(std::function<void()> stopped) {
  if (std::exchange(asked_to_stop_, true)) return;
  stopped_ = std::move(stopped);
  for (const auto& state : states_) {
    state->timer.cancel();
    state->ack_timer.cancel();
    state->look_timer.cancel();
    flush_acks(*state);
  }
  groups_timer_.cancel();
  stop_timer_.expires_after(client_.settings().operation_timeout);
  stop_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && alive.lock()) finish_stop();
  });
  client_.later([this] { stop_when_written(); });
}

// An acknowledgement has no answer, and a cancelled call may lose what the server has not read yet. So a last question
// is asked behind it on the same connection: when that is answered, what was sent before it has arrived, and has most
// likely been read. What was not comes again and is found at the destination. A Read that is not confirmed is waited
// for, as in attempt().
void GrpcSource::stop_when_written() {
  if (last_question_) return;
  bool subscribed = false;
  for (const auto& state : states_) {
    if (state->call == nullptr) continue;
    if (!state->confirmed || state->writing) return;
    subscribed = true;
  }
  last_question_ = true;
  if (!subscribed) return finish_stop();
  client_.probe([this](const std::optional<StoreError>&) { finish_stop(); });
}

void GrpcSource::finish_stop() {
  if (client_.stopping()) return;
  stop_timer_.cancel();
  client_.stop(std::move(stopped_));
}

}  // namespace interconnect::next

namespace interconnect {

std::unique_ptr<EventSource> make_grpc_source(boost::asio::io_context& io, GrpcStoreSettings settings,
                                              std::vector<Subscription> subscriptions) {
  return std::make_unique<next::GrpcSource>(io, std::move(settings), std::move(subscriptions));
}

}  // namespace interconnect
