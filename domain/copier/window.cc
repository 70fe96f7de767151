#include "domain/copier/window.h"

#include <algorithm>
#include <utility>

namespace interconnect {
namespace {

// An idle destination is met with some hundred KiB, and a slow one keeps at least this much.
constexpr double kFirstShare = 1.0 / 32;
constexpr double kLeastShare = 1.0 / 1024;
constexpr double kProbeShare = 1.0 / 4;
constexpr Duration kFirstProbe = std::chrono::seconds(1);
constexpr Duration kProbeInterval = std::chrono::seconds(30);

}  // namespace

Window::Window(const Settings& settings) : settings_(settings), share_(1) {
  set_share(settings.target > Duration{0} ? kFirstShare : 1);
}

void Window::set_share(double share) {
  share_ = std::clamp(share, kLeastShare, 1.0);
  const auto part = [this](std::size_t bound) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(share_ * static_cast<double>(bound)));
  };
  events_ = part(settings_.max_events);
  bytes_ = part(settings_.max_bytes);
}

void Window::on_completed(Time sent, Time now) {
  if (settings_.target <= Duration{0}) return;
  const Duration took = now - sent;
  round_sum_ += took;
  ++round_count_;
  round_least_ = std::min(round_least_, took);
  if (sent >= round_began_) end_round(now);
}

void Window::end_round(Time now) {
  const Duration mean = round_sum_ / round_count_;
  if (share_before_probe_ > 0) {
    // The quarter has been measured: this is what an append takes now. If that is much less than what was thought, the
    // quarter was a queue as well.
    const bool is_news = round_least_ < least_ * 3 / 4;
    least_ = round_least_;
    next_probe_ = now + (is_news ? kFirstProbe : kProbeInterval);
    set_share(std::exchange(share_before_probe_, 0));
  } else {
    if (least_ == Duration::max()) next_probe_ = now + kFirstProbe;
    least_ = std::min(least_, round_least_);
    const double queued = static_cast<double>((mean - least_).count()) / static_cast<double>(settings_.target.count());
    if (queued > 1) {
      has_had_enough_ = true;
      set_share(share_ * std::max(0.5, 1 / queued));
    } else if (was_full_) {
      has_had_enough_ = has_had_enough_ || queued > 0.5;
      set_share(share_ * (has_had_enough_ ? 1 + (1 - queued) / 4 : 2));
    }
    if (now >= next_probe_) {
      share_before_probe_ = share_;
      set_share(share_ * kProbeShare);
    }
  }
  was_full_ = false;
  round_began_ = now;
  round_sum_ = Duration{0};
  round_count_ = 0;
  round_least_ = Duration::max();
}

void Window::on_overload(Time now) {
  // Once for all that was sent in this round.
  if (settings_.target <= Duration{0}) return;
  if (overloaded_at_ != Time::min() && overloaded_at_ >= round_began_) return;
  overloaded_at_ = now;
  was_full_ = false;
  has_had_enough_ = true;
  share_before_probe_ /= 2;
  set_share(share_ / 2);
}

}  // namespace interconnect
