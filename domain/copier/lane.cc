#include "domain/copier/lane.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace interconnect {

namespace {

constexpr std::size_t kStates = static_cast<std::size_t>(Lane::State::kBackingOff) + 1;

// By state: a bit for each that may follow.
constexpr std::array<std::uint32_t, kStates> make_followers() {
  std::array<std::uint32_t, kStates> followers{};
  for (const Lane::Arrow& arrow : Lane::kArrows) {
    followers[static_cast<std::size_t>(arrow.from)] |= 1U << static_cast<unsigned>(arrow.to);
  }
  return followers;
}
constexpr std::array<std::uint32_t, kStates> kFollowers = make_followers();

}  // namespace

void Lane::become(State next) {
  expects((kFollowers[static_cast<std::size_t>(state_)] >> static_cast<unsigned>(next) & 1U) != 0);
  state_ = next;
}

void Lane::rest() {
  expects(!has_waiting() && batch.empty());
  become(State::kIdle);
}

void Lane::make_ready() {
  expects(batch.empty());
  become(State::kReady);
}

void Lane::block() {
  expects(has_waiting());
  become(State::kBlocked);
}

void Lane::await_predecessor() {
  expects(has_waiting());
  become(State::kAwaiting);
}

void Lane::append(std::uint64_t id, Budget::Units units, Time now) {
  expects(append_id == 0 && !batch.empty() && batch.size() == sent.size());
  for (HeldEvent& event : sent) {
    event.first_sent = std::min(event.first_sent, now);
    event.was_sent = event.was_sent || !asks_for_tail;
  }
  append_id = id;
  in_flight = std::move(units);
  sent_at = now;
  become(State::kAppending);
}

void Lane::retry_later() {
  expects(!batch.empty());
  become(State::kRetrying);
}

void Lane::look_up_with(LookUp next) {
  expects(has_waiting() && batch.empty());
  become(State::kLookingUp);
  look_up = std::make_unique<LookUp>(std::move(next));
  look_up_began_with = front().event.id();
  read_denied_since = kNever;
  const std::size_t end = is_metadata ? head + 1 : waiting.size();
  for (std::size_t i = head; i < end; ++i) waiting[i].is_asked_about = true;
}

void Lane::pause_look_up() { become(State::kLookUpPaused); }

void Lane::resume_look_up() {
  expects(look_up != nullptr);
  become(State::kLookingUp);
}

void Lane::fill(std::unique_ptr<HoleFill> fill) {
  expects(has_waiting());
  if (fill) {
    hole_fill = std::move(fill);
    hole_fill_before = front().event.id();
  }
  expects(hole_fill != nullptr);
  become(State::kFilling);
  read_denied_since = kNever;
}

void Lane::pause_fill() { become(State::kFillPaused); }

void Lane::resume_fill() {
  expects(hole_fill != nullptr);
  become(State::kFilling);
}

void Lane::back_off() {
  expects(batch.empty());
  become(State::kBackingOff);
}

// --- What waits ---

std::size_t Lane::batch_bytes() const {
  std::size_t bytes = 0;
  for (const Event& event : batch) bytes += event.bytes();
  return bytes;
}

HeldEvent Lane::take_front() {
  HeldEvent held_event = std::move(waiting[head]);
  drop_front();
  return held_event;
}

void Lane::drop_front() {
  if (++head < waiting.size()) return;
  waiting.clear();
  head = 0;
}

void Lane::insert(HeldEvent&& held_event) {
  const Revision revision = held_event.event.revision();
  if (head > 64 && head * 2 > waiting.size()) {
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
  auto place = waiting.end();
  const auto first = waiting.begin() + static_cast<std::ptrdiff_t>(head);
  while (place != first && std::prev(place)->event.revision() > revision) --place;
  waiting.insert(place, std::move(held_event));
}

void Lane::load_front() {
  sent.push_back(std::move(waiting[head]));
  batch.push_back(std::move(sent.back().event));
  drop_front();
}

void Lane::take_back_sent() {
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i].event = std::move(batch[i]);
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(head));
  head = 0;
  waiting.insert(waiting.begin(), std::make_move_iterator(sent.begin()), std::make_move_iterator(sent.end()));
  // Something older may have arrived meanwhile.
  std::inplace_merge(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(sent.size()), waiting.end(),
                     [](const HeldEvent& a, const HeldEvent& b) { return a.event.revision() < b.event.revision(); });
  sent.clear();
  batch.clear();
  asks_for_tail = false;
}

