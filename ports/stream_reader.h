#pragma once

#include "domain/stream_read.h"

namespace interconnect {

class StreamReadListener {
 public:
  virtual ~StreamReadListener() = default;

  // Exactly once for each read, never from within read() itself.
  virtual void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) = 0;
};

// Reads pages of streams. Implemented by both protocol adapters for both roles, and by the simulation. All calls and
// all answers are on the one thread that runs the copy.
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  // Asks for a page; the answer goes to the listener. Several reads may be under way, and are answered in any order.
  // Without a connection, or if it breaks, the answer is kUnavailable; after the operation's time limit, kTimeout.
  virtual void read(const StreamRead& read) = 0;
};

}  // namespace interconnect
