#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/group_advice.h"
#include "app/monitoring/parked_reader.h"

namespace interconnect {

// Looks, whenever it is told to, for events that the source's server has parked of its own accord, beyond what the copy
// asked for, and logs what it finds: nobody delivers them any more.
class ParkedWatch {
 public:
  // The source outlives the watch.
  ParkedWatch(MeteredSource& source, const std::vector<Subscription>& subscriptions, GroupAdvice advice);

  // For each subscription whose last answer is there.
  void ask();

  // By the last answer; nothing while there is none.
  std::optional<std::int64_t> by_server(SubscriptionIndex subscription) const { return watched_[subscription]->known; }
  // Of all subscriptions, as far as it is known.
  std::uint64_t by_server() const;
  // The same for people, in one line; nothing if there are none.
  std::optional<std::string> finding() const;

 private:
  struct Watched {
    Watched(MeteredSource& source, const Subscription& one) : subscription(one), reader(source, one) {}
    Subscription subscription;
    ParkedReader reader;
    bool is_awaited = false;
    int refusals = 0;  // one after the other
    std::optional<std::int64_t> known;
  };

  void on_answer(Watched& watched, const ParkedReader::Answer& answer);

  GroupAdvice advice_;
  std::vector<std::unique_ptr<Watched>> watched_;
  bool has_said_that_it_may_not_ask_ = false;
};

// "12 events of 's' (group 'g')"
std::string parked_events(std::int64_t count, const Subscription& subscription);

}  // namespace interconnect
