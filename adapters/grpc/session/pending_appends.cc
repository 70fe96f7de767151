#include "adapters/grpc/session/pending_appends.h"

#include <utility>

namespace interconnect::next {

void PendingAppends::sent(std::uint64_t id, std::string_view stream, Time now) {
  next_deadline();  // forgets what has been answered
  streams_.emplace(id, stream);
  order_.push_back({id, now});
}

std::optional<std::string> PendingAppends::answered(std::uint64_t id, Time now) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return std::nullopt;
  std::optional<std::string> stream = std::move(it->second);
  streams_.erase(it);
  last_answer_ = now;
  return stream;
}

std::vector<PendingAppends::Pending> PendingAppends::expire(Time now) {
  std::vector<Pending> expired;
  while (!order_.empty() && order_.front().at + time_limit_ <= now) {
    const Sent sent = order_.front();
    order_.pop_front();
    const auto it = streams_.find(sent.id);
    if (it == streams_.end()) continue;
    if (expired.empty()) is_silent_ = last_answer_ < sent.at;
    expired.push_back({sent.id, std::move(it->second)});
    streams_.erase(it);
  }
  return expired;
}

std::vector<PendingAppends::Pending> PendingAppends::give_up() {
  std::vector<Pending> all;
  for (const Sent& sent : std::exchange(order_, {})) {
    const auto it = streams_.find(sent.id);
    if (it != streams_.end()) all.push_back({sent.id, std::move(it->second)});
  }
  streams_.clear();
  return all;
}

std::optional<Time> PendingAppends::next_deadline() {
  while (!order_.empty() && !streams_.contains(order_.front().id)) order_.pop_front();
  if (order_.empty()) return std::nullopt;
  return order_.front().at + time_limit_;
}

}  // namespace interconnect::next
