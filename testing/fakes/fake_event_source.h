#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ports/event_source.h"
#include "testing/fakes/consumer_group.h"
#include "testing/fakes/fake_event_store.h"
#include "testing/fakes/lifeline.h"

namespace interconnect::testing {

// The port over a FakeEventStore. All it tells it leaves to the store's loop. It never stops trying to connect.
class FakeEventSource final : public EventSource {
 public:
  FakeEventSource(FakeEventStore& store, std::vector<Subscription> subscriptions);
  ~FakeEventSource() override;

  void start(EventSourceListener& listener) override { listener_ = &listener; }
  void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) override;
  void renew_group(SubscriptionIndex) override {}
  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) override;
  void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;
  void stop(std::function<void()> stopped) override;

 private:
  // A subscription, and its connection while it has one.
  class Connection final : public FakeConsumerGroup::Consumer {
   public:
    Connection(FakeEventSource& source, SubscriptionIndex index, Subscription subscription);

    void subscribe(std::int32_t buffer_size);
    void disconnect();
    // Null: the group is gone.
    FakeConsumerGroup* group() const;

   private:
    void on_pushed(const FakeConsumerGroup::Pushed& pushed) override;
    void on_dropped(DropReason reason) override;
    void connect();
    void hand_over();
    void refuse(DropReason reason, std::string_view message);

    FakeEventSource& source_;
    const SubscriptionIndex index_;
    const Subscription subscription_;
    std::int32_t buffer_size_ = 0;
    std::optional<GroupState> group_state_;
    std::vector<FakeConsumerGroup::Pushed> arrived_;  // and not handed over
    Lifeline lifeline_;                               // of the connection, or of the attempts to have one
  };

  FakeEventStore& store_;
  EventSourceListener* listener_ = nullptr;
  std::vector<std::unique_ptr<Connection>> connections_;
  Lifeline lifeline_;
};

}  // namespace interconnect::testing
