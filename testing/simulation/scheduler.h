#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "domain/time.h"

namespace interconnect::simulation {

// Virtual time: what is due is done in the order of (time, sequence of scheduling), on one thread.
class Scheduler {
 public:
  Time now() const { return now_; }

  void at(Time when, std::function<void()> what) {
    queue_.push(std::make_shared<Entry>(Entry{when < now_ ? now_ : when, next_sequence_++, std::move(what)}));
  }
  void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // Does the next thing; false if nothing is left.
  bool step() {
    if (queue_.empty()) return false;
    const std::shared_ptr<Entry> entry = queue_.top();
    queue_.pop();
    now_ = entry->when;
    entry->what();
    return true;
  }

 private:
  struct Entry {
    Time when;
    std::uint64_t sequence;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const std::shared_ptr<Entry>& a, const std::shared_ptr<Entry>& b) const {
      return std::pair(a->when, a->sequence) > std::pair(b->when, b->sequence);
    }
  };

  Time now_{0};
  std::uint64_t next_sequence_ = 0;
  std::priority_queue<std::shared_ptr<Entry>, std::vector<std::shared_ptr<Entry>>, Later> queue_;
};

// Callbacks that must not run any more once their owner is gone: a process that was killed.
class Lifeline {
 public:
  template <typename F>
  std::function<void()> guard(F what) const {
    return [alive = std::weak_ptr<char>(token_), what = std::move(what)] {
      if (!alive.expired()) what();
    };
  }

 private:
  std::shared_ptr<char> token_ = std::make_shared<char>();
};

}  // namespace interconnect::simulation
