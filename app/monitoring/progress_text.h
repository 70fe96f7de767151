#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "app/copy_statistics.h"
#include "domain/copier/load.h"
#include "domain/progress/lag_estimate.h"

namespace interconnect {

// One look at a running copy.
struct ProgressFigures {
  CopyStatistics::Counts counts = {};
  CopyLoad load = {};
  double settled_per_second = 0;          // of late
  std::optional<Lag> lag = std::nullopt;  // nothing: not known
  std::uint64_t parked_by_server = 0;     // at the source, of its own accord
  std::string lag_doubt = {};             // why the lag cannot be known now; empty: there is no such reason
};

// For how long the copy needs to reach the source's end at this rate; nothing if that is not to be seen.
std::optional<std::chrono::seconds> time_to_end(const ProgressFigures& figures);

// "1 h 02 min", "3 min 20 s", "12 s"
std::string time_text(std::chrono::seconds time);

// "12,345"
std::string with_separators(std::uint64_t number);

// ", parked by the source's server 12"; nothing if it is none.
std::string parked_by_server_text(std::uint64_t count);

// For the log.
std::string progress_summary(const ProgressFigures& figures);

}  // namespace interconnect
