#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "benchmarks/copy/loop.h"
#include "ports/store_settings.h"

namespace interconnect::copy_benchmark {

// Writes events to a stream of the source one after the other, at low load, while a copier copies it, and takes them
// from a subscription to the same stream of the destination. For each event, from before it is sent to the source until
// it has come from the destination. Throws Failure.
std::vector<Seconds> live_latencies(const StoreSettings& source, const StoreSettings& destination,
                                    const std::string& stream, std::size_t bytes, std::size_t count);

}  // namespace interconnect::copy_benchmark
