#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/simulation/plan.h"
#include "testing/simulation/process.h"

namespace interconnect::simulation {

struct Result {
  std::vector<std::string> violations;  // none: all rules were kept
  std::uint64_t hash = 0;               // of all that happened and of the final state
  int events = 0;                       // at the destination
  int lives = 0;                        // of the process
  Time ended{0};
};

// One run, from its beginning to when nothing moves any more. The same plan gives the same result.
Result run(const Plan& plan, const Hooks& hooks = {}, bool prints_trace = false);

}  // namespace interconnect::simulation
