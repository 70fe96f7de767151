#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/buffer_control.h"
#include "domain/copier/deliveries.h"
#include "domain/copier/ledger.h"
#include "domain/copier/link_resolver.h"
#include "domain/copier/load.h"
#include "domain/copier/order.h"
#include "domain/copier/predecessor_wait.h"
#include "domain/copier/recipient.h"
#include "domain/copier/surroundings.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

namespace interconnect {

// The intake of persistent subscriptions: what is owed to the source. It admits what they deliver, chooses how much
// they deliver, and acknowledges what is settled.
//
//   delivery -> link -> policy -> format -> Recipient
//                |        |                    |
//                v        v                    v
//              gone    refused              settled
//                +--------+--------+-----------+--> acknowledged
class Intake final : public Deliveries {
 public:
  // With `is_one_queue`, what arrives behind an unresolved link waits for it whatever its stream, and so does all that
  // arrives behind a missing event.
  Intake(Surroundings& surroundings, const std::vector<Subscription>& subscriptions, bool is_one_queue);
  // Called once, before anything else. All outlive the intake, or are not used any more.
  void connect(Order& order, Recipient& recipient) {
    order_ = &order;
    recipient_ = &recipient;
  }

  void on_subscription_started(const SubscriptionStarted& started, Time now);
  void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message, Time now);
  void on_stale_consumer(SubscriptionIndex subscription, Time now) {
    states_[subscription].wait.on_stale_consumer(now);
  }
  void on_delivery(const Delivery& delivery, Time now);
  // False: the read is none of its own.
  bool on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now);
  // From now on nothing is admitted.
  void on_stop_requested() { is_stopping_ = true; }

  // Reads links, and reconnects.
  void advance(Time now);
  // Of what is settled: all of it, or what has waited long enough for company.
  void acknowledge(Time now, bool all);
  Time next_deadline() const;
  SubscriptionLoad load(SubscriptionIndex subscription) const;

  std::optional<Revision> lowest_unresolved_link() const override { return links_.lowest_position(); }
  Time predecessor_wait_until(SubscriptionIndex subscription) const override {
    return states_[subscription].wait.until();
  }
  void await_predecessor(SubscriptionIndex subscription, Time now) override;
  Nature nature(SubscriptionIndex subscription) const override { return states_[subscription].nature; }
  bool share_streams() const override { return share_streams_; }
  bool would_admit(SubscriptionIndex subscription, const EventView& event) const override;

  bool is_held(const EventIdentity& identity) const override { return ledger_.is_held(identity); }
  bool is_held_or_settled(const EventIdentity& identity) const override { return ledger_.is_held_or_settled(identity); }
  std::optional<Revision> revision_of(const EventIdentity& identity) const override {
    return ledger_.revision_of(identity);
  }
  void settle(const EventIdentity& identity, bool remember) override { ledger_.settle(identity, remember); }
  void park(const EventIdentity& identity, const EventView& event, const WriteFailure& failure) override;
  bool withdraw(const EventIdentity& identity) override { return ledger_.withdraw(identity); }
  void hold_undelivered(const EventIdentity& identity, Revision revision) override {
    ledger_.hold_undelivered(identity, revision);
  }

 private:
  struct State {
    Subscription subscription;
    std::string only_type;  // of an `$et-` stream
    BufferControl buffer;
    PredecessorWait wait;
    bool has_started = false;
    Nature nature = {};
    Time denied_since = kNever;  // by the server, for want of credentials or rights
    Time acknowledge_at = kNever;
  };

  State make_state(const Subscription& subscription, bool is_one_queue) const;
  void judge(const Delivery& delivery, Time now);
  void refuse(const Delivery& delivery, const InvalidEvent& why);
  void hold(const Delivery& delivery, Time now);
  std::size_t unsettled(SubscriptionIndex subscription) const;

  void resolve_link(const Delivery& delivery, Time now);
  void release_resolved(Time now);
  void on_resolved(const LinkResolver::Outcome& outcome, Time now);
  void discard_read_links(Time now);
  void read_links(Time now);
  void drop_links(SubscriptionIndex subscription);

  void discard_until_reconnected(SubscriptionIndex subscription, Time now);
  void renew_wait(State& state);
  void reconnect(SubscriptionIndex subscription, Time now);
  void acknowledge_settled(SubscriptionIndex subscription);

  Surroundings& our_;
  Order* order_ = nullptr;
  Recipient* recipient_ = nullptr;
  std::vector<State> states_;
  bool share_streams_ = false;
  Ledger ledger_;
  LinkResolver links_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> link_reads_;  // by the read's id: the resolver's key
  bool is_stopping_ = false;
};

}  // namespace interconnect
