#include "domain/copier/lane.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace interconnect {

std::size_t Lane::batch_bytes() const {
  std::size_t bytes = 0;
  for (const Event& event : batch) bytes += event.bytes();
  return bytes;
}

HeldEvent Lane::take_front() {
  HeldEvent held = std::move(waiting[head]);
  if (++head == waiting.size()) {
    waiting.clear();
    head = 0;
  }
  return held;
}

std::optional<std::size_t> Lane::find_waiting(const EventId& id) const {
  for (std::size_t i = head; i < waiting.size(); ++i) {
    if (waiting[i].event.id() == id) return i;
  }
  return std::nullopt;
}

HeldEvent Lane::take(std::size_t place) {
  HeldEvent held = std::move(waiting[place]);
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(place));
  return held;
}

void Lane::insert(HeldEvent held) {
  const Revision revision = held.event.revision();
  if (head > 64 && head * 2 > waiting.size()) {
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
  auto place = waiting.end();
  const auto first = waiting.begin() + static_cast<std::ptrdiff_t>(head);
  while (place != first && std::prev(place)->event.revision() > revision) --place;
  waiting.insert(place, std::move(held));
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
  is_proof = false;
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
