#pragma once

#include <cstdint>

#include "domain/time.h"

namespace interconnect {

// What this process takes of its machine.
class ProcessUsage {
 public:
  struct Figures {
    std::int64_t memory_bytes = 0;  // resident, in whole MiB: less is noise
    double cpu_percent = 0;         // of one core, over the last seconds
  };

  // Every now and then; figures are a few seconds old at most.
  const Figures& look(Time now);

 private:
  Figures figures_;
  Time looked_at_{0};
  Duration used_{0};
};

}  // namespace interconnect
