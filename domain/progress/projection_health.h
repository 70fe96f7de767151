#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "domain/time.h"

namespace interconnect {

// Judges a projection by looks at it: whether what it fills may be taken for all there is.
//
// The servers do not tell how far it is behind. Their progress is a share of the log, rounded; it stays below 100 where
// what came last did not concern the projection, and a stopped one keeps the last it had (seen on 5.0.1). So one is
// behind only while it moves, or has events in its buffer, and by its own reckoning more than kMuch of the log, or
// kMuchPercent of other sources, lies before it.
class ProjectionHealth {
 public:
  static constexpr double kMuch = 1 << 20;  // bytes
  static constexpr double kMuchPercent = 1;

  explicit ProjectionHealth(std::string name) : name_(std::move(name)) {}

  struct Look {
    bool is_there = true;
    bool is_running = false;
    std::string status = {};  // as the server words it
    std::string reason = {};
    std::optional<double> progress = std::nullopt;  // percent
    std::string position = {};                      // "C:123/P:123" for one that reads the log
    std::int64_t buffered_events = 0;
  };
  void look(Look look, Time now);
  // It cannot be asked for any more: nothing is known.
  void forget();

  enum class State : std::uint8_t { kUnknown, kWell, kBehind, kNotRunning };
  State state() const { return state_; }
  // Why what it fills may not be all there is, for people; nothing where it is well, or not known.
  std::optional<std::string> trouble() const;
  // The same once it has not run, or not moved though it is behind, for `patience`.
  std::optional<std::string> lasting_trouble(Duration patience, Time now) const;

  // The server's, for its state; empty if it gives none.
  const std::string& reason() const { return last_.reason; }

  const std::string& name() const { return name_; }
  std::optional<bool> is_running() const;
  // Percent; nothing while it does not run.
  std::optional<double> progress() const;

 private:
  bool is_behind(bool moves) const;

  std::string name_;
  State state_ = State::kUnknown;
  Look last_;
  Time since_{0};  // when it last ran, or moved
};

}  // namespace interconnect
