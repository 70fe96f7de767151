// The part of the copier that keeps one order over all streams: that of the positions in the subscription.
#include <algorithm>
#include <utility>
#include <vector>

#include "domain/copier/copier.h"
#include "domain/stream_metadata.h"

namespace interconnect {

// Positions follow one another: one that is left out may be on its way over an older connection. What is delivered
// again comes first, but by its revision in its own stream (StreamBuffer.AddRetry of 5.0.1 and 21.2.0), not by
// position.
void Copier::note_position(Revision position, std::int32_t retry_count) {
  if (!arrived_up_to_) {
    arrived_beyond_.insert(position);
    has_first_delivery_ = has_first_delivery_ || retry_count == 0;
    return;
  }
  if (position > *arrived_up_to_ + 1) {
    arrived_beyond_.insert(position);
    return;
  }
  to_come_again_.erase(position);
  arrived_up_to_ = std::max(*arrived_up_to_, position);
  while (!arrived_beyond_.empty() && *arrived_beyond_.begin() <= *arrived_up_to_ + 1) {
    arrived_up_to_ = std::max(*arrived_up_to_, *arrived_beyond_.begin());
    arrived_beyond_.erase(arrived_beyond_.begin());
  }
}

// All that a former process left is here: the first of it is the first of all.
void Copier::know_positions() {
  arrived_up_to_ = *arrived_beyond_.begin() - 1;
  note_position(*arrived_beyond_.begin(), 0);
}

// These have not arrived after all: they come again. What came after them is still there.
void Copier::forget_positions(const std::vector<Revision>& positions) {
  if (!arrived_up_to_) {
    if (positions.empty()) return;
    for (const Revision position : positions) arrived_beyond_.erase(position);
    if (queue_.empty()) arrived_beyond_.clear();
    // What is left tells no more where all began: the next connection does.
    redelivered_until_ = kNever;
    has_first_delivery_ = false;
    return;
  }
  for (const Revision position : positions) {
    if (position > *arrived_up_to_) {
      arrived_beyond_.erase(position);
    } else {
      to_come_again_.insert(position);
    }
  }
}

// The next in turn is to follow one that may still be on its way.
bool Copier::is_position_awaited() const {
  if (queue_.empty() || !arrived_up_to_) return false;
  const Revision next = queue_.begin()->first;
  const bool is_to_come_again = !to_come_again_.empty() && *to_come_again_.begin() < next;
  if (!is_to_come_again && next <= *arrived_up_to_ + 1) return false;
  const Lane& lane = *lanes_by_number_.at(queue_.begin()->second);
  return lane.waiting[lane.head].first_sent == kNever;  // else its turn has been
}

bool Copier::is_queued(Revision position) const {
  const auto first = queue_.lower_bound({position, 0});
  return first != queue_.end() && first->first == position;
}

// All that waits in the lane takes its place in the order, if it has lost it.
void Copier::queue(const Lane& lane) {
  if (!is_global()) return;
  for (std::size_t i = lane.head; i < lane.waiting.size(); ++i) queue_.emplace(lane.waiting[i].position, lane.number);
}

HeldEvent Copier::take_front(Lane& lane) {
  if (!is_global()) return lane.take_front();
  queue_.erase({lane.front().position, lane.number});
  HeldEvent held = lane.take_front();
  // What was filled in before an event has the event's position.
  if (lane.has_waiting() && lane.front().position == held.position) queue_.emplace(held.position, lane.number);
  return held;
}

void Copier::take_back_sent(Lane& lane) {
  lane.waiting_overdue_at = std::min(lane.waiting_overdue_at, first_overdue(lane.sent));
  lane.take_back_sent();
  queue(lane);
}

// Whether nothing else is to be sent before what waits in front of the lane, or may still come.
bool Copier::is_next(Lane& lane) {
  if (queue_.empty() || *queue_.begin() != std::pair(lane.front().position, lane.number)) return false;
  return !is_position_awaited() && !is_link_awaited();
}

// Whether the lane's next append may be sent while others are on their way, and others after it while it is. Not if it
// is likely to be refused: what was sent after it would take its place.
bool Copier::may_follow(const Lane& lane) const {
  const HeldEvent& front = lane.waiting[lane.head];
  return lane.tail && !lane.last_error && lane.doubts == 0 && front.first_sent == kNever &&
         front.event.payload_bytes() < ordered_append_bytes_;
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
  if (is_global() || !other->has_waiting()) return false;  // there all go by their positions
  const HeldEvent& mine = lane.waiting[lane.head];
  const HeldEvent& theirs = other->waiting[other->head];
  return theirs.subscription == mine.subscription && theirs.position < mine.position;
}

void Copier::wake_counterpart(const Lane& lane) {
  if (is_global()) return;
  Lane* other = counterpart(lane);
  if (other == nullptr || other->state != Lane::State::kIdle || !other->has_waiting() || other->append_id != 0) return;
  make_ready(*other);
}

// The next in turn is to follow one whose event is still to be read.
bool Copier::is_link_awaited() const {
  const std::optional<Revision> unresolved = links_.lowest_position();
  return unresolved && !queue_.empty() && *unresolved < queue_.begin()->first;
}

void Copier::pump_in_order(Time now) {
  // Turns come by position; what has nothing to send is let go.
  for (Lane* lane : std::exchange(ready_, {})) {
    if (lane->has_waiting()) continue;
    lane->state = Lane::State::kIdle;
    close_if_idle(*lane);
  }
  // Links that are still being read take places of the window as well.
  if (!arrived_up_to_ && !has_first_delivery_ && now < redelivered_until_) return make_room_for_older(0, now);
  while (!queue_.empty() && !has_exited_) {
    const auto turn = *queue_.begin();
    if (is_link_awaited()) return;
    if (appends_.empty()) is_alone_ = false;
    if (!arrived_up_to_) know_positions();
    Lane& lane = *lanes_by_number_.at(turn.second);
    if (is_position_awaited()) {
      if (now < subscriptions_.front().older_connections_until) return make_room_for_older(0, now);
      to_come_again_.erase(to_come_again_.begin(), to_come_again_.lower_bound(turn.first));
      arrived_up_to_ = std::max(*arrived_up_to_, turn.first - 1);
      note_position(turn.first, 0);
    }
    const bool is_free = lane.state == Lane::State::kReady || lane.state == Lane::State::kIdle;
    if (!is_free || lane.append_id != 0 || is_alone_) return;
    const bool may_be_sent = lane.tail.has_value();  // else it is looked up first
    if (may_be_sent && !appends_.empty()) {
      if (!may_follow(lane)) return;
      if (appends_.size() >= settings_.max_appends_in_flight || events_in_flight_ >= window_.events() ||
          bytes_in_flight_ >= window_.bytes()) {
        return window_.on_full();
      }
    }
    is_alone_ = may_be_sent && !may_follow(lane);
    lane.state = Lane::State::kIdle;
    dispatch(lane, now);
    if (!queue_.empty() && *queue_.begin() == turn) return;  // it waits for something
  }
}

}  // namespace interconnect
