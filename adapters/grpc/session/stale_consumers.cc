#include "adapters/grpc/session/stale_consumers.h"

#include <algorithm>

namespace interconnect::next {
namespace {

// What was answered for does not change for a consumer to which nobody answers, though it may be sent more.
bool is_same_and_silent(const GroupConnection& before, const GroupConnection& now) {
  return before.connection_name == now.connection_name && before.from == now.from && before.username == now.username &&
         before.total_items - before.in_flight_messages == now.total_items - now.in_flight_messages;
}

}  // namespace

void StaleConsumers::connected(Time now) {
  connected_at_ = now;
  fresh_until_ = now + kFreshFor;
  has_looked_ = false;
  suspects_older_ = false;
  silent_.clear();
  next_look_ = now;
}

void StaleConsumers::disconnected() {
  next_look_.reset();
  silent_.clear();
}

void StaleConsumers::schedule(Time now) { next_look_ = now + (fresh(now) ? kFreshInterval : kInterval); }

std::optional<StaleConsumers::Stale> StaleConsumers::looked(std::span<const GroupConnection> connections, Time now) {
  readable_ = true;
  if (!std::exchange(has_looked_, true)) fresh_until_ = now + kFreshFor;
  schedule(now);
  std::vector<Silent> before = std::exchange(silent_, {});
  for (const GroupConnection& connection : connections) {
    if (connection.in_flight_messages <= 0) continue;
    const auto seen = std::find_if(before.begin(), before.end(), [&](const Silent& candidate) {
      return is_same_and_silent(candidate.connection, connection);
    });
    silent_.push_back({connection, seen == before.end() ? now : seen->since});
    if (seen != before.end()) before.erase(seen);
  }

  const auto is_own = [this](const GroupConnection& connection) { return connection.connection_name == own_name_; };
  const auto listed = std::count_if(connections.begin(), connections.end(), is_own);
  suspect(listed > 0 && std::any_of(silent_.begin(), silent_.end(),
                                    [&](const Silent& silent) {
                                      return silent.since < now && (listed > 1 || !is_own(silent.connection));
                                    }),
          now);
  if (listed == 0) return std::nullopt;  // then any of them may be us
  if (last_eviction_ && now - *last_eviction_ < kBetweenEvictions) return std::nullopt;
  std::vector<Silent> stale;
  for (const Silent& silent : silent_) {
    if (now - silent.since >= (fresh(now) ? kFreshProof : kProof)) stale.push_back(silent);
  }
  // Of those with our name one is us: one that does not look stale, if there is one, else the latest.
  const auto own_stale =
      std::count_if(stale.begin(), stale.end(), [&](const Silent& silent) { return is_own(silent.connection); });
  if (own_stale == listed) {
    auto own = stale.end();
    for (auto silent = stale.begin(); silent != stale.end(); ++silent) {
      if (is_own(silent->connection) && (own == stale.end() || silent->since >= own->since)) own = silent;
    }
    stale.erase(own);
  }
  if (stale.empty()) return std::nullopt;
  const Silent& worst = *std::max_element(stale.begin(), stale.end(), [](const Silent& a, const Silent& b) {
    return a.connection.in_flight_messages < b.connection.in_flight_messages;
  });
  last_eviction_ = now;
  return Stale{worst.connection, now - worst.since};
}

bool StaleConsumers::not_looked(bool answered, Time now) {
  suspect(!answered, now);
  if (suspects_older_ && !has_looked_) fresh_until_ = now + kFreshFor;
  schedule(now);
  return std::exchange(readable_, false);
}

}  // namespace interconnect::next
