#include "testing/eventstore/store/stream_buffer.h"

#include <algorithm>
#include <limits>

#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

std::int64_t own_number(const OutstandingMessage& m) {
  return m.event.event != nullptr ? m.event.event->number : m.event.link->number;
}

}  // namespace

bool OutstandingMessage::replayed() const {
  const std::string& stream = event.original().stream_name();
  return stream.starts_with("$persistentsubscription-") && stream.ends_with("-parked");
}

void StreamBuffer::add_retry(OutstandingMessage message) {
  const std::int64_t number = own_number(message);
  auto it = retry_.end();
  while (it != retry_.begin() && own_number(*std::prev(it)) > number) --it;
  retry_.insert(it, std::move(message));
}

void StreamBuffer::add_live(OutstandingMessage message) {
  if (live_) {
    if (static_cast<int>(buffer_.size()) < max_buffer_) {
      buffer_.push_back(message);
    } else {
      live_ = false;
    }
  }
  if (max_live_ > 0 && static_cast<int>(live_buffer_.size()) >= max_live_) live_buffer_.pop_front();
  live_buffer_.push_back(std::move(message));
}

void StreamBuffer::add_read(OutstandingMessage message) {
  if (live_) return;
  const std::int64_t number = message.number();
  if (number < peek_live()) {
    buffer_.push_back(std::move(message));
    return;
  }
  while (!live_buffer_.empty() && live_buffer_.front().number() < number) live_buffer_.pop_front();
  switch_to_live();
}

bool StreamBuffer::try_move_to_live() {
  if (!live_buffer_.empty()) return false;
  live_ = true;
  return true;
}

std::int64_t StreamBuffer::lowest_retry() const {
  std::int64_t lowest = kNone;
  for (const auto& m : retry_) {
    if (!m.replayed()) lowest = std::min(lowest, m.number());
  }
  return lowest;
}

std::int64_t StreamBuffer::peek_live() const { return live_buffer_.empty() ? kNone : live_buffer_.front().number(); }

void StreamBuffer::switch_to_live() {
  std::move(live_buffer_.begin(), live_buffer_.end(), std::back_inserter(buffer_));
  live_buffer_.clear();
  live_ = true;
}

}  // namespace interconnect::eventstore
