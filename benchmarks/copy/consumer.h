#pragma once

#include <cstdint>

#include "benchmarks/copy/writer.h"
#include "domain/subscription.h"
#include "ports/store_settings.h"

namespace interconnect::copy_benchmark {

// Takes so many events from a subscription, acknowledges each group that arrives at once, and does nothing else. The
// time is from the first event to the last. Throws Failure.
Rate consume(const StoreSettings& store, const Subscription& subscription, std::uint64_t events);

}  // namespace interconnect::copy_benchmark
