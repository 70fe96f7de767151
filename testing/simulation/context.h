#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/simulation/plan.h"
#include "testing/simulation/random.h"
#include "testing/simulation/scheduler.h"
#include "testing/simulation/store.h"
#include "testing/simulation/trace.h"

namespace interconnect::simulation {

// Whether the source's projections make no link to it.
inline bool is_left_out(const Plan& plan, const StoredEvent& event) {
  return plan.leaves_out && event.content == ContentKind::kJson && event.data.starts_with(kNotJson);
}

// What all parts of one run share.
struct Context {
  Context(Plan the_plan, bool prints) : plan(std::move(the_plan)), random(plan.seed ^ 0x5EED), trace(prints) {}

  const Plan plan;
  Scheduler scheduler;
  Random random;
  Trace trace;

  Store source;
  Store destination;
  bool is_faulty = true;  // false: the faults have ceased

  using Identity = std::pair<std::string, EventId>;  // destination stream, event id
  std::set<Identity> given_up;                       // by the safety net: skipped or parked, invalid ones included
  std::set<Identity> parked_by_server;

  std::vector<std::string> violations;

  Time now() const { return scheduler.now(); }
  bool strikes(bool Faults::*fault, std::int64_t percent) {
    return is_faulty && plan.faults.*fault && random.percent(percent);
  }
  Duration latency() { return random.between(50, 3'000) * std::chrono::microseconds(1); }
  void note(std::string_view what, std::string_view subject, std::initializer_list<std::int64_t> numbers = {}) {
    trace.note(now(), what, subject, numbers);
  }
  void violate(std::string what) {
    trace.note(now(), "VIOLATION", what, {});
    if (violations.size() < 20) violations.push_back(std::move(what));
  }
};

inline std::string brief(const EventId& id) { return to_string(id).substr(24); }

}  // namespace interconnect::simulation
