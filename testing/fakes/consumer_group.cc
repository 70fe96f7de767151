#include "testing/fakes/consumer_group.h"

#include <algorithm>

#include "testing/fakes/fake_event_store.h"

namespace interconnect::testing {

FakeConsumerGroup::FakeConsumerGroup(FakeEventStore& store, const Subscription& subscription)
    : store_(store),
      stream_(subscription.stream),
      group_(subscription.group),
      settings_(subscription.settings),
      next_(settings_.start_from == -1 ? store.last_revision(stream_) + 1 : settings_.start_from) {}

bool FakeConsumerGroup::connect(Consumer& consumer, std::int32_t window) {
  if (consumer_ != nullptr) return false;
  consumer_ = &consumer;
  window_ = static_cast<std::size_t>(window);
  push();
  return true;
}

void FakeConsumerGroup::disconnect(const Consumer& consumer) {
  if (consumer_ != &consumer) return;
  consumer_ = nullptr;
  for (auto& [id, pushed] : outstanding_) {
    ++pushed.retry_count;
    retry_.push_back(pushed);
  }
  outstanding_.clear();
  retry_.sort([](const Pushed& a, const Pushed& b) { return a.position < b.position; });
}

void FakeConsumerGroup::drop(DropReason reason) {
  Consumer* const dropped = consumer_;
  if (dropped == nullptr) return;
  disconnect(*dropped);
  dropped->on_dropped(reason);
}

template <typename Settled>
void FakeConsumerGroup::settle(const Consumer& consumer, std::span<const EventId> ack_ids, Settled settled) {
  if (consumer_ != &consumer) return;
  for (const EventId& id : ack_ids) {
    const auto [begin, end] = outstanding_.equal_range(id);
    for (auto it = begin; it != end; ++it) settled(it->second);
    outstanding_.erase(begin, end);
  }
  push();
}

void FakeConsumerGroup::acknowledge(const Consumer& consumer, std::span<const EventId> ack_ids) {
  settle(consumer, ack_ids, [this](const Pushed& pushed) { acknowledged_.push_back(pushed.ack_id); });
}

void FakeConsumerGroup::park(const Consumer& consumer, std::span<const EventId> ack_ids) {
  settle(consumer, ack_ids, [this](const Pushed& pushed) {
    parked_.push_back(pushed.ack_id);
    store_.append_link("$persistentsubscription-" + stream_ + "::" + group_ + "-parked", stream_, pushed.position);
  });
}

void FakeConsumerGroup::push() {
  while (consumer_ != nullptr && outstanding_.size() < window_) {
    Pushed pushed;
    if (!retry_.empty()) {
      pushed = retry_.front();
      retry_.pop_front();
    } else {
      next_ = std::max(next_, store_.first_revision(stream_));
      const Event* const event = store_.find(stream_, next_);
      if (event == nullptr) return;
      pushed = {event->id(), next_++, 0};
    }
    outstanding_.emplace(pushed.ack_id, pushed);
    consumer_->on_pushed(pushed);
  }
}

void FakeConsumerGroup::update(const GroupSettings& settings) {
  settings_ = settings;
  drop(DropReason::kGroupChanged);
}

bool FakeConsumerGroup::is_settled() const {
  return next_ > store_.last_revision(stream_) && retry_.empty() && outstanding_.empty();
}

}  // namespace interconnect::testing
