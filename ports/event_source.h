#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "domain/subscription.h"
#include "ports/link_probe.h"
#include "ports/stream_reader.h"

namespace interconnect {

// What a source tells. None of these is called from within a call to the source.
class EventSourceListener : public StreamReadListener {
 public:
  // Connected: from now on events of this connection arrive. Again after each reconnection.
  virtual void on_subscription_started(const SubscriptionStarted& started) = 0;

  // `delivery` and what it points to are valid during the call.
  virtual void on_delivery(const Delivery& delivery) = 0;

  // All that had arrived by now has been handed over: a good moment to act on it.
  virtual void on_deliveries_end() = 0;

  // The connection is gone, or was refused. What it delivered and was not acknowledged will be delivered again, to this
  // process or to another. The source goes on trying to connect, by its reconnection settings.
  virtual void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message) = 0;

  // Events that were sent to an earlier connection may still be held for it, and come only after newer ones: the server
  // lists a consumer that answers for nothing, or does not tell in time who is connected. Told again while that is so.
  virtual void on_older_consumers_suspected(SubscriptionIndex subscription) = 0;

  // The source stopped trying: its reconnection settings allow no more attempts.
  virtual void on_source_lost(std::string_view message) = 0;
};

// Persistent subscriptions of a store. One thread; no call blocks or throws.
class EventSource : public StreamReader, public LinkProbe {
 public:
  // Connects. The listener outlives the source or its stop().
  virtual void start(EventSourceListener& listener) = 0;

  // Upserts the group (the first time), then connects to it. Called again, it reconnects with the new buffer size.
  virtual void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) = 0;

  // Has the server begin the group anew from its checkpoint, by an update with the settings that it has: all its
  // consumers are dropped and connect again. Nothing is done, which is logged with the reason, where the group's
  // settings cannot be read, where the user may not update it, and where the update would lose the group's place.
  virtual void renew_group(SubscriptionIndex subscription) = 0;

  // Acknowledges by Delivery::ack_id. Ids of an earlier connection may be given: the server ignores what it no longer
  // waits for. Nothing answers; an acknowledgement that is lost shows as a redelivery.
  virtual void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) = 0;

  // Negative acknowledgement with the action Park.
  virtual void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) = 0;

  // Sends what is still to be sent, acknowledgements above all, then disconnects and calls nobody any more except
  // `stopped`, once.
  virtual void stop(std::function<void()> stopped) = 0;
};

}  // namespace interconnect
