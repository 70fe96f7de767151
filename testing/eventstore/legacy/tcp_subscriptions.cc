#include "testing/eventstore/legacy/tcp_subscriptions.h"

#include <regex>
#include <utility>
#include <vector>

#include "boost/asio/post.hpp"

namespace interconnect::eventstore {
namespace {

// Nothing if the filter is none, or its expression is malformed.
std::optional<EventFilter> filter_of(const dto::Filter& filter) {
  const auto by = filter.context() == dto::Filter::EventType ? EventFilter::By::kType : EventFilter::By::kStream;
  if (filter.type() == dto::Filter::Prefix) {
    return EventFilter(by, std::vector<std::string>(filter.data().begin(), filter.data().end()));
  }
  if (filter.data().empty()) return std::nullopt;
  try {
    return EventFilter(by, filter.data(0));
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace

void TcpConnection::PersistentClient::push(const ResolvedEvent& event, int retry_count) {
  message_.Clear();
  fill_indexed(event, message_.mutable_event());
  message_.set_retrycount(retry_count);
  connection_.send(Command::kPersistentSubscriptionStreamEventAppeared, correlation_id_, message_);
}

void TcpConnection::PersistentClient::dropped(DropReason) {
  connection_.send(Command::kSubscriptionDropped, correlation_id_, "");
  // The group still looks at this object until it returns.
  boost::asio::post(connection_.node_.io(), [connection = connection_.shared_from_this(), id = correlation_id_] {
    connection->persistent_.erase(id);
  });
}

TcpConnection::VolatileClient::VolatileClient(TcpConnection& connection, std::string correlation_id,
                                              VolatileOptions options)
    : connection_(connection), correlation_id_(std::move(correlation_id)), options_(std::move(options)) {
  connection_.node_.add_listener(options_.stream, this);
}

TcpConnection::VolatileClient::~VolatileClient() { connection_.node_.remove_listener(options_.stream, this); }

void TcpConnection::VolatileClient::committed(const Record& record) {
  if (!options_.filter || options_.filter->wants(record)) {
    dto::StreamEventAppeared message;
    const ResolvedEvent event =
        options_.resolve ? connection_.node_.store().resolve(record) : ResolvedEvent{&record, nullptr, true};
    fill_resolved(event, message.mutable_event());
    connection_.send(Command::kStreamEventAppeared, correlation_id_, message);
  }
  if (options_.checkpoint_interval <= 0 || ++considered_ < options_.checkpoint_interval) return;
  considered_ = 0;
  dto::CheckpointReached checkpoint;
  checkpoint.set_commit_position(record.position);
  checkpoint.set_prepare_position(record.position);
  connection_.send(Command::kCheckpointReached, correlation_id_, checkpoint);
}

void TcpConnection::subscribe(const Package& package, const User* user) {
  dto::SubscribeToStream message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  start_volatile(package, user, {.stream = message.event_stream_id(), .resolve = message.resolve_link_tos()});
}

void TcpConnection::subscribe_filtered(const Package& package, const User* user) {
  dto::FilteredSubscribeToStream message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  auto filter = filter_of(message.filter());
  if (!filter) return bad_request(package);
  start_volatile(package, user,
                 {.stream = message.event_stream_id(),
                  .resolve = message.resolve_link_tos(),
                  .filter = std::move(filter),
                  .checkpoint_interval = message.checkpoint_interval()});
}

void TcpConnection::start_volatile(const Package& package, const User* user, VolatileOptions options) {
  if (not_handled(package, !node_.ready())) return;
  const std::string& stream = options.stream;
  if (!node_.store().can_access(stream.empty() ? std::string(kAllStream) : stream, Access::kRead, user)) {
    dto::SubscriptionDropped dropped;
    dropped.set_reason(dto::SubscriptionDropped::AccessDenied);
    return send(Command::kSubscriptionDropped, package.correlation_id, dropped);
  }
  dto::SubscriptionConfirmation confirmation;
  confirmation.set_last_commit_position(node_.store().last_position());
  if (!stream.empty()) confirmation.set_last_event_number(node_.store().last_event_number(stream));
  // What was committed before is not this subscription's.
  node_.store().flush();
  send(Command::kSubscriptionConfirmation, package.correlation_id, confirmation);
  std::string id(package.correlation_id);
  volatile_[id] = std::make_unique<VolatileClient>(*this, id, std::move(options));
}

void TcpConnection::read_all_filtered(const Package& package, const User* user) {
  dto::FilteredReadAllEvents message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  const auto filter = filter_of(message.filter());
  if (!filter) return bad_request(package);
  if (not_handled(package, message.require_master())) return;
  const std::int64_t end = node_.store().end_position();
  LogPosition from{message.commit_position(), message.prepare_position()};
  if (from.commit == -1 && from.prepare == -1) from = {end, end};
  dto::FilteredReadAllEventsCompleted completed;
  completed.set_commit_position(from.commit);
  completed.set_prepare_position(from.prepare);
  const std::int64_t window = message.has_max_search_window() ? message.max_search_window() : message.max_count();
  const AllPage page =
      node_.store().read_all_forward(from, message.max_count(), message.resolve_link_tos(), user, &*filter, window);
  if (page.result == ReadResult::kAccessDenied) {
    completed.set_result(dto::FilteredReadAllEventsCompleted::AccessDenied);
  }
  for (const ResolvedEvent& event : page.events) fill_resolved(event, completed.add_events());
  completed.set_next_commit_position(page.next.commit);
  completed.set_next_prepare_position(page.next.prepare);
  completed.set_is_end_of_stream(page.is_end);
  send(Command::kFilteredReadAllEventsForwardCompleted, package.correlation_id, completed);
}

void TcpConnection::connect_persistent(const Package& package, const User* user) {
  dto::ConnectToPersistentSubscription message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  if (not_handled(package, true)) return;
  const auto found = node_.groups().find_to_connect(message.event_stream_id(), message.subscription_id(), user);
  if (found.subscription == nullptr) {
    dto::SubscriptionDropped dropped;
    dropped.set_reason(found.refused == DropReason::kAccessDenied ? dto::SubscriptionDropped::AccessDenied
                       : found.refused == DropReason::kNotFound   ? dto::SubscriptionDropped::NotFound
                                                                : dto::SubscriptionDropped::SubscriberMaxCountReached);
    return send(Command::kSubscriptionDropped, package.correlation_id, dropped);
  }
  dto::PersistentSubscriptionConfirmation confirmation;
  confirmation.set_last_commit_position(node_.store().last_position());
  confirmation.set_subscription_id(found.subscription->id());
  confirmation.set_last_event_number(node_.store().last_event_number(message.event_stream_id()));
  send(Command::kPersistentSubscriptionConfirmation, package.correlation_id, confirmation);
  std::string id(package.correlation_id);
  auto& client = persistent_[id];
  if (client != nullptr) node_.groups().remove_client(client.get());
  client = std::make_unique<PersistentClient>(*this, id, found.subscription->id());
  found.subscription->add_client(client.get(), message.allowed_in_flight_messages(),
                                 user == nullptr ? "anonymous" : user->name, stream_->remote(), connection_name_,
                                 node_.groups().now());
}

void TcpConnection::unsubscribe(const Package& package) {
  bool found = false;
  if (auto it = volatile_.find(package.correlation_id); it != volatile_.end()) {
    volatile_.erase(it);
    found = true;
  }
  if (auto it = persistent_.find(package.correlation_id); it != persistent_.end()) {
    const auto client = std::move(it->second);
    persistent_.erase(it);
    node_.groups().remove_client(client.get());
    found = true;
  }
  if (found) send(Command::kSubscriptionDropped, package.correlation_id, "");
}

void TcpConnection::acknowledge(const Package& package, bool nak) {
  dto::PersistentSubscriptionNakEvents message;
  // An ack is a nak without message and action; both carry the ids in the same field.
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  std::vector<EventId> ids;
  for (const std::string& id : message.processed_event_ids()) {
    if (id.size() != 16) return bad_request(package);
    ids.push_back(swap_net_order(id));
  }
  PersistentSubscription* subscription = node_.groups().find(message.subscription_id());
  if (subscription == nullptr) return;
  auto it = persistent_.find(package.correlation_id);
  Subscriber* client = it == persistent_.end() ? nullptr : it->second.get();
  if (nak) {
    subscription->nak(client, ids, static_cast<NakAction>(message.action()), message.message(), node_.groups().now());
  } else {
    subscription->ack(client, ids, node_.groups().now());
  }
}

}  // namespace interconnect::eventstore
