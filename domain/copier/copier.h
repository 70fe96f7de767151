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

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "domain/append.h"
#include "domain/copier/action.h"
#include "domain/copier/lane.h"
#include "domain/copier/ledger.h"
#include "domain/copier/link_resolver.h"
#include "domain/copier/load.h"
#include "domain/copier/lru_map.h"
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
class Copier {
 public:
  // The observer and the safety net outlive the copier.
  Copier(CopierSettings settings, std::vector<Subscription> subscriptions, EventPolicy policy, SafetyNet& safety_net,
         CopyObserver& observer);

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
  void on_sink_order(std::size_t ordered_append_bytes) { ordered_append_bytes_ = ordered_append_bytes; }

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
    std::int32_t buffer_size = 0;
    bool is_discarding = false;  // until the connection with the smaller buffer is there
    bool has_started = false;
    bool began_at_start = true;  // the group, of its stream
    ConsumerStrategy strategy = ConsumerStrategy::kPinned;
    Time reconnect_at = kNever;  // set: a new connection is wanted
    Time reconnected_at{0};
    Duration window_patience{0};
    bool renews_wait = false;     // by the reconnection that is wanted
    Time resumed_until = kNever;  // the wait that a reconnection of our own interrupted
    Time older_connections_until{0};
    Time refused_since = kNever;  // by the server, for want of credentials or rights
    Time started_at{0};
    std::size_t delivered_events = 0;  // since it started
    std::size_t delivered_bytes = 0;
    Time acknowledge_at = kNever;
  };
  struct StreamMemory {
    Revision tail = kNoStream;
    Revision newest_seen = kNoStream;
    Revision newest_sent = kNoStream;
    Revision looked_up_from = 0;
  };

  // Deliveries.
  bool fits(std::size_t bytes) const;
  void resolve_link(const Delivery& delivery, Time now);
  void release_resolved(Time now);
  void discard_read_links(Time now);
  void read_links(Time now);
  void drop_links(SubscriptionIndex subscription);
  std::size_t unsettled(SubscriptionIndex subscription) const;
  void judge(const Delivery& delivery, Time now);
  void refuse(const Delivery& delivery, const InvalidEvent& why);
  void hold(const Delivery& delivery, Time now);
  void discard_until_reconnected(SubscriptionIndex subscription, Time now);
  void ask_for_less_at_once(SubscriptionState& state, Time now);
  void want_reconnection(SubscriptionState& state, Time now, Duration patience);
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
  void await_predecessor(Lane& lane, Time now);
  void make_room_for_older(SubscriptionIndex subscription, Time now);
  void reclaim_window(SubscriptionIndex subscription, Time now);
  void set_timer(Lane& lane, Time when);
  void on_timer(Lane& lane, Time now);
  void pump(Time now);
  void dispatch(Lane& lane, Time now);
  bool must_ask_for_tail(const Lane& lane, const HeldEvent& front) const;
  void ask_for_tail(Lane& lane, Time now);
  void send(Lane& lane, Time now);
  void land(Lane& lane);
  auto holding_timer() const;

  // A stream and its metadata stream: what is delivered of both goes in the order of its positions.
  Lane* counterpart(const Lane& lane) const;
  bool is_counterpart_first(const Lane& lane) const;
  void wake_counterpart(const Lane& lane);

  // The one order over all streams.
  bool is_global() const { return settings_.ordering == CopierSettings::Ordering::kGlobal; }
  void note_position(Revision position, std::int32_t retry_count);
  void know_positions();
  void forget_positions(const std::vector<Revision>& positions);
  bool is_position_awaited() const;
  bool is_link_awaited() const;
  bool is_queued(Revision position) const;
  void queue(const Lane& lane);
  HeldEvent take_front(Lane& lane);
  void take_back_sent(Lane& lane);
  bool is_next(Lane& lane);
  bool may_follow(const Lane& lane) const;
  void pump_in_order(Time now);

  // Holes.
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

  void settle_found(Lane& lane, const HeldEvent& held);
  void release(Lane& lane, const Event& event);
  void park(const Ledger::Identity& identity, const EventView& event, const WriteFailure& failure);
  void acknowledge_settled(SubscriptionIndex subscription);
  void flush_acknowledgements(Time now, bool all);
  std::string last_words_of_stop() const;
  void exit(ExitCode code, std::string last_words);

  CopierSettings settings_;
  EventPolicy policy_;
  SafetyNet& safety_net_;
  CopyObserver& observer_;
  std::vector<SubscriptionState> subscriptions_;
  bool shares_streams_ = false;   // two subscriptions may carry events of one stream
  bool copies_metadata_ = false;  // of streams: so it carries over their soft deletions
  Ledger ledger_;
  LinkResolver links_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> link_reads_;  // by the read's id: the resolver's key

  absl::flat_hash_map<std::string_view, std::unique_ptr<Lane>, StringHash> lanes_;  // by the names that they hold
  std::vector<std::unique_ptr<Lane>> spare_lanes_;
  std::size_t spare_room_ = 0;          // that they keep, for events
  std::deque<std::string> idle_lanes_;  // kept for what they know beyond a StreamMemory; may name lanes that are gone
  LruMap<std::uint64_t, StreamMemory> memory_;  // of streams without a lane, by the hash of their name
  std::deque<Lane*> ready_;
  Timers timers_;  // by the numbers of the lanes
  absl::flat_hash_map<std::uint64_t, Lane*> lanes_by_number_;
  std::size_t metadata_lanes_ = 0;
  absl::flat_hash_map<std::uint64_t, Lane*> appends_;
  absl::flat_hash_map<std::uint64_t, Lane*> reads_;
  std::deque<Lane*> waiting_to_look_up_;

  std::uint64_t next_number_ = 1;
  std::uint64_t next_append_id_ = 1;
  std::uint64_t next_read_id_ = 1;
  std::size_t held_events_ = 0;
  std::size_t held_bytes_ = 0;
  std::size_t events_in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  Window window_;
  StreamDenials denials_;           // of the destination
  std::size_t append_bytes_limit_;  // as configured, or as the destination taught

  // With Ordering::kGlobal: what waits, by its position and its lane's number, and what is known of the positions.
  absl::btree_set<std::pair<Revision, std::uint64_t>> queue_;
  std::size_t ordered_append_bytes_ = 0;
  bool is_alone_ = false;                  // what is on its way: nothing may follow it
  std::optional<Revision> arrived_up_to_;  // nothing: what is delivered again after a restart is still coming
  bool has_first_delivery_ = false;        // something came that had not been delivered to anyone before
  Time redelivered_until_{0};
  absl::btree_set<Revision> arrived_beyond_;
  absl::btree_set<Revision> to_come_again_;  // up to arrived_up_to_: had arrived, and were withdrawn

  Time stop_by_ = kNever;
  bool has_exited_ = false;
  std::vector<Action> actions_;
};

}  // namespace interconnect
