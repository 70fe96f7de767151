#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/monitoring/metered_source.h"
#include "domain/progress/lag_estimate.h"
#include "ports/clock.h"
#include "ports/copy_meter.h"
#include "ports/store_inspector.h"

namespace interconnect {

// Asks the source how far its streams and its consumer groups are, whenever it is told to.
class LagWatch {
 public:
  // All outlive the watch.
  LagWatch(MeteredSource& source, StoreInspector& inspector, const Clock& clock,
           const std::vector<Subscription>& subscriptions);

  // For each subscription whose last answers are there.
  void ask();

  // Whether the stream may not be all there is, so that its end tells no lag.
  void doubt(SubscriptionIndex subscription, bool is_in_doubt) { watched_[subscription]->is_in_doubt = is_in_doubt; }

  SubscriptionProgress progress(SubscriptionIndex subscription);
  // Where the group began, is, and where its stream ends, as far as that is known.
  struct Place {
    std::int64_t start = 0;  // a revision; -1: the stream's end of then
    std::optional<Revision> position;
    std::optional<Revision> end;
    std::optional<Time> end_as_of;  // when that was asked for
  };
  Place place(SubscriptionIndex subscription) const;
  // Of all subscriptions together: events as a sum, the time of the one that is furthest behind. Nothing unless all are
  // known.
  std::optional<Lag> lag();
  // Changes whenever the group moves, be it through another copier.
  std::uint64_t group_activity(SubscriptionIndex subscription) const;
  // Events at all of the group's consumers, by its last answer; nothing where that was none.
  std::optional<std::int64_t> in_flight(SubscriptionIndex subscription) const {
    return watched_[subscription]->in_flight;
  }

 private:
  struct Watched {
    Subscription subscription;
    LagEstimate estimate;
    std::optional<Revision> settled;  // as the server tells
    std::int64_t delivered_by_group = 0;
    std::optional<std::int64_t> in_flight;
    std::optional<Revision> end_when_asked;
    Time asked_at{0};
    std::optional<Time> end_as_of;
    std::optional<std::int64_t> parked;
    std::optional<std::size_t> consumers;
    int awaited = 0;  // answers
    bool is_in_doubt = false;
  };

  void on_end(Watched& watched, const ReadOutcome& outcome);
  void on_group(Watched& watched, const std::variant<ConsumerGroupInfo, StoreError>& answer);
  void count_parked(Watched& watched);
  std::optional<Revision> settled(SubscriptionIndex subscription) const;

  MeteredSource& source_;
  StoreInspector& inspector_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace interconnect
