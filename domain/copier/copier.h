#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/append.h"
#include "domain/copier/action.h"
#include "domain/copier/load.h"
#include "domain/copier/settings.h"
#include "domain/copy_observer.h"
#include "domain/event_policy.h"
#include "domain/safety_net.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

namespace interconnect {

class Intake;
class Order;
class Writer;
struct Surroundings;

// The copy, as a state machine without I/O: it is told what happens, and asked by advance() what is to be done. A front
// over three machines that know nothing of each other:
//
//   deliveries -> Intake --admitted--> Writer <--turn-- Order
//                   ^                    |
//                   +------settled-------+
//
// An event is acknowledged when the destination has confirmed it, or the policy or the safety net gave it up. Within
// a stream, events go to the destination in the order of the source's revisions.
class Copier {
 public:
  // The observer and the safety net outlive the copier.
  Copier(CopierSettings settings, std::vector<Subscription> subscriptions, EventPolicy policy, SafetyNet& safety_net,
         CopyObserver& observer);
  ~Copier();
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
  void on_stop_requested(Time stop_by);

  // For Ordering::kGlobal: appends of so many bytes of data and metadata together take effect in the order of their
  // sending, even to different streams; 0: of no size. May change at any time.
  void on_sink_order(std::size_t ordered_append_bytes);
  // How the destination counts the size of appends. May change at any time.
  void on_append_size_rule(AppendSizeRule rule);

  // What is to be done now, in this order.
  void advance(Time now, std::vector<Action>& actions);

  // When advance() is to be called again even if nothing happens.
  std::optional<Time> next_deadline();

  // One look at how it goes.
  using Load = CopyLoad;
  Load load() const;
  SubscriptionLoad load(SubscriptionIndex subscription) const;

 private:
  std::string last_words_of_stop() const;

  std::unique_ptr<Surroundings> our_;
  std::unique_ptr<Order> order_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Intake> intake_;
  Time stop_by_ = kNever;
};

}  // namespace interconnect
