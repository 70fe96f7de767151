#pragma once

#include <cstddef>

#include "domain/copier/budget.h"
#include "domain/copier/outbox.h"
#include "domain/copier/settings.h"
#include "domain/copy_observer.h"
#include "domain/event_policy.h"
#include "domain/safety_net.h"

namespace interconnect {

// What the parts of the copier share.
struct Surroundings {
  const CopierSettings settings;
  const EventPolicy policy;
  SafetyNet& safety_net;
  CopyObserver& observer;
  Outbox outbox = {};
  Budget held = Budget();  // delivered and not settled

  // A lone event is held whatever its size.
  bool fits(std::size_t bytes) const { return held.fits(bytes, settings.max_held_bytes); }
  // Its type is to be copied, be the event valid or not.
  bool is_listed(const EventView& event) const { return !std::holds_alternative<NotAllowed>(policy.judge(event)); }
};

}  // namespace interconnect
