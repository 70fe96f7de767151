#include "domain/copier/withdrawal.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "domain/copier/lane_queue.h"

namespace interconnect {

void Withdrawal::run() {
  std::vector<std::uint64_t> emptied;
  std::vector<Revision> positions;
  lanes_.for_each([&](Lane& lane) {
    if (!lane.has_waiting() || lane.is_looking_up() || lane.is_filling()) return;
    withdraw(lane, positions);
    if (lane.state() == Lane::State::kIdle) emptied.push_back(lane.number);
  });
  order_.forget(positions);
  if (lanes_.has_metadata_lanes()) wake_blocked();
  // The map has no order of its own. Closing one may close another.
  std::sort(emptied.begin(), emptied.end());
  for (const std::uint64_t number : emptied) {
    if (Lane* lane = lanes_.find(number)) lanes_.close_if_idle(*lane);
  }
}

void Withdrawal::withdraw(Lane& lane, std::vector<Revision>& positions) {
  std::vector<HeldEvent> kept;
  std::vector<HeldEvent> waiting = take_waiting(lane, order_);
  bool is_after_gap = false;
  Revision first_withdrawn = kNoStream;
  for (HeldEvent& held : waiting) {
    const bool was_sent = held.first_sent != kNever || counts_as_sent(lane, held);
    if (!was_sent && deliveries_.withdraw({lane.stream_hash, held.event.id()})) {
      our_.observer.on_deliveries_discarded(1);
      if (!held.is_filled) positions.push_back(held.position);
      if (!is_after_gap) first_withdrawn = held.event.revision();
      is_after_gap = true;
      continue;
    }
    // It is wanted by another connection than those before it, which come again.
    if (std::exchange(is_after_gap, false) && !was_sent) note_gap_before(held, first_withdrawn);
    kept.push_back(std::move(held));
  }
  const bool is_unchanged = kept.size() == waiting.size();
  put_waiting(lane, std::move(kept), order_);
  if (is_unchanged) return;
  lane.hole_fill.reset();  // what it has taken may be among them
  lane.newest_seen = lane.newest_sent;
  for (const HeldEvent& held : lane.all_waiting()) {
    lane.newest_seen = std::max(lane.newest_seen, held.event.revision());
  }
  rest_if_emptied(lane);
}

// An event that is tried again counts as sent: if it were withdrawn, newer events that are redelivered before it would
// not wait for it, and no hole would show that it is missing.
bool Withdrawal::counts_as_sent(const Lane& lane, const HeldEvent& held) const {
  const bool may_come_late = !order_.awaits_withdrawn() || held.is_filled;
  return may_come_late && held.event.revision() <= lane.newest_sent;
}

void Withdrawal::note_gap_before(HeldEvent& held, Revision first_withdrawn) const {
  held.is_after_gap = true;
  held.awaits = kNoStream;
  if (held.hole != HeldEvent::Hole::kNone || !held.is_carried_whole) return;
  held.hole = HeldEvent::Hole::kBetween;
  held.hole_from = first_withdrawn;
}

void Withdrawal::rest_if_emptied(Lane& lane) {
  if (lane.has_waiting()) return;
  const bool is_awaiting = lane.state() == Lane::State::kAwaiting;
  const bool leaves_line = lane.state() == Lane::State::kReady && order_.leaves_line(lane.number);
  if (is_awaiting || leaves_line) lanes_.set_timer(lane, kNever);
  if (is_awaiting || leaves_line || lane.state() == Lane::State::kBlocked) lane.rest();
}

// What they waited for may have been withdrawn.
void Withdrawal::wake_blocked() {
  std::vector<std::uint64_t> blocked;
  lanes_.for_each([&](const Lane& lane) {
    if (lane.state() == Lane::State::kBlocked && lane.append_id == 0) blocked.push_back(lane.number);
  });
  std::sort(blocked.begin(), blocked.end());
  for (const std::uint64_t number : blocked) make_ready(lanes_.at(number), lanes_, order_);
}

}  // namespace interconnect
