#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/order.h"

namespace interconnect {

// One order over all streams of the one subscription: that of the positions in it.
//
// Positions follow one another: one that is left out may be on its way over an older connection. What is redelivered
// comes first, but by its revision in its own stream (StreamBuffer.AddRetry of 5.0.1 and 21.2.0), not by position.
class GlobalOrder final : public Order {
 public:
  // How long after a restart what is redelivered may be on its way. The deliveries outlive the order.
  GlobalOrder(Duration redelivery_wait, Deliveries& deliveries)
      : redelivery_wait_(redelivery_wait), deliveries_(deliveries) {}

  void on_connected(bool is_first_connection, bool is_new_group, Time now) override;
  void on_wait_renewed() override;
  void on_delivered(Revision position, std::int32_t retry_count) override;
  void forget(std::span<const Revision> positions) override;
  void forget_unless_queued(std::span<const Revision> positions) override;
  bool awaits_withdrawn() const override { return true; }

  void enqueue(Revision position, LaneNumber lane) override { queue_.emplace(position, lane); }
  void dequeue(Revision position, LaneNumber lane) override { queue_.erase({position, lane}); }
  void on_ready(LaneNumber lane) override { ready_.push_back(lane); }
  void on_unready(LaneNumber lane) override { std::erase(ready_, lane); }
  bool leaves_line(LaneNumber lane) override;
  bool is_first(LaneNumber lane) const override { return !queue_.empty() && queue_.begin()->second == lane; }

  void pump(Sender& sender, Time now) override;
  bool may_join(Revision position, LaneNumber lane, const Sender& sender) const override;
  std::size_t append_bytes_limit(std::size_t limit) const override;
  void on_sent_alone() override { is_alone_ = true; }
  bool allows_guess() const override { return false; }
  bool retries_out_of_turn() const override { return false; }
  void on_sink_order(std::size_t ordered_append_bytes) override { ordered_append_bytes_ = ordered_append_bytes; }
  Time next_deadline(const Sender& sender) const override;

 private:
  static constexpr SubscriptionIndex kOnlySubscription = 0;

  void know_positions();
  void advance_to(Revision position);
  bool is_queued(Revision position) const;
  bool is_position_awaited(const Sender& sender) const;
  bool is_link_awaited() const;
  bool must_wait(const Sender& sender, Time now);
  bool may_follow(const Sender::Front& front) const;

  Duration redelivery_wait_;
  Deliveries& deliveries_;

  absl::btree_set<std::pair<Revision, LaneNumber>> queue_;  // what waits
  std::vector<LaneNumber> ready_;
  std::size_t ordered_append_bytes_ = 0;
  bool is_alone_ = false;  // what is under way: nothing may follow it

  std::optional<Revision> arrived_up_to_;  // nothing: what is redelivered after a restart is still coming
  absl::btree_set<Revision> arrived_beyond_;
  absl::btree_set<Revision> to_come_again_;  // up to arrived_up_to_: had arrived, and were withdrawn
  bool has_first_delivery_ = false;          // something came that had not been delivered to anyone before
  Time redelivered_until_{0};
};

}  // namespace interconnect
