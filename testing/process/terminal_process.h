#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "testing/process/child_process.h"

namespace interconnect::testing {

// A child process on a terminal of its own, which a test types at and looks at. When the object goes the process is
// killed, if it still runs, and reaped. Not thread-safe.
class TerminalProcess final {
 public:
  using Limit = ChildProcess::Limit;

  explicit TerminalProcess(const Command& command);
  ~TerminalProcess();

  TerminalProcess(const TerminalProcess&) = delete;
  TerminalProcess& operator=(const TerminalProcess&) = delete;

  // As if somebody typed it: "\n" is Enter, "\x03" Ctrl-C, "\x04" Ctrl-D.
  void type(const std::string& text);

  // Whether it shows that within the limit, behind what the last call found.
  bool shows(const std::string& text, Limit limit);

  // Nothing if it still runs after the limit. Everything that it showed is in output() after that.
  std::optional<ExitStatus> wait(Limit limit);

  // Everything so far, as the terminal was sent it, with what was typed where that was shown.
  const std::string& output() const { return output_; }

 private:
  // Takes what there is, within the limit; false if there will be no more.
  bool read_some(Limit limit);

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string output_;
  std::size_t looked_at_ = 0;
  std::optional<ExitStatus> status_;
};

}  // namespace interconnect::testing
