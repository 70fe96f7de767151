#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "domain/event.h"
#include "domain/time.h"

namespace interconnect {

// Waits until a running copy has passed the ends that its subscribed streams had, as far as its groups tell.
class CopyWait {
 public:
  // For so long a group may not tell how far it is.
  static constexpr Duration kPatience = std::chrono::seconds(10);

  // `stall_after`: for so long none of the groups may move.
  CopyWait(std::vector<Revision> ends, Duration stall_after) : ends_(std::move(ends)), stall_after_(stall_after) {}

  struct Group {
    std::optional<Revision> settled = std::nullopt;  // all up to it is done with; nothing: not known
    std::size_t consumers = 0;
    bool will_not_tell = false;  // it is denied: asking again does not help
  };
  // One of each subscription.
  void look(const std::vector<Group>& groups, Time now);

  enum class State {
    kWaits,
    kPassed,   // all has been copied that was there
    kNobody,   // no copy runs: nothing will come
    kStalled,  // it does not move
    kUnknown,  // the groups do not tell
  };
  State state() const { return state_; }
  bool copy_runs() const { return copy_runs_; }
  // How much is still to be copied, in events of the subscribed streams.
  std::uint64_t behind() const { return behind_; }

 private:
  std::vector<Revision> ends_;
  Duration stall_after_;
  State state_ = State::kWaits;
  bool copy_runs_ = false;
  std::uint64_t behind_ = 0;
  std::optional<std::uint64_t> behind_before_;
  Time moved_at_{0};
  Time unknown_since_ = kNever;
};

}  // namespace interconnect
