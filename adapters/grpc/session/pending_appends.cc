#include "adapters/grpc/session/pending_appends.h"

#include <utility>

namespace interconnect::next {

void PendingAppends::sent(std::uint64_t id, std::string_view stream, std::optional<std::uint64_t> newest_position,
                          Time now) {
  next_deadline();  // forgets what has been answered
  appends_.emplace(id, Unanswered{std::string(stream), newest_position});
  order_.push_back({id, now});
}

std::optional<PendingAppends::Answered> PendingAppends::answered(std::uint64_t id, Time now) {
  const auto it = appends_.find(id);
  if (it == appends_.end()) return std::nullopt;
  const Answered answered{it->second.newest_position_when_sent};
  appends_.erase(it);
  last_answer_ = now;
  return answered;
}

std::vector<PendingAppends::Pending> PendingAppends::expire(Time now) {
  std::vector<Pending> expired;
  while (!order_.empty() && order_.front().at + time_limit_ <= now) {
    const Sent sent = order_.front();
    order_.pop_front();
    const auto it = appends_.find(sent.id);
    if (it == appends_.end()) continue;
    if (expired.empty()) is_silent_ = last_answer_ < sent.at;
    expired.push_back({sent.id, std::move(it->second.stream)});
    appends_.erase(it);
  }
  return expired;
}

std::vector<PendingAppends::Pending> PendingAppends::give_up() {
  std::vector<Pending> all;
  for (const Sent& sent : std::exchange(order_, {})) {
    const auto it = appends_.find(sent.id);
    if (it != appends_.end()) all.push_back({sent.id, std::move(it->second.stream)});
  }
  appends_.clear();
  return all;
}

std::optional<Time> PendingAppends::next_deadline() {
  while (!order_.empty() && !appends_.contains(order_.front().id)) order_.pop_front();
  if (order_.empty()) return std::nullopt;
  return order_.front().at + time_limit_;
}

}  // namespace interconnect::next
