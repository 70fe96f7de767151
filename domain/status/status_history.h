#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "domain/progress/lag_estimate.h"
#include "domain/time.h"

namespace interconnect {

// The last fifteen minutes of a copy, a sample every five seconds.
class StatusHistory {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(5);
  static constexpr std::size_t kSamples = 180;

  struct Sample {
    Time at{0};
    double events_per_second = 0;  // since the sample before
    std::optional<Lag> lag = std::nullopt;
    std::optional<std::int64_t> lag_bytes = std::nullopt;

    friend bool operator==(const Sample&, const Sample&) = default;
  };

  // Each look; a sample is taken of those that are kInterval apart. `settled`: events done with since the start.
  void look(Time now, std::uint64_t settled, const std::optional<Lag>& lag, std::optional<std::int64_t> lag_bytes);

  const std::deque<Sample>& samples() const { return samples_; }

 private:
  struct Mark {
    Time at{0};
    std::uint64_t settled = 0;
  };
  std::optional<Mark> last_;
  std::deque<Sample> samples_;
};

}  // namespace interconnect
