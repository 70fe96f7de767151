#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

enum class DropReason { kUnsubscribed, kAccessDenied, kNotFound, kSubscriberMaxCountReached };

// A consumer's connection, as the front that serves it implements it.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void push(const ResolvedEvent& event, int retry_count) = 0;
  // The group is done with this subscriber, which must not be used by it any more.
  virtual void dropped(DropReason reason) = 0;
};

// A consumer within its group: its window and what it holds.
class Consumer {
 public:
  Consumer(Subscriber* subscriber, int window, std::string user, std::string from, std::string connection_name)
      : user(std::move(user)),
        from(std::move(from)),
        connection_name(std::move(connection_name)),
        subscriber_(subscriber),
        window_(window),
        slots_(window) {}

  // False if its window is full.
  bool push(const ResolvedEvent& event, int retry_count);
  // Whether it held the event.
  bool remove(const EventId& id);

  Subscriber* subscriber() const { return subscriber_; }
  int window() const { return window_; }
  int slots() const { return slots_; }
  std::int64_t total() const { return total_; }
  const absl::flat_hash_map<EventId, ResolvedEvent>& unconfirmed() const { return unconfirmed_; }

  const std::string user;
  const std::string from;
  const std::string connection_name;

 private:
  Subscriber* const subscriber_;
  const int window_;
  int slots_;
  std::int64_t total_ = 0;
  absl::flat_hash_map<EventId, ResolvedEvent> unconfirmed_;
};

enum class PushResult { kSent, kSkipped, kNoMoreCapacity };

// Chooses a consumer for each event (the ConsumerStrategy classes of the server).
class ConsumerStrategy {
 public:
  virtual ~ConsumerStrategy() = default;
  virtual void added(Consumer* consumer) = 0;
  virtual void removed(Consumer* consumer) = 0;
  virtual PushResult push(const ResolvedEvent& event, int retry_count) = 0;
};

// RoundRobin, DispatchToSingle or Pinned; null for any other name.
std::unique_ptr<ConsumerStrategy> new_consumer_strategy(std::string_view name);

}  // namespace interconnect::eventstore
