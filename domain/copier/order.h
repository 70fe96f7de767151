#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "domain/event.h"
#include "domain/time.h"

namespace interconnect {

// A lane's number, in the order of making.
using LaneNumber = std::uint64_t;

// What an order asks of the writer, whose lanes it lets send.
class Sender {
 public:
  virtual ~Sender() = default;

  struct Front {
    bool is_free = false;           // the lane can begin an append
    bool knows_tail = false;        // of its stream at the destination
    bool is_doubtful = false;       // its last append failed
    bool was_sent = false;          // the event in front has been sent before
    std::size_t payload_bytes = 0;  // of the event in front
  };
  // Of a lane in which an event waits.
  virtual Front front(LaneNumber lane) const = 0;
  // An outcome is still to come, if only of an append that was given up.
  virtual bool has_appends() const = 0;
  // For one more append. If there is none, the window learns that more was to be sent.
  virtual bool has_room() = 0;
  // The lane sends what it can.
  virtual void take_turn(LaneNumber lane, Time now) = 0;
  // The lane is closed, if nothing waits in it.
  virtual void let_go(LaneNumber lane) = 0;
  virtual bool has_exited() const = 0;
};

// Whose turn it is to send. Implemented by StreamOrder and GlobalOrder.
class Order {
 public:
  virtual ~Order() = default;

  // --- The deliveries, by their positions in the subscription ---

  virtual void on_connected(bool is_first_connection, bool is_new_group, Time now) = 0;
  // The wait for older events begins again.
  virtual void on_wait_renewed() = 0;
  virtual void on_delivered(Revision position, std::int32_t retry_count) = 0;
  // They are not held, and come again.
  virtual void forget(std::span<const Revision> positions) = 0;
  // The same, but of those of which an event waits.
  virtual void forget_unless_queued(std::span<const Revision> positions) = 0;
  // An event that is withdrawn is waited for when it comes again: nothing overtakes it.
  virtual bool awaits_withdrawn() const = 0;

  // --- What waits in the lanes ---

  // Also of an event that is queued already.
  virtual void enqueue(Revision position, LaneNumber lane) = 0;
  virtual void dequeue(Revision position, LaneNumber lane) = 0;
  virtual void on_ready(LaneNumber lane) = 0;
  // It waits for something else than its turn.
  virtual void on_unready(LaneNumber lane) = 0;
  // Nothing waits in the ready lane any more. Whether it is out of the line; else it is let go at its turn.
  virtual bool leaves_line(LaneNumber lane) = 0;
  // All others wait for the lane.
  virtual bool is_first(LaneNumber lane) const = 0;

  // --- Sending ---

  virtual void pump(Sender& sender, Time now) = 0;
  // Whether the lane's next event may leave with those before it.
  virtual bool may_join(Revision position, LaneNumber lane, const Sender& sender) const = 0;
  // Of data and metadata, of one append, so that it keeps its place; at most `limit`.
  virtual std::size_t append_bytes_limit(std::size_t limit) const = 0;
  // The append that is about to be sent is one that nothing may follow.
  virtual void on_sent_alone() = 0;
  // Whether an append may be sent to a stream whose last revision is not known. If it is refused, it is overtaken.
  virtual bool allows_guess() const = 0;
  // Whether an append that failed goes again as it was, past what waits. Else it waits for its turn anew.
  virtual bool retries_out_of_turn() const = 0;
  // Appends of so many bytes of data and metadata together take effect in the order of their sending.
  virtual void on_sink_order(std::size_t ordered_append_bytes) = 0;

  // When pump() is to be called again even if nothing happens.
  virtual Time next_deadline(const Sender& sender) const = 0;
};

}  // namespace interconnect
