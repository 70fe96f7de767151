#include "domain/copier/global_order.h"

#include <algorithm>

#include "domain/copier/expects.h"

namespace interconnect {

void GlobalOrder::on_connected(bool is_first_connection, bool is_new_group, Time now) {
  if (!is_first_connection && redelivered_until_ != kNever) return;
  has_first_delivery_ = false;
  // Later ones take less: else reconnections of our own would put it off for ever.
  redelivered_until_ = is_new_group ? now : now + redelivery_wait_ / (is_first_connection ? 1 : 2);
}

void GlobalOrder::on_wait_renewed() {
  if (!arrived_up_to_) redelivered_until_ = kNever;
}

void GlobalOrder::on_delivered(Revision position, std::int32_t retry_count) {
  if (arrived_up_to_) return advance_to(position);
  arrived_beyond_.insert(position);
  has_first_delivery_ = has_first_delivery_ || retry_count == 0;
}

void GlobalOrder::advance_to(Revision position) {
  expects(arrived_up_to_.has_value());
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

// Redelivery after a restart is complete: the lowest position that was seen is where the order starts.
void GlobalOrder::know_positions() {
  arrived_up_to_ = *arrived_beyond_.begin() - 1;
  advance_to(*arrived_beyond_.begin());
}

// What came after them is still there.
void GlobalOrder::forget(std::span<const Revision> positions) {
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

void GlobalOrder::forget_unless_queued(std::span<const Revision> positions) {
  std::vector<Revision> forgotten(positions.begin(), positions.end());
  std::erase_if(forgotten, [this](Revision position) { return is_queued(position); });
  forget(forgotten);
}

bool GlobalOrder::is_queued(Revision position) const {
  const auto first = queue_.lower_bound({position, 0});
  return first != queue_.end() && first->first == position;
}

bool GlobalOrder::leaves_line(LaneNumber lane) {
  on_unready(lane);
  return true;
}

// The next in turn is to follow one that may still be on its way.
bool GlobalOrder::is_position_awaited(const Sender& sender) const {
  if (queue_.empty() || !arrived_up_to_) return false;
  const Revision next = queue_.begin()->first;
  const bool is_to_come_again = !to_come_again_.empty() && *to_come_again_.begin() < next;
  if (!is_to_come_again && next <= *arrived_up_to_ + 1) return false;
  return !sender.front(queue_.begin()->second).was_sent;  // else its turn has been
}

// The next in turn is to follow one whose event is still to be read.
bool GlobalOrder::is_link_awaited() const {
  const std::optional<Revision> unresolved = deliveries_.lowest_unresolved_link();
  return unresolved && !queue_.empty() && *unresolved < queue_.begin()->first;
}

// For what may precede the next in turn. What was waited for in vain counts as arrived.
bool GlobalOrder::must_wait(const Sender& sender, Time now) {
  if (!arrived_up_to_) know_positions();
  if (!is_position_awaited(sender)) return false;
  if (now < deliveries_.predecessor_wait_until(kOnlySubscription)) return true;
  const Revision next = queue_.begin()->first;
  to_come_again_.erase(to_come_again_.begin(), to_come_again_.lower_bound(next));
  arrived_up_to_ = std::max(*arrived_up_to_, next - 1);
  advance_to(next);
  return false;
}

// Whether the lane's next append may be sent while others are on their way, and others after it while it is. Not if it
// is likely to be refused: what was sent after it would take its place.
bool GlobalOrder::may_follow(const Sender::Front& front) const {
  return front.knows_tail && !front.is_doubtful && !front.was_sent && front.payload_bytes < ordered_append_bytes_;
}

void GlobalOrder::pump(Sender& sender, Time now) {
  // Turns come by position; what has nothing to send is let go.
  for (const LaneNumber lane : std::exchange(ready_, {})) sender.let_go(lane);
  // Links that are still being read take places of the buffer as well.
  const bool is_redelivery_awaited = !arrived_up_to_ && !has_first_delivery_ && now < redelivered_until_;
  if (is_redelivery_awaited) return deliveries_.await_predecessor(kOnlySubscription, now);
  while (!queue_.empty() && !sender.has_exited()) {
    if (is_link_awaited()) return;
    if (!sender.has_appends()) is_alone_ = false;
    if (must_wait(sender, now)) return deliveries_.await_predecessor(kOnlySubscription, now);
    const auto turn = *queue_.begin();
    const Sender::Front front = sender.front(turn.second);
    if (!front.is_free || is_alone_) return;
    // Where the tail is not known, it is looked up first.
    const bool must_follow = front.knows_tail && sender.has_appends();
    if (must_follow && (!may_follow(front) || !sender.has_room())) return;
    is_alone_ = front.knows_tail && !may_follow(front);
    sender.take_turn(turn.second, now);
    if (!queue_.empty() && *queue_.begin() == turn) return;  // it waits for something
  }
}

bool GlobalOrder::may_join(Revision position, LaneNumber lane, const Sender& sender) const {
  if (queue_.empty() || *queue_.begin() != std::pair(position, lane)) return false;
  return !is_position_awaited(sender) && !is_link_awaited();
}

std::size_t GlobalOrder::append_bytes_limit(std::size_t limit) const {
  return is_alone_ ? limit : std::min(limit, ordered_append_bytes_);
}

Time GlobalOrder::next_deadline(const Sender& sender) const {
  Time deadline = kNever;
  if (is_link_awaited()) return deadline;
  if (is_position_awaited(sender)) deadline = deliveries_.predecessor_wait_until(kOnlySubscription);
  if (!queue_.empty() && !arrived_up_to_) deadline = std::min(deadline, redelivered_until_);
  return deadline;
}

}  // namespace interconnect
