#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "adapters/eventstore/retry_schedule.h"
#include "adapters/grpc/session/group_upsert.h"
#include "adapters/grpc/wire/status.h"
#include "domain/time.h"
#include "ports/event_source.h"

namespace interconnect::next {

// The life of one persistent subscription, without its calls: upsert the group once, connect, and after each end
// connect again by the schedule. A group that is gone is upserted anew. A refusal is soon tried again: a server that
// has just started refuses right credentials for a moment, and whoever gives up on wrong ones need not wait for long.
class SubscriptionSession {
 public:
  enum class Step {
    kUpsert,   // run a GroupUpsert -> group_ready() or failed()
    kConnect,  // Read -> confirmed() or failed()
  };
  struct Dropped {
    DropReason reason = DropReason::kServer;
    std::string message;
    std::optional<Duration> retry_in;  // then call next_step(); nothing: the source is lost
  };

  explicit SubscriptionSession(const ReconnectionSettings& reconnection) : schedule_(reconnection) {}

  Step next_step() const { return group_ ? Step::kConnect : Step::kUpsert; }

  void group_ready(const GroupUpsert::Ready& group) { group_ = group; }

  // What to tell of the subscription now that it is connected.
  GroupUpsert::Ready confirmed(Time now) {
    schedule_.succeeded(now);
    recreating_ = false;
    refusal_delay_ = kFirstRefusalDelay;
    GroupUpsert::Ready group = *group_;
    group_->state = when_found_again(group_->state);
    return group;
  }

  // Why it ended, where it goes on with the next connection.
  static Dropped describe(const CallStatus& status, std::string_view what);

  // The upsert failed, or the Read ended. `what` names the subscription for people.
  Dropped failed(const CallStatus& status, std::string_view what, Time now);

 private:
  static constexpr Duration kFirstRefusalDelay = std::chrono::seconds(1);
  static constexpr Duration kMaxRefusalDelay = std::chrono::seconds(8);

  RetrySchedule schedule_;
  std::optional<GroupUpsert::Ready> group_;
  bool recreating_ = false;  // a group that vanished is upserted at once, but only once until it is connected to
  Duration refusal_delay_ = kFirstRefusalDelay;
};

}  // namespace interconnect::next
