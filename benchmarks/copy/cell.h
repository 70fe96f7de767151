#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/copy/loop.h"
#include "benchmarks/copy/stores.h"
#include "benchmarks/copy/workload.h"
#include "benchmarks/copy/writer.h"

namespace interconnect::copy_benchmark {

// What is measured. Rates are in events each second.
struct Plan {
  bool copies = true;
  bool floods = true;
  bool consumes = true;
  std::size_t live_events = 200;  // 0: no latency
  int throttle = 0;               // of the destination, in events each second; 0: none
  int runs = 5;
  WriteSettings write;
  int buffer_size = 0;          // of the copier's subscriptions; 0: its default
  std::string copier_settings;  // more lines of the copier's configuration file
};

// Of one run; what was not measured is 0.
struct Measures {
  double copied = 0;
  double flooded = 0;
  double consumed = 0;
  double copier_cpu = 0;  // microseconds for each event
  double source_cpu = 0;  // the same, while copying, where the store is our own
  double destination_cpu = 0;
  double copier_memory = 0;  // peak resident bytes
  std::vector<Seconds> latencies;
};

// Makes all runs of a workload's shape in one direction. Throws Failure.
std::vector<Measures> measure(BenchmarkStore& source, BenchmarkStore& destination, const Shape& shape,
                              const Plan& plan);

}  // namespace interconnect::copy_benchmark
