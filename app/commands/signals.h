#pragma once

#include <chrono>

namespace interconnect {

// While it lives, SIGINT and SIGTERM do not end the process: they are seen here. One that comes a second time, after it
// was seen, ends it with code 1. Not for a process that has other threads.
class Signals {
 public:
  Signals();
  ~Signals();

  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Whether one came, now or within that time.
  bool wait(std::chrono::milliseconds time);
  // Readable once one has come.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace interconnect