void Lane::on_sent_confirmed(Revision last) {
  batch.clear();
  sent.clear();
  tail = last;
  doubts = 0;
  retry_delay = Duration{0};
  batch_limit = std::numeric_limits<std::size_t>::max();
  is_retried_by_safety_net = false;
  last_error.reset();
}

// --- What is known of an event that waits ---

bool Lane::is_at_destination(const HeldEvent& event) const {
  return event.at_destination == HeldEvent::AtDestination::kPresent ||
         event.at_destination == HeldEvent::AtDestination::kGone || event.event.revision() < counted_below ||
         (event.event.revision() < hidden_below && !event.is_replayed) ||
         (!ahead.empty() && ahead.contains(event.event.id()));
}

bool Lane::is_after_hole(const HeldEvent& event) const {
  return event.hole != HeldEvent::Hole::kNone && (event.is_overtaken || event.event.revision() > newest_sent + 1);
}

Lane::Readiness Lane::examine(HeldEvent& event, Time wait_until, Duration next_gap_wait, Time now) {
  const bool is_present = is_at_destination(event);
  if (is_metadata) {
    if (is_present) return Readiness::kFound;
    return event.at_destination == HeldEvent::AtDestination::kAbsent ? Readiness::kSend : Readiness::kAsk;
  }
  // One that is there may still await what precedes it: it is there for the sake of an earlier one with its id.
  const bool is_awaiting = event.is_after_gap && event.awaits != kNoStream;
  if (is_present && !is_awaiting) return Readiness::kFound;
  if (event.is_after_gap) {
    const bool is_closed =
        event.event.revision() <= newest_sent + 1 || (event.awaits != kNoStream && newest_sent >= event.awaits);
    if (!is_closed && now < wait_until) return event.awaits == kNoStream ? Readiness::kAsk : Readiness::kWait;
    event.is_after_gap = false;
    // What goes now makes room for what the next gap waits for.
    if (!is_closed) {
      next_gap_until = now + next_gap_wait;
      event.missed = event.awaits;
    }
  }
  if (is_present) return Readiness::kFound;
  if (is_after_hole(event)) return Readiness::kFill;
  const bool may_be_there = event.is_behind || walk_cursor;
  if (may_be_there && event.at_destination != HeldEvent::AtDestination::kAbsent) return Readiness::kAsk;
  return Readiness::kSend;
}

bool Lane::place(HeldEvent& event) const {
  const Revision revision = event.event.revision();
  event.is_overtaken = revision <= newest_sent;
  event.is_behind = event.is_overtaken || revision < looked_up_from;
  return revision == newest_seen + 1 || revision <= newest_sent + 1;
}

void Lane::note_hole(HeldEvent& event, bool looks_back) const {
  const Revision before = event.event.revision() > newest_seen ? newest_seen : newest_sent;
  if (before != kNoStream && !event.is_overtaken) {
    event.hole = HeldEvent::Hole::kBetween;
    event.hole_from = before + 1;
  } else if (looks_back) {
    event.hole = HeldEvent::Hole::kBefore;
  }
}

void Lane::learn(LookUpFindings& found, std::size_t memory) {
  if (!found.of_destination) return;
  tail = found.tail;
  newest_sent = std::max(newest_sent, found.met_predecessor.value_or(kNoStream));
  if (found.is_whole_region) {
    walk_cursor = found.cursor;
    looked_up_from = found.first_revision;
  } else if (found.cursor) {
    walk_cursor = std::min(walk_cursor.value_or(*found.cursor), *found.cursor);
  }
  hidden_below = std::max(hidden_below, found.hidden_below.value_or(0));
  if (found.is_hidden_by_count) counted_below = std::max(counted_below, *found.hidden_below);
  revives_stream = found.revives;
  for (const auto& [id, revision] : found.region) ahead.emplace(id, revision);
  if (ahead.size() <= 2 * memory) return;
  Revision lowest = std::numeric_limits<Revision>::max();
  for (const auto& [id, revision] : ahead) lowest = std::min(lowest, revision);
  walk_cursor = std::min(walk_cursor.value_or(lowest), lowest);
  ahead.clear();
}

void Lane::recycle(bool keeps_room) {
  Lane fresh;
  stream.clear();
  fresh.stream = std::move(stream);
  if (keeps_room) {
    waiting.clear();
    batch.clear();
    sent.clear();
    fresh.waiting = std::move(waiting);
    fresh.batch = std::move(batch);
    fresh.sent = std::move(sent);
  }
  *this = std::move(fresh);
}

}  // namespace interconnect
