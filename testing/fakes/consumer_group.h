#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "domain/subscription.h"

namespace interconnect::testing {

class FakeEventStore;

// A persistent subscription at the server, with one consumer at a time. What is not acknowledged when the connection
// ends comes again, first, with the next one. There are no timeouts, no checkpoints and no strategies.
class FakeConsumerGroup {
 public:
  struct Pushed {
    EventId ack_id;
    Revision position = 0;  // in the subscribed stream
    std::int32_t retry_count = 0;
  };

  // One connection. Called from within calls to the group, and thus to the store.
  class Consumer {
   public:
    virtual ~Consumer() = default;
    virtual void on_pushed(const Pushed& pushed) = 0;
    virtual void on_dropped(DropReason reason) = 0;
  };

  FakeConsumerGroup(FakeEventStore& store, const Subscription& subscription);

  // False if another consumer is connected. The consumer outlives its connection.
  bool connect(Consumer& consumer, std::int32_t window);
  // Does nothing for a consumer that is not connected.
  void disconnect(const Consumer& consumer);
  // Disconnects whoever is connected, and tells it.
  void drop(DropReason reason);

  void acknowledge(const Consumer& consumer, std::span<const EventId> ack_ids);
  void park(const Consumer& consumer, std::span<const EventId> ack_ids);
  // Sends what the window leaves room for.
  void push();

  const GroupSettings& settings() const { return settings_; }
  void update(const GroupSettings& settings);

  // What has been acknowledged, in that order, and what has been parked.
  const std::vector<EventId>& acknowledged() const { return acknowledged_; }
  const std::vector<EventId>& parked() const { return parked_; }
  // Whether every event of the stream has been acknowledged or parked.
  bool is_settled() const;

 private:
  // Calls `settled` for what this consumer was sent under one of the ids, and goes on.
  template <typename Settled>
  void settle(const Consumer& consumer, std::span<const EventId> ack_ids, Settled settled);

  FakeEventStore& store_;
  const std::string stream_;
  const std::string group_;
  GroupSettings settings_;
  Revision next_;                               // to be read
  std::multimap<EventId, Pushed> outstanding_;  // sent, and waited for
  std::list<Pushed> retry_;                     // by position
  std::vector<EventId> acknowledged_;
  std::vector<EventId> parked_;
  Consumer* consumer_ = nullptr;
  std::size_t window_ = 0;
};

}  // namespace interconnect::testing
