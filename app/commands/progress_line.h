#pragma once

#include <cstdint>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>

#include "app/monitoring/live_line.h"
#include "domain/time.h"

namespace interconnect {

// ", about 2 min 10 s left": at the pace of `done` of `total` in `elapsed`; nothing while that tells little.
std::string left_text(std::uint64_t done, std::uint64_t total, Duration elapsed);

// How far a command is, on stderr: on a terminal one line at its bottom, drawn anew; elsewhere a line when it has taken
// 2 s, and one each 10 s from then on.
class ProgressLine {
 public:
  // `command`: its name.
  explicit ProgressLine(std::string command, bool is_terminal = LiveLine::is_possible(), std::ostream& err = std::cerr)
      : command_(std::move(command)), is_terminal_(is_terminal), err_(err) {}
  ~ProgressLine() { clear(); }

  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text, Time now);
  // Makes room for other lines; the next show() draws it anew.
  void clear();
  // A line that stays.
  void say(const std::string& text);

 private:
  std::string command_;
  bool is_terminal_;
  std::ostream& err_;
  bool is_shown_ = false;
  std::optional<Time> next_line_;
};

}  // namespace interconnect
