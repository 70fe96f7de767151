#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "testing/simulation/process.h"
#include "testing/simulation/trace.h"

namespace interconnect::simulation {

// A hash of a run's inputs and actions: all that passes between the copier and its ports, with the time, in order.
// Left out are the numbers of appends and reads, all texts for people, and what observers are told. So it stays the
// same while the copier does the same, whatever its parts are and are called.
class RunHash {
 public:
  // They refer to this.
  Hooks hooks();

  template <typename... Values>
  void note(Time now, std::string_view what, const Values&... values) {
    hash_.mix(static_cast<std::uint64_t>(now.count()));
    hash_.mix(what);
    (mix(values), ...);
  }
  std::uint64_t value() const { return hash_.hash(); }

 private:
  void mix(std::string_view text) {
    hash_.mix(text);
    hash_.mix(text.size());
  }
  void mix(const EventId& id) { hash_.mix({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }
  void mix(const EventView& event);
  template <typename Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void mix(Number number) { hash_.mix(static_cast<std::uint64_t>(number)); }

  Trace hash_{false};
};

}  // namespace interconnect::simulation
