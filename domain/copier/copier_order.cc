// The part of the copier that sends as the order says.
#include <algorithm>
#include <utility>
#include <vector>

#include "domain/copier/copier.h"
#include "domain/stream_metadata.h"

namespace interconnect {

Sender::Front Copier::front(LaneNumber number) const {
  const Lane& lane = *lanes_by_number_.at(number);
  const HeldEvent& front = lane.waiting[lane.head];
  const bool is_free = lane.state == Lane::State::kReady || lane.state == Lane::State::kIdle;
  return {.is_free = is_free && lane.append_id == 0,
          .knows_tail = lane.tail.has_value(),
          .is_doubtful = lane.last_error || lane.doubts > 0,
          .was_sent = front.first_sent != kNever,
          .payload_bytes = front.event.payload_bytes()};
}

bool Copier::has_room() {
  const bool is_full = appends_.size() >= settings_.max_appends_in_flight || in_flight_.events() >= window_.events() ||
                       in_flight_.bytes() >= window_.bytes();
  if (is_full) window_.on_full();
  return !is_full;
}

void Copier::take_turn(LaneNumber number, Time now) {
  Lane& lane = *lanes_by_number_.at(number);
  lane.state = Lane::State::kIdle;
  dispatch(lane, now);
}

void Copier::let_go(LaneNumber number) {
  const auto it = lanes_by_number_.find(number);
  if (it == lanes_by_number_.end() || it->second->state != Lane::State::kReady || it->second->has_waiting()) return;
  it->second->state = Lane::State::kIdle;
  close_if_idle(*it->second);
}

// All that waits in the lane takes its place in the order, if it has lost it.
void Copier::queue(const Lane& lane) {
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) {
    order_->enqueue(lane.waiting[i].position, lane.number);
  }
}

HeldEvent Copier::take_front(Lane& lane) {
  order_->dequeue(lane.front().position, lane.number);
  HeldEvent held = lane.take_front();
  // What was filled in before an event has the event's position.
  if (lane.has_waiting() && lane.front().position == held.position) order_->enqueue(held.position, lane.number);
  return held;
}

// All that waits in the lane, which loses its places in the order.
std::vector<HeldEvent> Copier::take_waiting(Lane& lane) {
  std::vector<HeldEvent> waiting;
  waiting.reserve(lane.waiting_count());
  while (lane.has_waiting()) waiting.push_back(take_front(lane));
  return waiting;
}

void Copier::take_back_sent(Lane& lane) {
  lane.waiting_overdue_at = std::min(lane.waiting_overdue_at, first_overdue(lane.sent));
  lane.take_back_sent();
  queue(lane);
}

// --- A stream and its metadata ---

Lane* Copier::counterpart(const Lane& lane) const {
  if (metadata_lanes_ == 0) return nullptr;
  const std::string name = lane.is_metadata ? std::string(original_stream(lane.stream)) : metadata_stream(lane.stream);
  return find_lane(name, Ledger::identify(name, {}).stream);
}

// A deletion lands behind the events that were written before it, and ahead of those that came after it. Of the two
// fronts the one with the lower position goes first; those of two subscriptions cannot be compared.
bool Copier::is_counterpart_first(const Lane& lane) const {
  const Lane* other = counterpart(lane);
  if (other == nullptr) return false;
  // What it brings about is not to be seen yet: an event that revives the stream, or what deletes it.
  if (!other->batch.empty() || other->append_id != 0) return true;
  if (!other->has_waiting()) return false;
  const HeldEvent& mine = lane.waiting[lane.head];
  const HeldEvent& theirs = other->waiting[other->head];
  return theirs.subscription == mine.subscription && theirs.position < mine.position;
}

void Copier::wake_counterpart(const Lane& lane) {
  Lane* other = counterpart(lane);
  if (other == nullptr || other->state != Lane::State::kIdle || !other->has_waiting() || other->append_id != 0) return;
  make_ready(*other);
}

}  // namespace interconnect
