#pragma once

#include <cstdint>
#include <deque>
#include <list>

#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

// An event on its way to or with a consumer.
struct OutstandingMessage {
  ResolvedEvent event;
  int retry_count = 0;

  const EventId& id() const { return event.original().id; }
  std::int64_t number() const { return event.original().number; }
  // Whether it came from the group's parked stream; such a one counts for no checkpoint.
  bool replayed() const;
};

// What a group holds ready: retries before what was read or came live (StreamBuffer.cs).
class StreamBuffer {
 public:
  StreamBuffer(int max_buffer, int max_live, bool start_in_history)
      : max_buffer_(max_buffer), max_live_(max_live), live_(!start_in_history) {}

  bool live() const { return live_; }
  bool can_accept(int count) const { return max_buffer_ - static_cast<int>(retry_.size() + buffer_.size()) > count; }
  // Keeps the retries in the order of the events' own numbers.
  void add_retry(OutstandingMessage message);
  void add_live(OutstandingMessage message);
  void add_read(OutstandingMessage message);
  bool try_move_to_live();
  // Int64 max if there is none.
  std::int64_t lowest_retry() const;

  std::list<OutstandingMessage>& retry() { return retry_; }
  std::list<OutstandingMessage>& buffer() { return buffer_; }
  std::size_t retry_count() const { return retry_.size(); }
  std::size_t read_count() const { return buffer_.size(); }
  std::size_t live_count() const { return live_buffer_.size(); }

 private:
  std::int64_t peek_live() const;
  void switch_to_live();

  const int max_buffer_;
  const int max_live_;
  bool live_;
  std::list<OutstandingMessage> retry_;
  std::list<OutstandingMessage> buffer_;
  std::deque<OutstandingMessage> live_buffer_;
};

}  // namespace interconnect::eventstore
