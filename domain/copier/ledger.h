#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "domain/copier/event_identity.h"
#include "domain/event.h"
#include "domain/subscription.h"

namespace interconnect {

// The book of deliveries: which events are held, which were settled of late, and what each owes to the source.
// An event's identity is (destination stream, event id).
//
// An id is acknowledged once every delivery that carries it is settled: the server tracks what is outstanding by id
// alone.
class Ledger {
 public:
  Ledger(std::size_t subscriptions, std::size_t remembered_events);

  using Identity = EventIdentity;
  static Identity identify(std::string_view stream, const EventId& id) { return interconnect::identify(stream, id); }

  enum class Arrival {
    kNew,   // to be carried over; it is held from now on
    kHeld,  // the same event is held already
    kHeldUnderOtherRevision,
    kSettled,  // was settled of late; this delivery is settled at once
    kSettledUnderOtherRevision,
  };
  Arrival arrive(const Identity& identity, Revision revision, SubscriptionIndex subscription, const EventId& ack_id);

  // A delivery of nothing that is carried over (refused, or a link without target): owed is only its acknowledgement.
  void arrive_and_settle(SubscriptionIndex subscription, const EventId& ack_id);

  bool is_held(const Identity& identity) const { return held_.contains(identity); }
  std::optional<Revision> revision_of(const Identity& held) const;
  bool is_held_or_settled(const Identity& identity) const { return is_held(identity) || settled_.contains(identity); }

  // The event is at the destination, or is given up: its deliveries are settled. If it is not remembered, it is looked
  // up anew should it come again.
  void settle(const Identity& identity, bool remember);

  struct Claim {
    SubscriptionIndex subscription = 0;
    std::uint32_t connection = 0;
    EventId ack_id;
  };

  // As settle() without remembering, but the deliveries are not to be acknowledged; those of living connections are
  // returned.
  std::vector<Claim> give_up(const Identity& identity);

  // Holds an event that no subscription delivered: nothing is owed for it, until it is delivered after all.
  void hold_undelivered(const Identity& identity, Revision revision);
  bool is_delivered(const Identity& identity) const;

  // Forgets a held event that no living connection waits for: it will come again. False: it must be held on.
  bool withdraw(const Identity& identity);

  // The subscription's connection is gone: nothing that it delivered can be acknowledged any more, and will come again.
  void disconnect(SubscriptionIndex subscription);

  // Settled and not yet taken, in the order of settling.
  std::vector<EventId>& acknowledgements(SubscriptionIndex subscription) {
    return subscriptions_[subscription].acknowledgements;
  }

  // Delivered on the present connection and not settled.
  std::size_t outstanding(SubscriptionIndex subscription) const {
    return subscriptions_[subscription].unsettled.size();
  }

  // Deliveries on the present connection of an id that had been delivered and was not settled.
  std::size_t repeated(SubscriptionIndex subscription) const { return subscriptions_[subscription].repeated; }

 private:
  struct Held {
    Revision revision = 0;
    absl::InlinedVector<Claim, 1> claims;
  };
  struct SubscriptionBook {
    std::uint32_t connection = 0;
    absl::flat_hash_map<EventId, std::uint32_t> unsettled;  // deliveries by ack id
    std::size_t repeated = 0;
    std::vector<EventId> acknowledgements;
  };

  void remember(const Identity& identity, Revision revision);
  Claim open_claim(SubscriptionIndex subscription, const EventId& ack_id);
  void close_claim(const Claim& claim, bool acknowledge);

  // Apart, so that the few that are held stay in the cache: what is settled is looked at seldom.
  absl::flat_hash_map<Identity, Held> held_;
  absl::flat_hash_map<Identity, Revision> settled_;
  std::vector<Identity> settled_order_;  // a ring, as long as is to be remembered
  std::size_t next_settled_ = 0;         // its oldest place, once it is full
  std::size_t remembered_events_;
  std::vector<SubscriptionBook> subscriptions_;
};

}  // namespace interconnect
