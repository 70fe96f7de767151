#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "domain/time.h"

namespace interconnect {

// The rule that a subscription which has work and does none is not well. Two things excuse it: a store that does not
// answer, which is the link check's affair, and a wait for what older consumers may hold, which ends by itself.
class StallWatch {
 public:
  // `subscription`: its name for people. `patience`: for how long nothing may move; not below the writer timeout,
  // within which what is held is decided.
  StallWatch(std::string subscription, Duration patience)
      : subscription_(std::move(subscription)), patience_(patience) {}

  struct Look {
    bool is_connected = true;
    std::uint64_t settled = 0;         // events done with here since the start, whatever became of them
    std::size_t held = 0;              // delivered here on the present connection, and not done with
    std::int64_t lag_events = 0;       // that the source has beyond what is settled; 0 where it is not known
    std::uint64_t group_activity = 0;  // changes whenever the group moves, be it through another copier
    bool others_hold = false;          // other consumers of the group have events that they owe an answer to
    bool links_answer = true;
    bool waits_for_older = false;
  };
  void look(Look look, Time now);

  // Why it is not well, for people; nothing if it is.
  std::optional<std::string> stall(Time now) const;

  // Whether it is not well because its group delivers nothing, though its stream has more.
  bool gets_nothing(Time now) const;
  // Whether the group is to be mended now; once in `patience`, as what mends it has everyone connect anew.
  bool takes_turn_to_mend(Time now);

  const std::string& subscription() const { return subscription_; }

 private:
  struct Waiting {
    bool waits = false;  // there is something to do
    Time since{0};       // when last something was done, or there was nothing to do
  };
  bool is_source_still(Time now) const;

  std::string subscription_;
  Duration patience_;
  Look last_;
  bool has_looked_ = false;
  Waiting here_;
  Waiting at_source_;
  std::optional<Time> mended_at_;
};

}  // namespace interconnect
