#pragma once

#include <optional>
#include <string>

#include "app/commands/signals.h"

namespace interconnect {

// Asks a person on a terminal: questions go to stderr, answers come from stdin.
class Prompt {
 public:
  Prompt() = default;

  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

  // Whether stdin and stderr are one.
  static bool is_possible();

  void tell(const std::string& text);
  // A line, without the space around it. Nothing if the input ends, or SIGINT or SIGTERM comes: then it is over.
  std::optional<std::string> ask(const std::string& question);
  // As it is, space and all, and not shown.
  std::optional<std::string> ask_secret(const std::string& question);

 private:
  std::optional<std::string> read_line();

  Signals signals_;
  std::string read_;  // beyond the last line
};

}  // namespace interconnect
