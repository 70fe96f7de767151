#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

#include "domain/copier/order.h"

namespace interconnect {

// Each stream has its own order, which its lane keeps. Lanes send in the order in which they become ready.
class StreamOrder final : public Order {
 public:
  void on_connected(bool, bool, Time) override {}
  void on_wait_renewed() override {}
  void on_delivered(Revision, std::int32_t) override {}
  void forget(std::span<const Revision>) override {}
  void forget_unless_queued(std::span<const Revision>) override {}
  bool awaits_withdrawn() const override { return false; }

  void enqueue(Revision, LaneNumber) override {}
  void dequeue(Revision, LaneNumber) override {}
  void on_ready(LaneNumber lane) override { ready_.push_back(lane); }
  void on_unready(LaneNumber lane) override { std::erase(ready_, lane); }
  bool leaves_line(LaneNumber) override { return false; }
  bool is_first(LaneNumber) const override { return false; }

  void pump(Sender& sender, Time now) override {
    while (!ready_.empty() && !sender.has_exited() && sender.has_room()) {
      const LaneNumber lane = ready_.front();
      ready_.pop_front();
      sender.take_turn(lane, now);
    }
  }
  bool may_join(Revision, LaneNumber, const Sender&) const override { return true; }
  std::size_t append_bytes_limit(std::size_t limit) const override { return limit; }
  void on_sent_alone() override {}
  bool allows_guess() const override { return true; }
  bool retries_out_of_turn() const override { return true; }
  void on_sink_order(std::size_t) override {}
  Time next_deadline(const Sender&) const override { return kNever; }

 private:
  std::deque<LaneNumber> ready_;
};

}  // namespace interconnect
