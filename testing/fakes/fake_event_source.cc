#include "testing/fakes/fake_event_source.h"

#include <utility>

namespace interconnect::testing {
namespace {

StoreError unavailable() { return {ErrorKind::kUnavailable, "no connection to the fake store"}; }

}  // namespace

FakeEventSource::Connection::Connection(FakeEventSource& source, SubscriptionIndex index, Subscription subscription)
    : source_(source), index_(index), subscription_(std::move(subscription)), lifeline_(source.store_.loop()) {}

FakeConsumerGroup* FakeEventSource::Connection::group() const {
  return source_.store_.group(subscription_.stream, subscription_.group);
}

void FakeEventSource::Connection::subscribe(std::int32_t buffer_size) {
  disconnect();
  buffer_size_ = buffer_size;
  lifeline_.post([this] { connect(); });
}

void FakeEventSource::Connection::disconnect() {
  lifeline_.cut();
  arrived_.clear();
  if (FakeConsumerGroup* const at = group()) at->disconnect(*this);
}

void FakeEventSource::Connection::connect() {
  if (!source_.store_.is_up()) {
    refuse(DropReason::kConnectionLost, "the fake store is stopped");
    return;
  }
  if (!group_state_ || group() == nullptr) group_state_ = source_.store_.upsert_group(subscription_);
  if (!group()->connect(*this, buffer_size_)) {
    refuse(DropReason::kTooManySubscribers, "a group of the fake store takes one consumer");
    return;
  }
  source_.listener_->on_subscription_started({index_, *group_state_, group()->settings()});
}

void FakeEventSource::Connection::refuse(DropReason reason, std::string_view message) {
  lifeline_.after(FakeEventStore::kReconnectionDelay, [this] { connect(); });
  source_.listener_->on_subscription_dropped(index_, reason, message);
}

void FakeEventSource::Connection::on_dropped(DropReason reason) {
  lifeline_.cut();
  arrived_.clear();
  lifeline_.post([this, reason] { refuse(reason, "the fake store ended the connection"); });
}

void FakeEventSource::Connection::on_pushed(const FakeConsumerGroup::Pushed& pushed) {
  arrived_.push_back(pushed);
  if (arrived_.size() == 1) lifeline_.post([this] { hand_over(); });
}

void FakeEventSource::Connection::hand_over() {
  const std::weak_ptr<char> life = lifeline_.life();
  const std::vector<FakeConsumerGroup::Pushed> arrived = std::exchange(arrived_, {});
  for (const FakeConsumerGroup::Pushed& pushed : arrived) {
    const Event* event = source_.store_.find(subscription_.stream, pushed.position);
    if (event != nullptr && group()->settings().resolve_link_tos) event = source_.store_.resolve(*event);
    const EventView view = event == nullptr ? EventView{} : event->view();
    source_.listener_->on_delivery(
        {index_, pushed.ack_id, pushed.position, pushed.retry_count, event == nullptr ? nullptr : &view});
    if (life.expired()) return;
  }
  source_.listener_->on_deliveries_end();
}

FakeEventSource::FakeEventSource(FakeEventStore& store, std::vector<Subscription> subscriptions)
    : store_(store), lifeline_(store.loop()) {
  for (Subscription& subscription : subscriptions) {
    connections_.push_back(std::make_unique<Connection>(*this, connections_.size(), std::move(subscription)));
  }
}

FakeEventSource::~FakeEventSource() {
  for (const auto& connection : connections_) connection->disconnect();
}

void FakeEventSource::subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) {
  connections_[subscription]->subscribe(buffer_size);
}

void FakeEventSource::acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) {
  const Connection& connection = *connections_[subscription];
  if (FakeConsumerGroup* const group = connection.group()) group->acknowledge(connection, ack_ids);
}

void FakeEventSource::park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view) {
  const Connection& connection = *connections_[subscription];
  if (FakeConsumerGroup* const group = connection.group()) group->park(connection, ack_ids);
}

void FakeEventSource::read(const StreamRead& read) {
  lifeline_.post([this, read] {
    std::vector<EventView> events;
    listener_->on_read_completed(read.id, store_.is_up() ? store_.read(read, events) : unavailable());
  });
}

void FakeEventSource::probe(Answer answer) {
  lifeline_.post(
      [this, answer = std::move(answer)] { answer(store_.is_up() ? std::nullopt : std::optional(unavailable())); });
}

void FakeEventSource::stop(std::function<void()> stopped) {
  for (const auto& connection : connections_) connection->disconnect();
  lifeline_.cut();
  lifeline_.post(std::move(stopped));
}

}  // namespace interconnect::testing
