#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string_view>

#include "domain/time.h"

namespace interconnect::simulation {

// What happens in a run, as a hash, and as text if asked for.
class Trace {
 public:
  explicit Trace(bool prints) : prints_(prints) {}

  void note(Time now, std::string_view what, std::string_view subject, std::initializer_list<std::int64_t> numbers) {
    mix(static_cast<std::uint64_t>(now.count()));
    mix(what);
    mix(subject);
    for (const std::int64_t n : numbers) mix(static_cast<std::uint64_t>(n));
    if (!prints_) return;
    std::printf("%12.6f %-18.*s %.*s", static_cast<double>(now.count()) / 1e9, static_cast<int>(what.size()),
                what.data(), static_cast<int>(subject.size()), subject.data());
    for (const std::int64_t n : numbers) std::printf(" %lld", static_cast<long long>(n));
    std::printf("\n");
  }

  bool prints() const { return prints_; }
  std::uint64_t hash() const { return hash_; }

  void mix(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15u;
    hash_ ^= hash_ >> 29;
  }
  void mix(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }

 private:
  bool prints_;
  std::uint64_t hash_ = 0xCBF29CE484222325u;
};

}  // namespace interconnect::simulation
