#pragma once

#include <string_view>

#include "domain/copier/event_identity.h"
#include "domain/copier/held_event.h"
#include "domain/event.h"
#include "domain/time.h"

namespace interconnect {

// Who takes what the intake admits. Implemented by the writer.
class Recipient {
 public:
  virtual ~Recipient() = default;

  // Holds the event until it is settled, parked or withdrawn (see Deliveries).
  virtual void take(const EventIdentity& identity, HeldEvent&& held, Time now) = 0;
  // The stream's event with that revision arrived, and is not to be copied: what follows it need not wait for it.
  virtual void pass_over(std::string_view stream, Revision revision) = 0;
  // The subscriptions are about to deliver again, in the right order, what is not acknowledged: what was never sent to
  // the destination need not be held until then.
  virtual void withdraw_unsent() = 0;
};

}  // namespace interconnect
