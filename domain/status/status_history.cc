#include "domain/status/status_history.h"

namespace interconnect {
namespace {

// Looks are a little late now and then.
constexpr Duration kTolerance = std::chrono::milliseconds(500);

}  // namespace

void StatusHistory::look(Time now, std::uint64_t settled, const std::optional<Lag>& lag,
                         std::optional<std::int64_t> lag_bytes) {
  if (last_ && now - last_->at < kInterval - kTolerance) return;
  const Mark before = last_.value_or(Mark{now, settled});
  last_ = Mark{now, settled};
  const double seconds = std::chrono::duration<double>(now - before.at).count();
  const double rate = seconds > 0 ? static_cast<double>(settled - before.settled) / seconds : 0;
  samples_.push_back({now, rate, lag, lag_bytes});
  if (samples_.size() > kSamples) samples_.pop_front();
}

}  // namespace interconnect
