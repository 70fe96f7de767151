#include "domain/copier/lane_queue.h"

#include <algorithm>
#include <utility>

namespace interconnect {
namespace {

// All that waits takes its place, if it has lost it.
void enqueue_waiting(const Lane& lane, Order& order) {
  for (const HeldEvent& held : lane.all_waiting()) order.enqueue(held.position, lane.number);
}

// What was filled in before an event has the event's position.
void keep_place(const Lane& lane, Revision position, Order& order) {
  if (lane.has_waiting() && lane.front().position == position) order.enqueue(position, lane.number);
}

}  // namespace

HeldEvent take_front(Lane& lane, Order& order) {
  order.dequeue(lane.front().position, lane.number);
  HeldEvent held = lane.take_front();
  keep_place(lane, held.position, order);
  return held;
}

void load_front(Lane& lane, Order& order) {
  const Revision position = lane.front().position;
  order.dequeue(position, lane.number);
  lane.load_front();
  keep_place(lane, position, order);
}

std::vector<HeldEvent> take_waiting(Lane& lane, Order& order) {
  std::vector<HeldEvent> waiting;
  waiting.reserve(lane.waiting_count());
  while (lane.has_waiting()) waiting.push_back(take_front(lane, order));
  return waiting;
}

void put_waiting(Lane& lane, std::vector<HeldEvent> waiting, Order& order) {
  expects(!lane.has_waiting());
  lane.waiting = std::move(waiting);
  lane.head = 0;
  enqueue_waiting(lane, order);
}

void take_back_sent(Lane& lane, Order& order, Duration writer_timeout) {
  lane.waiting_overdue_at = std::min(lane.waiting_overdue_at, first_overdue(lane.sent, writer_timeout));
  lane.take_back_sent();
  enqueue_waiting(lane, order);
}

void make_ready(Lane& lane, Lanes& lanes, Order& order) {
  lanes.set_timer(lane, lane.waiting_overdue_at);
  lane.make_ready();
  order.on_ready(lane.number);
}

// A deletion lands behind the events that were written before it, and ahead of those that came after it. Of the two
// fronts the one with the lower position goes first; those of two subscriptions cannot be compared.
bool is_counterpart_first(const Lane& lane, const Lanes& lanes) {
  const Lane* other = lanes.counterpart(lane);
  if (other == nullptr) return false;
  // What it brings about is not to be seen yet: an event that revives the stream, or what deletes it.
  if (!other->batch.empty() || other->append_id != 0) return true;
  if (!other->has_waiting()) return false;
  const HeldEvent& mine = lane.front();
  const HeldEvent& theirs = other->front();
  return theirs.subscription == mine.subscription && theirs.position < mine.position;
}

void wake_counterpart(const Lane& lane, Lanes& lanes, Order& order) {
  Lane* other = lanes.counterpart(lane);
  if (other == nullptr || other->state() != Lane::State::kBlocked || other->append_id != 0) return;
  make_ready(*other, lanes, order);
}

}  // namespace interconnect
