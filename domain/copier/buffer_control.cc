#include "domain/copier/buffer_control.h"

#include <algorithm>

namespace interconnect {
namespace {

constexpr Duration kSoonAfterConnect = std::chrono::minutes(1);
constexpr std::int32_t kMaxStep = 8;  // few deliveries tell little of the size of all
constexpr std::int32_t kMaxForPredecessor = 65'536;

}  // namespace

BufferControl::BufferControl(std::int32_t size, const Settings& settings)
    : settings_(settings),
      size_(size),
      reconnected_at_(-settings.reconnection_interval),
      patience_(settings.first_patience) {}

std::size_t BufferControl::places() const { return static_cast<std::size_t>(std::max(1, size_)); }

void BufferControl::on_connected(Time now) {
  is_discarding_ = reconnect_at_ != kNever;  // else another connection is to come
  connected_at_ = now;
  delivered_events_ = 0;
  delivered_bytes_ = 0;
}

void BufferControl::on_connection_lost(std::size_t pending_bytes, Time now) {
  const bool has_taken_all = delivered_events_ >= places() || now - connected_at_ >= kSoonAfterConnect;
  if (delivered_events_ == 0 || has_taken_all) return;
  const std::size_t mean_bytes = delivered_bytes_ / delivered_events_ + 1;
  const std::size_t fitting = pending_bytes / mean_bytes;
  if (fitting >= places()) return;
  size_ = std::max({1, static_cast<std::int32_t>(fitting), size_ / kMaxStep});
  want_reconnection(now, Duration{0});
}

void BufferControl::on_dropped() {
  patience_ = settings_.first_patience;
  delivered_events_ = 0;
}

void BufferControl::on_reconnecting(Time now) {
  reconnect_at_ = kNever;
  reconnected_at_ = now;
  is_discarding_ = true;
}

bool BufferControl::shrink(std::int64_t fitting, Time now) {
  const auto smaller = static_cast<std::int32_t>(std::clamp<std::int64_t>(fitting, 1, std::max(1, size_ / 2)));
  const bool gets_smaller = smaller < size_;
  size_ = smaller;
  is_discarding_ = true;
  want_reconnection(now, settings_.reconnection_interval);
  return gets_smaller;
}

bool BufferControl::make_room(std::size_t taken, Time now) {
  if (taken < places() || reconnect_at_ != kNever || patience_ > settings_.most_patience) return false;
  // Again and again the same would come first.
  if (settings_.grows_for_predecessor && size_ <= kMaxForPredecessor / 2) size_ *= 2;
  want_reconnection(now, patience_);
  patience_ *= 2;
  return true;
}

void BufferControl::reclaim(std::size_t lost, Time now) {
  if (2 * lost >= places()) want_reconnection(now, settings_.reconnection_interval);
}

void BufferControl::want_reconnection(Time now, Duration patience) {
  if (reconnect_at_ == kNever) reconnect_at_ = std::max(now, reconnected_at_ + patience);
}

}  // namespace interconnect
