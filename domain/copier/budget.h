#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "domain/copier/expects.h"

namespace interconnect {

// How much is held or under way, in events and bytes. What takes a share carries it as Units, whose destruction gives
// it back: nothing is counted by hand.
class Budget {
 public:
  // What is taken of it is taken of `whole` as well, which outlives it.
  explicit Budget(Budget* whole = nullptr) : whole_(whole) {}
  ~Budget() { expects(events_ == 0 && bytes_ == 0); }
  // Nothing is taken of either.
  Budget(Budget&& other) noexcept : whole_(other.whole_) { expects(other.events_ == 0); }
  Budget& operator=(Budget&& other) noexcept {
    expects(events_ == 0 && other.events_ == 0);
    whole_ = other.whole_;
    return *this;
  }

  class Units {
   public:
    Units() = default;
    Units(Units&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), events_(other.events_), bytes_(other.bytes_) {}
    Units& operator=(Units&& other) noexcept {
      if (this == &other) return *this;
      release();
      budget_ = std::exchange(other.budget_, nullptr);
      events_ = other.events_;
      bytes_ = other.bytes_;
      return *this;
    }
    ~Units() { release(); }

    void release() {
      if (budget_ != nullptr) std::exchange(budget_, nullptr)->give_back(events_, bytes_);
    }

   private:
    friend class Budget;
    Units(Budget* budget, std::size_t events, std::size_t bytes)
        : budget_(budget), events_(static_cast<std::uint32_t>(events)), bytes_(static_cast<std::uint32_t>(bytes)) {
      expects(events_ == events && bytes_ == bytes);
    }

    Budget* budget_ = nullptr;
    std::uint32_t events_ = 0;  // small, since they are moved with each event
    std::uint32_t bytes_ = 0;
  };

  [[nodiscard]] Units take(std::size_t events, std::size_t bytes) {
    for (Budget* budget = this; budget != nullptr; budget = budget->whole_) {
      budget->events_ += events;
      budget->bytes_ += bytes;
    }
    return {this, events, bytes};
  }

  std::size_t events() const { return events_; }
  std::size_t bytes() const { return bytes_; }
  // Whether so many bytes more stay within a limit. A lone event fits, whatever its size.
  bool fits(std::size_t bytes, std::size_t limit) const { return events_ == 0 || bytes_ + bytes <= limit; }

 private:
  void give_back(std::size_t events, std::size_t bytes) {
    for (Budget* budget = this; budget != nullptr; budget = budget->whole_) {
      expects(budget->events_ >= events && budget->bytes_ >= bytes);
      budget->events_ -= events;
      budget->bytes_ -= bytes;
    }
  }

  Budget* whole_ = nullptr;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace interconnect
