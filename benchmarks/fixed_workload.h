#pragma once

#include <cstdint>
#include <cstdlib>

#include "benchmark/benchmark.h"

namespace interconnect {

// With FIXED_WORKLOAD set, as tools/perf-check sets it, a benchmark goes through its loop so often, whatever the time.
inline void fix_workload(benchmark::internal::Benchmark* benchmark, std::int64_t iterations) {
  if (std::getenv("FIXED_WORKLOAD") != nullptr) benchmark->Iterations(iterations);
}

}  // namespace interconnect
