#pragma once

#include <optional>

#include "domain/event.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect {

// What the order asks of the intake.
class Deliveries {
 public:
  virtual ~Deliveries() = default;

  // The lowest position of a link that came without its event, which is still to be read.
  virtual std::optional<Revision> lowest_unresolved_link() const = 0;
  // Until when a gap in what the subscription delivers is waited out (see PredecessorWait).
  virtual Time predecessor_wait_until(SubscriptionIndex subscription) const = 0;
  // An event waits for an older one: its way must not be blocked (see BufferControl::make_room).
  virtual void await_predecessor(SubscriptionIndex subscription, Time now) = 0;
};

}  // namespace interconnect
