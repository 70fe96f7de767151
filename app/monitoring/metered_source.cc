#include "app/monitoring/metered_source.h"

#include <algorithm>
#include <utility>

namespace interconnect {
namespace {

// The copier counts its reads from 1.
constexpr std::uint64_t kFirstReadAside = std::uint64_t{1} << 63;

}  // namespace

std::optional<Revision> MeteredSource::State::settled() const {
  if (!newest) return settled_before;
  const Revision here = std::max<Revision>(*newest - outstanding, kNoStream);
  return std::max(here, settled_before.value_or(kNoStream));
}

// What is outstanding is delivered again on the next one.
void MeteredSource::State::begin_connection() {
  settled_before = settled();
  newest.reset();
  outstanding = 0;
}

void MeteredSource::State::answer(std::size_t events) {
  answered += events;
  outstanding = std::max<std::int64_t>(0, outstanding - static_cast<std::int64_t>(events));
}

MeteredSource::MeteredSource(EventSource& source, std::size_t subscriptions, LinkAnswered link_answered)
    : source_(source),
      link_answered_(std::move(link_answered)),
      states_(subscriptions),
      next_read_id_(kFirstReadAside) {}

MeteredSource::Counts MeteredSource::counts(SubscriptionIndex subscription) const {
  const State& state = states_[subscription];
  return {state.delivered, state.answered, state.is_connected, state.settled(), state.start_from};
}

void MeteredSource::read_aside(StreamRead read, std::function<void(const ReadOutcome&)> answer) {
  read.id = next_read_id_++;
  reads_aside_.emplace(read.id, std::move(answer));
  source_.read(read);
}

void MeteredSource::start(EventSourceListener& listener) {
  listener_ = &listener;
  source_.start(*this);
}

void MeteredSource::subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) {
  source_.subscribe(subscription, buffer_size);
}

void MeteredSource::acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) {
  states_[subscription].answer(ack_ids.size());
  source_.acknowledge(subscription, ack_ids);
}

void MeteredSource::park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) {
  states_[subscription].answer(ack_ids.size());
  source_.park(subscription, ack_ids, reason);
}

void MeteredSource::read(const StreamRead& read) { source_.read(read); }

void MeteredSource::probe(Answer answer) {
  source_.probe([this, answer = std::move(answer)](const std::optional<StoreError>& error) {
    link_answered_(error);
    answer(error);
  });
}

void MeteredSource::stop(std::function<void()> stopped) {
  reads_aside_.clear();
  source_.stop(std::move(stopped));
}

void MeteredSource::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) {
  if (read_id < kFirstReadAside) return listener_->on_read_completed(read_id, outcome);
  const auto found = reads_aside_.find(read_id);
  if (found == reads_aside_.end()) return;
  const auto answer = std::move(found->second);
  reads_aside_.erase(found);
  answer(outcome);
}

void MeteredSource::on_subscription_started(const SubscriptionStarted& started) {
  State& state = states_[started.subscription];
  state.begin_connection();
  state.is_connected = true;
  state.start_from = started.effective.start_from;
  listener_->on_subscription_started(started);
}

void MeteredSource::on_delivery(const Delivery& delivery) {
  State& state = states_[delivery.subscription];
  ++state.delivered;
  ++state.outstanding;
  state.newest = std::max(state.newest.value_or(kNoStream), delivery.position);
  listener_->on_delivery(delivery);
}

void MeteredSource::on_deliveries_end() { listener_->on_deliveries_end(); }

void MeteredSource::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason,
                                            std::string_view message) {
  State& state = states_[subscription];
  state.begin_connection();
  state.is_connected = false;
  listener_->on_subscription_dropped(subscription, reason, message);
}

void MeteredSource::on_older_consumers_suspected(SubscriptionIndex subscription) {
  listener_->on_older_consumers_suspected(subscription);
}

void MeteredSource::on_source_lost(std::string_view message) { listener_->on_source_lost(message); }

}  // namespace interconnect
