#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/time.h"

namespace interconnect::next {

// The appends that one BatchAppend call carries, from their sending to their outcome. It knows no clock.
class PendingAppends {
 public:
  // All wait for the same time.
  explicit PendingAppends(Duration time_limit) : time_limit_(time_limit) {}

  // `newest_position` is what ConfirmedPositions tells at that time.
  void sent(std::uint64_t id, std::string_view stream, std::optional<std::uint64_t> newest_position, Time now);

  struct Answered {
    std::optional<std::uint64_t> newest_position_when_sent;
  };
  // The append is no longer pending; nothing if it was not: a server may answer twice.
  std::optional<Answered> answered(std::uint64_t id, Time now);

  struct Pending {
    std::uint64_t id = 0;
    std::string stream;
  };
  // Those whose time is over, which are no longer pending, in the order of their sending.
  std::vector<Pending> expire(Time now);
  // Whether nothing at all was answered while those waited that expired last: the call is as good as dead.
  bool is_silent() const { return is_silent_; }
  // All, in the order of their sending; none is pending any more.
  std::vector<Pending> give_up();

  // When to call expire().
  std::optional<Time> next_deadline();
  std::size_t count() const { return appends_.size(); }

 private:
  struct Unanswered {
    std::string stream;
    std::optional<std::uint64_t> newest_position_when_sent;
  };
  struct Sent {
    std::uint64_t id = 0;
    Time at{0};
  };

  Duration time_limit_;
  absl::flat_hash_map<std::uint64_t, Unanswered> appends_;
  std::deque<Sent> order_;  // some may have been answered
  Time last_answer_ = Time::min();
  bool is_silent_ = false;
};

}  // namespace interconnect::next
