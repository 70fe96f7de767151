#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "domain/store.h"
#include "domain/time.h"

namespace interconnect {

// Whether the copy is well, and ready. Told by the copying thread, about once a second, and asked on any.
class Health {
 public:
  // For so long the copying thread may be silent: far above what the work of one turn takes.
  static constexpr Duration kTurnPatience = std::chrono::seconds(10);

  struct Verdict {
    bool good = true;
    std::string reasons;  // a line each
  };

  explicit Health(Time now) : last_turn_(now) {}

  // The copying thread is at work; `stall`: why the copy does not get on, if so.
  void on_turn(Time now, std::optional<std::string> stall);
  // Nothing: the store answered.
  void on_link(Store store, std::optional<std::string> problem);

  // Nothing: what fills the copied streams works.
  void on_projections(std::optional<std::string> problem);

  // Nothing: the source's server has parked nothing of its own accord. Told with the readiness, which it does not
  // change: neither a restart nor a wait mends it.
  void on_parked(std::optional<std::string> finding);

  // Well: the copying thread turns, and the copy gets on.
  Verdict health(Time now) const;
  // Ready: both stores answer the link check, and the source's projections give what is to be copied.
  Verdict readiness() const;

  bool links_answer() const;

 private:
  mutable std::mutex mutex_;
  Time last_turn_;
  std::optional<std::string> stall_;
  std::array<std::optional<std::string>, 2> link_problems_{"has not answered yet", "has not answered yet"};
  std::optional<std::string> projection_problem_;
  std::optional<std::string> parked_;
};

}  // namespace interconnect
