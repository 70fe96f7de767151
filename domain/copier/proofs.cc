#include "domain/copier/proofs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/copier/lane_queue.h"

namespace interconnect {
namespace {

// In a row: then nothing more is supposed of what waits.
constexpr int kMaxDisproofs = 8;

}  // namespace

bool Proofs::are_due(Lane& lane) const {
  if (!lane.supposition) return false;
  // An append behind the end would write.
  const Revision end = lane.tail.value_or(kNoStream) + 1;
  const Revision room = std::max<Revision>(0, end - lane.supposition->place);
  lane.supposition->events = std::min(lane.supposition->events, static_cast<std::size_t>(room));
  const std::optional<std::size_t> first = lane.find_waiting(lane.supposition->first);
  const bool is_in_doubt = first && !lane.waiting[*first].is_unproven;
  if (lane.supposition->events > 0 && is_in_doubt) return true;
  lane.drop_supposition();
  return false;
}

bool Proofs::suppose_next(Lane& lane) const {
  const HeldEvent& front = lane.front();
  if (!lane.next_place || lane.is_metadata || front.is_after_gap) return false;
  lane.supposition = {.first = front.event.id(),
                      .place = *std::exchange(lane.next_place, std::nullopt),
                      .events = lane.waiting_count(),
                      .is_guess = true};
  return are_due(lane);
}

void Proofs::load(Lane& lane, Time now) const {
  const std::size_t max_bytes = order_.append_bytes_limit(pipe_.bytes_limit());
  order_.on_sent_alone();
  lane.is_proof = true;
  lane.proof_overdue_at = std::min(lane.proof_overdue_at, now + our_.settings.writer_timeout);
  const std::size_t place = *lane.find_waiting(lane.supposition->first);
  const std::size_t most = std::min({lane.supposition->events, our_.settings.max_append_events, lane.batch_limit});
  std::size_t payload = 0;
  std::size_t bytes = 0;
  while (place < lane.waiting.size() && lane.sent.size() < most) {
    const HeldEvent& next = lane.waiting[place];
    payload += next.event.payload_bytes();
    bytes += next.event.bytes();
    const bool is_in_doubt = next.is_behind && next.at_destination == HeldEvent::AtDestination::kUnknown;
    const bool has_room = payload <= max_bytes && pipe_.fits(lane.sent.size(), bytes);
    if (!lane.sent.empty() && !(is_in_doubt && has_room)) break;
    load_waiting(lane, place, order_);
  }
}

void Proofs::take_back(Lane& lane) const {
  take_back_sent(lane, order_, our_.settings.writer_timeout);
  lane.proof_overdue_at = kNever;
  lane.last_error.reset();
}

LaneStep Proofs::on_proved(Lane& lane) const {
  LookUpFindings::Supposition& supposed = *lane.supposition;
  const std::size_t proved = lane.sent.size();
  for (HeldEvent& held : lane.sent) held.at_destination = HeldEvent::AtDestination::kPresent;
  take_back(lane);
  lane.retry_delay = Duration{0};
  lane.waiting_overdue_at = kNever;  // they are settled first
  lane.disproofs = 0;
  const std::size_t first = *lane.find_waiting(supposed.first);
  if (supposed.tells_of_predecessor) {
    for (std::size_t i = lane.head; i < first; ++i) {
      lane.waiting[i].at_destination = HeldEvent::AtDestination::kPresent;
    }
  }
  lane.next_place = supposed.place + static_cast<Revision>(proved);
  lane.supposition.reset();
  return {LaneStep::What::kReady};
}

LaneStep Proofs::on_disproved(Lane& lane, const WrongExpectedVersion& wrong, Time now) const {
  const bool was_alone = lane.sent.size() == 1;
  take_back(lane);
  if (wrong.current.value_or(lane.tail.value_or(kNoStream)) != lane.tail) {
    // What was written since may be what is in doubt.
    lane.supposition.reset();
    lane.tail.reset();
    return LaneStep::look_up(wrong.current);
  }
  if (!was_alone && !lane.supposition->is_guess) {
    lane.supposition->events = 1;  // those behind it may be missing
    lane.waiting_overdue_at = kNever;
    return {LaneStep::What::kReady};
  }
  const LookUpFindings::Supposition supposed = *std::exchange(lane.supposition, std::nullopt);
  if (supposed.is_guess) return {LaneStep::What::kReady};
  lane.next_place = supposed.place + 1;
  return take_for_absent(lane, supposed, now) ? LaneStep::look_up(wrong.current) : LaneStep{LaneStep::What::kReady};
}

// Nothing tells whether the destination holds it. Those behind it are proved by themselves, as long as that leads
// anywhere. Whether one is overdue.
bool Proofs::take_for_absent(Lane& lane, const LookUpFindings::Supposition& supposed, Time now) const {
  lane.is_in_order = false;
  ++lane.disproofs;
  const Revision up_to = lane.disproofs < kMaxDisproofs
                             ? lane.waiting[*lane.find_waiting(supposed.first)].event.revision()
                             : supposed.below - 1;
  bool is_overdue = false;
  for (HeldEvent& held : lane.all_waiting()) {
    const bool is_meant = held.event.revision() <= up_to && held.at_destination == HeldEvent::AtDestination::kUnknown &&
                          !lane.is_at_destination(held);
    if (!is_meant) continue;
    our_.observer.on_event_may_be_doubled(held.event.view());
    held.at_destination = HeldEvent::AtDestination::kAbsent;
    held.is_unproven = true;
    is_overdue = is_overdue || now >= held.overdue_at(our_.settings.writer_timeout);
  }
  return is_overdue;
}

void Proofs::give_up(Lane& lane) const {
  const Time asked_since = lane.proof_overdue_at - our_.settings.writer_timeout;
  for (HeldEvent& held : lane.sent) held.first_sent = std::min(held.first_sent, asked_since);
  take_back_sent(lane, order_, our_.settings.writer_timeout);
  lane.drop_supposition();
  lane.waiting_overdue_at = kNever;
}

}  // namespace interconnect
