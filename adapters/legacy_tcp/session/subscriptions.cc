// The parts of the session that keep persistent subscriptions and probes going.

#include <algorithm>
#include <utility>

#include "adapters/legacy_tcp/session/outcomes.h"
#include "adapters/legacy_tcp/session/session.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "domain/excerpt.h"

namespace interconnect::legacy {
namespace {

constexpr std::string_view kProbeStream = "interconnect-link-check";

// Keeps a package of acknowledgements well below what a server is used to read at once.
constexpr std::size_t kMaxIdsInPackage = 2'000;

template <typename Put>
void for_each_chunk(std::span<const EventId> ids, Put put) {
  while (!ids.empty()) {
    const std::size_t size = std::min(ids.size(), kMaxIdsInPackage);
    put(ids.first(size));
    ids = ids.subspan(size);
  }
}

}  // namespace

void Session::subscribe(Time now, SubscriptionIndex subscription, std::int32_t buffer_size, Actions& actions) {
  using State = SubscriptionStatus::State;
  SubscriptionStatus& status = subscriptions_[subscription];
  status.buffer_size = buffer_size;
  if (status.state == State::kUnused) {
    status.state = State::kUnprepared;
    advance_subscription(now, subscription, actions);
  } else if (status.state == State::kConnecting || status.state == State::kConnected) {
    disconnect_subscription(subscription);
    connect_subscription(now, subscription);
  }
}

void Session::advance_subscription(Time now, SubscriptionIndex index, Actions& actions) {
  using State = SubscriptionStatus::State;
  SubscriptionStatus& status = subscriptions_[index];
  if (phase_ != Phase::kReady) return;
  if (status.state == State::kUnprepared) {
    status.state = State::kPreparing;
    actions.push_back(PrepareGroup{index, !status.prepared_before});
  } else if (status.state == State::kPrepared) {
    connect_subscription(now, index);
  }
}

void Session::command_group(Time now, SubscriptionIndex subscription, GroupCommand command, const GroupSettings& group,
                            Actions& actions) {
  if (phase_ != Phase::kReady) {
    actions.push_back(GroupCommandEnd{subscription, last_error_});
    return;
  }
  const Subscription& wanted = settings_.subscriptions[subscription];
  const CorrelationId id = correlation(begin(now, GroupOperation{subscription, command}));
  const auto put =
      command == GroupCommand::kCreate ? put_create_persistent_subscription : put_update_persistent_subscription;
  put(output_, id, wanted.stream, wanted.group, group);
}

void Session::group_prepared(Time now, SubscriptionIndex subscription, GroupState state, const GroupSettings& effective,
                             std::string_view not_created) {
  SubscriptionStatus& status = subscriptions_[subscription];
  if (status.state != SubscriptionStatus::State::kPreparing) return;
  status.state = SubscriptionStatus::State::kPrepared;
  status.group = state;
  status.not_created = not_created;
  status.effective = effective;
  status.prepared_before = true;
  if (phase_ == Phase::kReady) connect_subscription(now, subscription);
}

void Session::group_failed(Time now, SubscriptionIndex subscription, DropReason reason, std::string_view message,
                           Actions& actions) {
  if (subscriptions_[subscription].state != SubscriptionStatus::State::kPreparing) return;
  refuse_subscription(now, subscription, reason, std::string(message), actions);
  subscriptions_[subscription].prepare_next = true;
}

void Session::connect_subscription(Time now, SubscriptionIndex index) {
  SubscriptionStatus& status = subscriptions_[index];
  const Subscription& subscription = settings_.subscriptions[index];
  status.state = SubscriptionStatus::State::kConnecting;
  status.serial = begin(now, ConnectOperation{index});
  put_connect_to_persistent_subscription(output_, correlation(status.serial), subscription.stream, subscription.group,
                                         status.buffer_size);
}

void Session::disconnect_subscription(SubscriptionIndex index) {
  SubscriptionStatus& status = subscriptions_[index];
  put_empty(output_, Command::kUnsubscribeFromStream, correlation(status.serial));
  (void)take(status.serial);
  status.serial = 0;
}

void Session::refuse_subscription(Time now, SubscriptionIndex index, DropReason reason, std::string message,
                                  Actions& actions) {
  SubscriptionStatus& status = subscriptions_[index];
  status.state = SubscriptionStatus::State::kWaiting;
  status.serial = 0;
  status.prepare_next = reason == DropReason::kNotFound;
  // What a refusal may have mended itself, or we can mend, is tried again without delay, the first time.
  const bool at_once = status.refusals == 0 && (reason == DropReason::kGroupChanged || reason == DropReason::kNotFound);
  status.retry_at = at_once ? now : now + retry_delay(status.refusals);
  ++status.refusals;
  actions.push_back(SubscriptionDrop{index, reason, std::move(message)});
}

void Session::retry_subscriptions(Time now, Actions& actions) {
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    SubscriptionStatus& status = subscriptions_[i];
    if (status.state != SubscriptionStatus::State::kWaiting || now < status.retry_at) continue;
    status.state = status.prepare_next ? SubscriptionStatus::State::kUnprepared : SubscriptionStatus::State::kPrepared;
    advance_subscription(now, i, actions);
  }
}

