#include "domain/progress/lag_estimate.h"

namespace interconnect {
namespace {

// A backlog of days holds no more than these: beyond, every other one goes, and those that follow are taken as rarely.
constexpr std::size_t kMaxLooks = 1024;

}  // namespace

void LagEstimate::on_end(Revision end, Time now) {
  // A stream that was deleted and made anew, or truncated to nothing, begins anew.
  if (end_ && end < *end_) unsettled_.clear();
  const bool has_grown = !end_ || end != *end_;
  end_ = end;
  if (!has_grown) return;
  if (!unsettled_.empty() && now - unsettled_.back().at < spacing_) return;
  unsettled_.push_back({now, end});
  if (unsettled_.size() <= kMaxLooks) return;
  spacing_ = 2 * (now - unsettled_.front().at) / kMaxLooks;
  std::deque<Look> kept;
  for (std::size_t i = 0; i < unsettled_.size(); i += 2) kept.push_back(unsettled_[i]);
  unsettled_ = std::move(kept);
}

std::optional<Lag> LagEstimate::at(Revision settled, Time now) {
  if (!end_) return std::nullopt;
  while (!unsettled_.empty() && unsettled_.front().end <= settled) unsettled_.pop_front();
  if (settled >= *end_) {
    spacing_ = Duration{0};
    return Lag{};
  }
  const Time since = unsettled_.empty() ? now : unsettled_.front().at;
  return Lag{*end_ - settled, now - since};
}

}  // namespace interconnect
