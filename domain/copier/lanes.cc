#include "domain/copier/lanes.h"

#include <algorithm>
#include <utility>

#include "domain/copier/event_identity.h"
#include "domain/stream_metadata.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxSpareLanes = 2'048;
constexpr std::size_t kMaxSpareRoom = 32'768;  // of all of them, for events: some 3 MB

}  // namespace

Lanes::Lanes(const Settings& settings, Budget& held)
    : settings_(settings), held_(held), memory_(settings.remembered_streams) {}

Lane* Lanes::find(std::string_view stream, std::uint64_t hash) const {
  const auto it = by_stream_.find(stream, hash);
  return it == by_stream_.end() ? nullptr : it->second.get();
}

Lane* Lanes::find(std::uint64_t number) const {
  const auto it = by_number_.find(number);
  return it == by_number_.end() ? nullptr : it->second;
}

std::unique_ptr<Lane> Lanes::make() {
  if (spare_.empty()) return std::make_unique<Lane>();
  std::unique_ptr<Lane> lane = std::move(spare_.back());
  spare_.pop_back();
  spare_room_ -= lane->room();
  return lane;
}

Lane& Lanes::open(std::string_view stream, std::uint64_t hash) {
  if (Lane* open = find(stream, hash)) return *open;
  std::unique_ptr<Lane> lane = make();
  lane->stream = stream;
  lane->stream_hash = hash;
  lane->number = next_number_++;
  lane->held = Budget(&held_);
  lane->is_metadata = is_metadata_stream(stream);
  if (lane->is_metadata) ++metadata_lanes_;
  if (const auto memory = memory_.take(hash)) {
    lane->tail = memory->tail;
    lane->newest_seen = memory->newest_seen;
    lane->newest_sent = memory->newest_sent;
    lane->looked_up_from = memory->looked_up_from;
  }
  Lane& opened = *lane;
  by_number_[opened.number] = &opened;
  by_stream_.emplace(opened.stream, std::move(lane));
  return opened;
}

void Lanes::close_if_idle(Lane& lane) {
  if (!lane.is_idle()) return;
  if (lane.ahead.empty() && !lane.walk_cursor && lane.hidden_below <= lane.newest_sent + 1) {
    if (lane.tail) memory_.put(lane.stream_hash, {*lane.tail, lane.newest_seen, lane.newest_sent, lane.looked_up_from});
    return close(lane);
  }
  if (std::exchange(lane.is_listed_idle, true)) return;
  idle_.push_back(lane.stream);
  if (idle_.size() <= settings_.max_idle_lanes) return;
  const auto it = by_stream_.find(idle_.front());
  idle_.pop_front();
  if (it == by_stream_.end()) return;
  it->second->is_listed_idle = false;
  if (it->second->is_idle()) close(*it->second);
}

void Lanes::close(Lane& lane) {
  set_timer(lane, kNever);
  const auto it = by_stream_.find(lane.stream, lane.stream_hash);
  std::unique_ptr<Lane> closed = std::move(it->second);
  by_stream_.erase(it);
  by_number_.erase(closed->number);
  if (closed->is_metadata) --metadata_lanes_;
  if (spare_.size() >= kMaxSpareLanes) return;
  closed->recycle(spare_room_ + closed->room() <= kMaxSpareRoom);
  spare_room_ += closed->room();
  spare_.push_back(std::move(closed));
}

void Lanes::pass_over(std::string_view stream, Revision revision) {
  const auto advance = [&](Revision& newest_seen) {
    if (revision == newest_seen + 1) newest_seen = revision;
  };
  const std::uint64_t hash = identify(stream, {}).stream;
  if (Lane* lane = find(stream, hash)) {
    advance(lane->newest_seen);
  } else if (Memory* memory = memory_.find(hash)) {
    advance(memory->newest_seen);
  }
}

Lane* Lanes::find_counterpart(const Lane& lane) const {
  const std::string name = lane.is_metadata ? std::string(original_stream(lane.stream)) : metadata_stream(lane.stream);
  return find(name, identify(name, {}).stream);
}

// --- Timers ---

auto Lanes::holding_timer() const {
  return [this](std::uint64_t number, Time when) {
    const Lane* lane = find(number);
    return lane != nullptr && lane->timer == when;
  };
}

void Lanes::set_timer(Lane& lane, Time when) {
  if (lane.timer == when) return;
  if (std::exchange(lane.timer, when) != kNever) timers_.call_off(holding_timer());
  if (when != kNever) timers_.set(lane.number, when);
}

Lane* Lanes::take_due(Time now) {
  const auto number = timers_.take_due(now, holding_timer());
  if (!number) return nullptr;
  Lane& lane = at(*number);
  lane.timer = kNever;
  return &lane;
}

Time Lanes::next_timer() { return timers_.next(holding_timer()).value_or(kNever); }

}  // namespace interconnect
