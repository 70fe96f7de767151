#pragma once

#include <cstddef>
#include <cstdint>

#include "benchmarks/copy/loop.h"
#include "benchmarks/copy/workload.h"
#include "ports/store_settings.h"

namespace interconnect::copy_benchmark {

struct Rate {
  std::uint64_t events = 0;
  Seconds time{};

  double per_second() const { return static_cast<double>(events) / time.count(); }
};

// How a feed is written: what one append holds at most, and how much is under way at once.
struct WriteSettings {
  std::size_t append_events = 500;
  std::size_t append_bytes = 256 << 10;
  std::size_t appends_in_flight = 128;
  std::size_t bytes_in_flight = 8 << 20;
};

// Writes the whole feed, as fast as the store takes it with one append for each stream at a time. The time is from the
// first append to the last confirmation. Throws Failure.
Rate write(const StoreSettings& store, const Feed& feed, const WriteSettings& settings = {});

}  // namespace interconnect::copy_benchmark
