#pragma once

namespace interconnect {

[[noreturn]] void end_broken(const char* file, int line);

// A precondition, or what must hold at a place. It is checked in every build: a copier that goes on in a state that
// cannot be might lose an event or double one, and one that ends at any instant does neither.
inline void expects(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!holds) [[unlikely]] {
    end_broken(file, line);
  }
}

}  // namespace interconnect
