#pragma once

#include <optional>
#include <string_view>

#include "domain/copier/event_identity.h"
#include "domain/event.h"
#include "domain/safety_net.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect {

// What the writer and the order ask of the deliveries behind the events that are held. Implemented by the intake.
class Deliveries {
 public:
  virtual ~Deliveries() = default;

  // --- What may still arrive ---

  // The lowest position of a link that came without its event, which is still to be read.
  virtual std::optional<Revision> lowest_unresolved_link() const = 0;
  // Until when a gap in what the subscription delivers is waited out (see PredecessorWait).
  virtual Time predecessor_wait_until(SubscriptionIndex subscription) const = 0;
  // An event waits for an older one: its way must not be blocked (see BufferControl::make_room).
  virtual void await_predecessor(SubscriptionIndex subscription, Time now) = 0;

  // --- What a subscription delivers ---

  struct Nature {
    bool is_pinned = true;       // all events of a stream go to one consumer
    bool began_at_start = true;  // the group, of its stream
  };
  virtual Nature nature(SubscriptionIndex subscription) const = 0;
  // Two subscriptions may carry events of one stream.
  virtual bool share_streams() const = 0;
  // It would deliver the event, which would be copied.
  virtual bool would_admit(SubscriptionIndex subscription, const EventView& event) const = 0;

  // --- What is owed for an event ---

  virtual bool is_held(const EventIdentity& identity) const = 0;
  virtual bool is_held_or_settled(const EventIdentity& identity) const = 0;
  // In the source, of a held event.
  virtual std::optional<Revision> revision_of(const EventIdentity& identity) const = 0;
  // The event is at the destination, or is given up. If it is not remembered, it is looked up should it come again.
  virtual void settle(const EventIdentity& identity, bool remember) = 0;
  virtual void park(const EventIdentity& identity, const EventView& event, const WriteFailure& failure) = 0;
  // The event was never sent. False: a living connection waits for it, and it must be held on.
  virtual bool withdraw(const EventIdentity& identity) = 0;
  // An event that was read at the source itself.
  virtual void hold_undelivered(const EventIdentity& identity, Revision revision) = 0;
};

}  // namespace interconnect