void Session::subscriptions_lost(std::string_view reason, Actions& actions) {
  using State = SubscriptionStatus::State;
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    SubscriptionStatus& status = subscriptions_[i];
    if (status.state != State::kConnecting && status.state != State::kConnected) continue;
    // Told of one that was not confirmed as well: it may have taken the place of another one, which is now gone too.
    actions.push_back(SubscriptionDrop{i, DropReason::kConnectionLost, excerpt(reason)});
    status.state = State::kPrepared;
    status.serial = 0;
  }
}

void Session::subscriptions_not_authenticated(Actions& actions) {
  const DropReason reason =
      last_error_.kind == ErrorKind::kNotAuthenticated ? DropReason::kNotAuthenticated : DropReason::kServer;
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    const SubscriptionStatus::State state = subscriptions_[i].state;
    if (state != SubscriptionStatus::State::kUnprepared && state != SubscriptionStatus::State::kPrepared) continue;
    actions.push_back(SubscriptionDrop{i, reason, last_error_.message});
  }
}

std::optional<SubscriptionIndex> Session::find_subscription(Serial serial) const {
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) {
    if (subscriptions_[i].serial == serial && serial != 0) return i;
  }
  return std::nullopt;
}

void Session::confirm(SubscriptionIndex index, const PersistentSubscriptionConfirmation& reply, Actions& actions) {
  SubscriptionStatus& status = subscriptions_[index];
  const Subscription& subscription = settings_.subscriptions[index];
  status.state = SubscriptionStatus::State::kConnected;
  status.refusals = 0;
  status.server_id = reply.subscription_id;
  if (status.server_id.empty()) status.server_id = subscription.stream + "::" + subscription.group;
  actions.push_back(SubscriptionStarted{index, status.group, status.effective});
  status.group = when_found_again(status.group);
}

void Session::handle_push(Serial serial, const PersistentEventAppeared& push, Actions& actions) {
  const std::optional<SubscriptionIndex> index = find_subscription(serial);
  if (!index) return;  // of a connection to the group that we have given up: it comes again
  const EventView& received = push.event.link ? *push.event.link : *push.event.event;
  Push action;
  action.delivery.subscription = *index;
  action.delivery.ack_id = received.id;
  action.delivery.position = received.revision;
  action.delivery.retry_count = push.retry_count;
  action.event = push.event.event;
  action.link = push.event.link;
  actions.push_back(std::move(action));
}

void Session::handle_drop(Time now, Serial serial, SubscriptionDropped::Reason reason, Actions& actions) {
  using Reason = SubscriptionDropped::Reason;
  const std::optional<SubscriptionIndex> index = find_subscription(serial);
  if (!index) return;  // the answer to our own unsubscribing
  (void)take(serial);
  SubscriptionStatus& status = subscriptions_[*index];
  const Subscription& subscription = settings_.subscriptions[*index];
  const std::string group = "'" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
  switch (reason) {
    case Reason::kUnsubscribed:
    case Reason::kPersistentSubscriptionDeleted:
      refuse_subscription(now, *index, DropReason::kGroupChanged, "group " + group + " was updated or deleted",
                          actions);
      break;
    case Reason::kNotFound:
      if (!status.not_created.empty()) {
        refuse_subscription(now, *index, DropReason::kAccessDenied, std::exchange(status.not_created, ""), actions);
        status.prepare_next = true;
        break;
      }
      refuse_subscription(now, *index, DropReason::kNotFound, "there is no group " + group, actions);
      break;
    case Reason::kAccessDenied:
      refuse_subscription(now, *index, DropReason::kAccessDenied,
                          "no right to read the stream of group " + group + who(), actions);
      break;
    case Reason::kSubscriberMaxCountReached:
      refuse_subscription(now, *index, DropReason::kTooManySubscribers,
                          "group " + group + " has its maximum of subscribers", actions);
      break;
  }
}

void Session::acknowledge(SubscriptionIndex subscription, std::span<const EventId> ids) {
  const SubscriptionStatus& status = subscriptions_[subscription];
  if (status.state != SubscriptionStatus::State::kConnected) return;
  for_each_chunk(ids, [&](std::span<const EventId> chunk) {
    put_ack_events(output_, correlation(status.serial), status.server_id, chunk);
  });
}

void Session::park(SubscriptionIndex subscription, std::span<const EventId> ids, std::string_view reason) {
  const SubscriptionStatus& status = subscriptions_[subscription];
  if (status.state != SubscriptionStatus::State::kConnected) return;
  const std::string message = excerpt(reason);
  for_each_chunk(ids, [&](std::span<const EventId> chunk) {
    put_nak_events(output_, correlation(status.serial), status.server_id, chunk, message, NakAction::kPark);
  });
}

// --- probes

void Session::probe(Time now, std::uint64_t id, Actions& actions) {
  if (phase_ == Phase::kReady) {
    ask(now, id);
  } else if (phase_ == Phase::kWaiting || phase_ == Phase::kRefused || phase_ == Phase::kLost) {
    actions.push_back(ProbeCompleted{id, last_error_});
  } else {
    probes_.push_back(id);
  }
}

void Session::ask(Time now, std::uint64_t probe) {
  const CorrelationId id = correlation(begin(now, ProbeOperation{probe}));
  put_read_stream_events(output_, id, ReadDirection::kBackward, kProbeStream, kStreamEnd, 1, false);
}

void Session::fail_probes(Actions& actions) {
  for (const std::uint64_t probe : std::exchange(probes_, {})) actions.push_back(ProbeCompleted{probe, last_error_});
}

}  // namespace interconnect::legacy
