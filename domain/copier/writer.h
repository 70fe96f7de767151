#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/append.h"
#include "domain/copier/append_pipe.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/give_up.h"
#include "domain/copier/holes.h"
#include "domain/copier/lane_queue.h"
#include "domain/copier/lane_reads.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/lanes.h"
#include "domain/copier/load.h"
#include "domain/copier/order.h"
#include "domain/copier/outcomes.h"
#include "domain/copier/recipient.h"
#include "domain/copier/reconciler.h"
#include "domain/copier/stream_denials.h"
#include "domain/copier/surroundings.h"
#include "domain/copier/withdrawal.h"
#include "domain/stream_read.h"

namespace interconnect {

// What the destination has. The writer holds the admitted events in lanes, one for each stream, and appends them with
// the exact expected revision, in the order of the source's revisions.
//
//   take -> lane -> (its turn) -> append -> settled
//                        ^           |
//                        |           v doubt
//                        +------- look-up
class Writer final : public Sender, public Recipient {
 public:
  // All outlive the writer.
  Writer(Surroundings& surroundings, Order& order, Deliveries& deliveries);

  void take(const EventIdentity& identity, HeldEvent&& held, Time now) override;
  void pass_over(std::string_view stream, Revision revision) override { lanes_.pass_over(stream, revision); }
  void withdraw_unsent() override { withdrawal_.run(); }

  void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now);
  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now);
  void on_append_size_rule(AppendSizeRule rule) { pipe_.set_size_rule(rule); }
  void ring_timers(Time now);
  Time next_timer() { return lanes_.next_timer(); }

  Front front(LaneNumber lane) const override;
  bool has_appends() const override { return !pipe_.is_empty(); }
  bool has_room() override { return pipe_.has_room(); }
  void take_turn(LaneNumber lane, Time now) override;
  void let_go(LaneNumber lane) override;
  bool has_exited() const override { return our_.outbox.has_exited(); }

  CopyLoad load() const;

 private:
  // Why no more was loaded into the lane's next append.
  enum class Stop : std::uint8_t { kEnough, kCounterpart, kAsk, kAskForTail, kAwait, kFill };
  Stop load_batch(Lane& lane, Time now);
  Lane::Readiness examine_front(Lane& lane, Time now);
  void do_instead(Lane& lane, Stop stop, Time now);
  bool must_ask_for_tail(const Lane& lane, const HeldEvent& front) const;
  void ask_for_tail(Lane& lane, Time now);
  void send(Lane& lane, Time now);
  void settle_found(Lane& lane, HeldEvent&& held);
  void await_predecessor(Lane& lane, Time now);

  void carry_out(Lane& lane, const LaneStep& step, Time now);
  void go_on_after_settlement(Lane& lane);
  void make_ready(Lane& lane) { interconnect::make_ready(lane, lanes_, order_); }
  Duration next_retry_delay(Lane& lane) const;
  void pause(Lane& lane, Time now);
  void look_up(Lane& lane, std::optional<Revision> reported_tail, Time now);
  void read_next_page(Lane& lane, Time now);
  void give_up(Lane& lane, const LaneStep& step, Time now);

  void on_timer(Lane& lane, Time now);
  void on_retry_due(Lane& lane, Time now);
  void look_up_if_overdue(Lane& lane, Time now);
  void doubt_sent(Lane& lane, Time now);

  Surroundings& our_;
  Order& order_;
  Deliveries& deliveries_;
  const bool copies_metadata_;  // of streams: so it carries over their soft deletions
  AppendPipe pipe_;             // outlives what is in flight
  Lanes lanes_;
  LaneReads reads_;
  StreamDenials denials_;  // of the destination
  Outcomes outcomes_;
  Reconciler reconciler_;
  Holes holes_;
  GiveUp give_up_;
  Withdrawal withdrawal_;
  std::vector<Event> found_written_;  // by an append whose outcome left it open; for the count
};

}  // namespace interconnect
