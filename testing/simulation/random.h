#pragma once

#include <cstdint>

namespace interconnect::simulation {

// The one source of chance in a run (SplitMix64): the same seed gives the same run on every machine.
class Random {
 public:
  // The seed is scrambled first: else seed n + 1 would tell what seed n tells one number later.
  explicit Random(std::uint64_t seed) : state_(seed) { state_ = next() ^ 0x632BE59BD9B4E019u; }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // From `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }

  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  bool percent(std::int64_t p) { return between(1, 100) <= p; }

 private:
  std::uint64_t state_;
};

}  // namespace interconnect::simulation
