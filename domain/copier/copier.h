#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/append.h"
#include "domain/copier/action.h"
#include "domain/copier/budget.h"
#include "domain/copier/buffer_control.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/ledger.h"
#include "domain/copier/link_resolver.h"
#include "domain/copier/load.h"
#include "domain/copier/lru_map.h"
#include "domain/copier/order.h"
#include "domain/copier/outbox.h"
#include "domain/copier/predecessor_wait.h"
#include "domain/copier/settings.h"
#include "domain/copier/stream_denials.h"
#include "domain/copier/string_hash.h"
#include "domain/copier/timers.h"
#include "domain/copier/window.h"
#include "domain/copy_observer.h"
#include "domain/event_policy.h"
#include "domain/safety_net.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

namespace interconnect {

// The copy, as a state machine without I/O: it is told what happens, and asked by advance() what is to be done.
//
//   delivery -> link -> policy -> format -> lane of its stream -> append with the exact expected revision
//                |        |                    ^        |
//                v        v                    +-look-up+ (doubt)
//              gone    refused                          v
//                +--------+------> acknowledged <--- settled
//
// An event is acknowledged when the destination has confirmed it, or the policy or the safety net gave it up. Within
// a stream, events go to the destination in the order of the source's revisions.
class Copier : private Sender, private Deliveries {
 public:
  // The observer and the safety net outlive the copier.
  Copier(CopierSettings settings, std::vector<Subscription> subscriptions, EventPolicy policy, SafetyNet& safety_net,
         CopyObserver& observer);
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  // What happened. Any number of these may come before the next advance(). Time does not run backward.
  void on_subscription_started(const SubscriptionStarted& started, Time now);
  void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message, Time now);
  // Renews the wait for what may come late, while it lasts.
  void on_older_consumers_suspected(SubscriptionIndex subscription, Time now);
  void on_delivery(const Delivery& delivery, Time now);
  void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now);
  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now);
  // Finishes what is in flight, acknowledges it, and exits with kStopped, by then at the latest.
  void on_stop_requested(Time stop_by) { stop_by_ = std::min(stop_by_, stop_by); }

  // For Ordering::kGlobal: appends of so many bytes of data and metadata together take effect in the order of their
  // sending, even to different streams; 0: of no size. May change at any time.
  void on_sink_order(std::size_t ordered_append_bytes) { order_->on_sink_order(ordered_append_bytes); }

  // What is to be done now, in this order.
  void advance(Time now, std::vector<Action>& actions);

  // When advance() is to be called again even if nothing happens.
  std::optional<Time> next_deadline();

  // One look at how it goes.
  using Load = CopyLoad;
  Load load() const;
  SubscriptionLoad load(SubscriptionIndex subscription) const;

 private:
  struct SubscriptionState {
    Subscription subscription;
    std::string only_type;  // of an `$et-` stream
    BufferControl buffer;
    PredecessorWait wait;
    bool has_started = false;
    bool began_at_start = true;  // the group, of its stream
    ConsumerStrategy strategy = ConsumerStrategy::kPinned;
    Time refused_since = kNever;  // by the server, for want of credentials or rights
    Time acknowledge_at = kNever;
  };
  struct StreamMemory {
    Revision tail = kNoStream;
    Revision newest_seen = kNoStream;
    Revision newest_sent = kNoStream;
    Revision looked_up_from = 0;
  };

  // Deliveries.
  bool fits(std::size_t bytes) const { return held_.fits(bytes, settings_.max_held_bytes); }
  void resolve_link(const Delivery& delivery, Time now);
  void release_resolved(Time now);
  void discard_read_links(Time now);
  void read_links(Time now);
  void drop_links(SubscriptionIndex subscription);
  std::size_t unsettled(SubscriptionIndex subscription) const;
  static bool is_of_the_system(const Subscription& subscription, std::string_view stream);
  void judge(const Delivery& delivery, Time now);
  void refuse(const Delivery& delivery, const InvalidEvent& why);
  void hold(const Delivery& delivery, Time now);
  void discard_until_reconnected(SubscriptionIndex subscription, Time now);
  void renew_wait(SubscriptionState& state);
  void reconnect(SubscriptionIndex subscription, Time now);
  void withdraw_unsent();
  void note_seen(const EventView& event);
  bool order_proves(const Lane& lane) const;
  bool is_listed(const EventView& event) const;
  bool is_admitted(const SubscriptionState& state, const EventView& event) const;

  // Lanes.
  Lane* find_lane(std::string_view stream, std::uint64_t hash) const;
  Lane& open_lane(std::string_view stream, std::uint64_t hash);
  void close_if_idle(Lane& lane);
  void close(Lane& lane);
  void make_ready(Lane& lane);
  void pause(Lane& lane, Time until);
  void await_predecessor_of_front(Lane& lane, Time now);
  void set_timer(Lane& lane, Time when);
  void on_timer(Lane& lane, Time now);
  void dispatch(Lane& lane, Time now);
  bool must_ask_for_tail(const Lane& lane, const HeldEvent& front) const;
  void ask_for_tail(Lane& lane, Time now);
  void send(Lane& lane, Time now);
  bool fits_window(std::size_t events, std::size_t bytes) const;
  auto holding_timer() const;

  // A stream and its metadata stream: what is delivered of both goes in the order of its positions.
  Lane* counterpart(const Lane& lane) const;
  bool is_counterpart_first(const Lane& lane) const;
  void wake_counterpart(const Lane& lane);

  // The order.
  Front front(LaneNumber lane) const override;
  bool has_appends() const override { return !appends_.empty(); }
  bool has_room() override;
  void take_turn(LaneNumber lane, Time now) override;
  void let_go(LaneNumber lane) override;
  bool has_exited() const override { return outbox_.has_exited(); }
  void queue(const Lane& lane);
  HeldEvent take_front(Lane& lane);
  std::vector<HeldEvent> take_waiting(Lane& lane);
  void take_back_sent(Lane& lane);

  // The deliveries.
  std::optional<Revision> lowest_unresolved_link() const override { return links_.lowest_position(); }
  Time predecessor_wait_until(SubscriptionIndex subscription) const override {
    return subscriptions_[subscription].wait.until();
  }
  void await_predecessor(SubscriptionIndex subscription, Time now) override;

  // Holes.
  static bool carries_whole(const Subscription& subscription, std::string_view stream);
  void note_hole(HeldEvent& held, const Lane& lane) const;
  static bool may_follow_hole(const Lane& lane, const HeldEvent& held);
  void fill_hole(Lane& lane, Time now);
  void on_hole_read(Lane& lane, const ReadOutcome& outcome, Time now);
  bool take_from_source(Lane& lane, const EventView& event, bool must_fit);

  // Doubt.
  enum class Readiness { kSend, kFound, kAsk, kWait, kFill };
  Time gap_until(const Lane& lane, const HeldEvent& held) const;
  static bool is_at_destination(const Lane& lane, const HeldEvent& held);
  Readiness examine(Lane& lane, HeldEvent& held, Time now);
  void start_look_up(Lane& lane, LookUp look_up);
  LookUp::Question question_about(Lane& lane);
  void ask_about_front(Lane& lane, Time now);
  void read_next_page(Lane& lane, Time now);
  void finish_look_up(Lane& lane, Time now);
  void ask_about_overdue(Lane& lane, Time now);
  void on_look_up_error(Lane& lane, Store store, const StoreError& error, Time now);

  // Outcomes.
  void on_appended(Lane& lane, const Appended& appended);
  void on_other_revision(Lane& lane, Revision expected, const Appended& appended, Time now);
  void on_revived(Lane& lane, const Appended& appended);
  void on_wrong_expected_version(Lane& lane, const WrongExpectedVersion& wrong, Time now);
  void on_append_error(Lane& lane, const StoreError& error, Time now);
  void on_denied(Lane& lane, Time now);
  // What the safety net is told of a refusal that has lasted.
  WriteFailure lasting_refusal(const Lane& lane, const StoreError& error, std::string message);
  void pause_before_retry(Lane& lane, Time now);
  void doubt(Lane& lane, std::optional<Revision> reported_tail, Time now);
  bool may_still_be_seen(const Lane& lane, Time now) const;
  void prepare_doubt(Lane& lane, std::optional<Revision> reported_tail, Time now);
  Time overdue_at(const HeldEvent& held) const;
  Time first_overdue(std::span<const HeldEvent> events) const;
  // When it is overdue; never, if it was seen at the destination.
  Time give_up_at(const Lane& lane, const HeldEvent& held) const;
  // Asks the safety net about each waiting event that is overdue, or was rejected, or about all of them.
  void fail_overdue(Lane& lane, const WriteFailure& failure, Time now);
  void fail_rejected(Lane& lane, const WriteFailure& failure, Time now);
  void fail_all(Lane& lane, const WriteFailure& failure, Time now);
  template <typename Predicate>
  void fail_if(Lane& lane, const WriteFailure& failure, Time now, Predicate fails);

  SafetyAction fail(Lane& lane, HeldEvent& held, const WriteFailure& failure);
  void settle_found(Lane& lane, const HeldEvent& held);
  void park(const Ledger::Identity& identity, const EventView& event, const WriteFailure& failure);
  void acknowledge_settled(SubscriptionIndex subscription);
  void flush_acknowledgements(Time now, bool all);
  std::string last_words_of_stop() const;

  CopierSettings settings_;
  EventPolicy policy_;
  SafetyNet& safety_net_;
  CopyObserver& observer_;
  std::vector<SubscriptionState> subscriptions_;
  bool shares_streams_ = false;   // two subscriptions may carry events of one stream
  bool copies_metadata_ = false;  // of streams: so it carries over their soft deletions
  Budget held_;                   // delivered and not settled
  Budget in_flight_;
  Ledger ledger_;
  LinkResolver links_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> link_reads_;  // by the read's id: the resolver's key

  absl::flat_hash_map<std::string_view, std::unique_ptr<Lane>, StringHash> lanes_;  // by the names that they hold
  std::vector<std::unique_ptr<Lane>> spare_lanes_;
  std::size_t spare_room_ = 0;          // that they keep, for events
  std::deque<std::string> idle_lanes_;  // kept for what they know beyond a StreamMemory; may name lanes that are gone
  LruMap<std::uint64_t, StreamMemory> memory_;  // of streams without a lane, by the hash of their name
  Timers timers_;                               // by the numbers of the lanes
  absl::flat_hash_map<std::uint64_t, Lane*> lanes_by_number_;
  std::size_t metadata_lanes_ = 0;
  absl::flat_hash_map<std::uint64_t, Lane*> appends_;
  absl::flat_hash_map<std::uint64_t, Lane*> reads_;
  std::deque<Lane*> waiting_to_look_up_;

  std::uint64_t next_number_ = 1;
  std::uint64_t next_append_id_ = 1;
  Window window_;
  StreamDenials denials_;           // of the destination
  std::size_t append_bytes_limit_;  // as configured, or as the destination taught

  std::unique_ptr<Order> order_;

  Outbox outbox_;
  Time stop_by_ = kNever;
};

}  // namespace interconnect
