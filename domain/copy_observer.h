#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "domain/event.h"
#include "domain/safety_net.h"
#include "domain/store.h"
#include "domain/store_error.h"
#include "domain/subscription.h"

namespace interconnect {

// A link whose target the source no longer has: it is acknowledged, and nothing is copied.
struct LinkTargetGone {
  std::string_view stream;  // of the target
  Revision revision = 0;    // there
  std::string_view reason;  // what the source showed
};

// An event is copied though one that should precede it did not come in time: it is there at the source, is to be
// copied, and the destination does not have it.
struct GapLeft {
  std::string_view stream;
  Revision missing = 0;
  Revision followed_by = 0;  // the event that is copied
};

// What happens to the copy, as it happens. Logging hangs on it, and metrics. Called on the copying thread: must neither
// block nor throw. Every method has an empty body, so that an observer overrides what it cares for.
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;

  virtual void on_subscription_started(const Subscription&, const SubscriptionStarted&) {}
  virtual void on_subscription_dropped(const Subscription&, DropReason, std::string_view /*message*/) {}
  virtual void on_error(Store, const StoreError&) {}
  // A store did not answer the link check, or refused it; and answers again.
  virtual void on_link_lost(Store, const StoreError&) {}
  virtual void on_link_restored(Store) {}

  // One append, confirmed durable by the destination; all its events are of one stream.
  virtual void on_events_copied(std::span<const Event>) {}
  // Its type or its stream is not to be copied.
  virtual void on_event_filtered(const EventView&, std::string_view /*reason*/) {}
  // Its schema or validator does not take it; not parked.
  virtual void on_event_invalid(const EventView&, std::string_view /*reason*/) {}
  virtual void on_event_skipped(const EventView&, const WriteFailure&) {}
  // One that could not be written, or an invalid one.
  virtual void on_event_parked(const EventView&, std::string_view /*reason*/) {}
  // The subscription left it out; it was read at the source, and is copied in its place.
  virtual void on_event_filled_from_source(const EventView&) {}
  // Was at the destination already: no append of this process was confirmed to have written it.
  virtual void on_event_already_present(const EventView&) {}
  // Came again while it was on its way, or after it was done with.
  virtual void on_event_redelivered(const EventView&) {}
  // So many deliveries were dropped before they were done with: they come again on another connection.
  virtual void on_deliveries_discarded(std::size_t /*deliveries*/) {}
  // The destination hides events of the stream, and nothing tells whether this one is among them: it is written.
  virtual void on_event_may_be_doubled(const EventView&) {}
  // Its id had been copied to this stream before, from another revision of the source's stream.
  virtual void on_duplicate_id(const EventView&) {}
  // An older event of its stream arrived after a newer one had been copied; it was appended behind it.
  virtual void on_event_out_of_order(const EventView&) {}
  virtual void on_link_target_gone(const LinkTargetGone&) {}
  virtual void on_gap_left(const GapLeft&) {}
};

}  // namespace interconnect
