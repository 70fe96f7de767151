#pragma once

#include <cstdint>

#include "benchmark/benchmark.h"

namespace interconnect {

// What the whole program has asked of the heap so far; the binary replaces operator new.
struct Allocations {
  std::int64_t count = 0;
  std::int64_t live_bytes = 0;
};
Allocations allocations();

// Over its life, adds to a benchmark: seconds/event, allocs/event, and grown_B/event, the heap that is in use more at
// the end than at the beginning. Under callgrind, only its life is instrumented, and dumped with the number of events
// as the reason.
class PerEvent final {
 public:
  explicit PerEvent(benchmark::State& state);
  ~PerEvent();

  PerEvent(const PerEvent&) = delete;
  PerEvent& operator=(const PerEvent&) = delete;

  void add(std::int64_t events) { events_ += events; }

 private:
  benchmark::State& state_;
  Allocations before_;
  std::int64_t events_ = 0;
};

}  // namespace interconnect
