#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ports/event_source.h"

namespace interconnect {

// A source that counts what goes through it, and on which others than its listener may read.
class MeteredSource final : public EventSource, private EventSourceListener {
 public:
  using LinkAnswered = std::function<void(const std::optional<StoreError>&)>;

  // `source` outlives it. `link_answered` is told each answer to a probe.
  MeteredSource(EventSource& source, std::size_t subscriptions, LinkAnswered link_answered);

  struct Counts {
    std::uint64_t delivered = 0;  // since the start
    std::uint64_t answered = 0;   // acknowledged or parked, since the start
    bool is_connected = false;
    // All up to it is settled, as far as it was delivered here; nothing before the first delivery. What is settled out
    // of order counts from the front: a bound that is at most a buffer too low.
    std::optional<Revision> settled;
    // Where the group begins that has no checkpoint: a revision, or -1 for the stream's end. Nothing before the first
    // connection.
    std::optional<std::int64_t> start_from;
  };
  Counts counts(SubscriptionIndex subscription) const;

  // As read(), but it is `answer` that is told; `read.id` does not matter.
  void read_aside(StreamRead read, std::function<void(const ReadOutcome&)> answer);

  void start(EventSourceListener& listener) override;
  void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) override;
  void renew_group(SubscriptionIndex subscription) override { source_.renew_group(subscription); }
  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) override;
  void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;
  void stop(std::function<void()> stopped) override;

 private:
  struct State {
    std::uint64_t delivered = 0;
    std::uint64_t answered = 0;
    bool is_connected = false;
    std::optional<Revision> settled_before;  // on earlier connections
    std::optional<Revision> newest;          // delivered on this one
    std::int64_t outstanding = 0;            // of it
    std::optional<std::int64_t> start_from;

    std::optional<Revision> settled() const;
    void begin_connection();
    void answer(std::size_t events);
  };

  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override;
  void on_subscription_started(const SubscriptionStarted& started) override;
  void on_delivery(const Delivery& delivery) override;
  void on_deliveries_end() override;
  void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message) override;
  void on_older_consumers_suspected(SubscriptionIndex subscription) override;
  void on_source_lost(std::string_view message) override;

  EventSource& source_;
  EventSourceListener* listener_ = nullptr;
  LinkAnswered link_answered_;
  std::vector<State> states_;
  absl::flat_hash_map<std::uint64_t, std::function<void(const ReadOutcome&)>> reads_aside_;
  std::uint64_t next_read_id_;
};

}  // namespace interconnect
