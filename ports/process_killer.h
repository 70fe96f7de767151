#pragma once

#include <string_view>

#include "domain/exit_code.h"

namespace interconnect {

// Ends the process.
class ProcessKiller {
 public:
  virtual ~ProcessKiller() = default;

  // Says `last_words`, one clear line, and ends the process with the code, without waiting for anything. In tests it
  // may return; the caller then does nothing more.
  virtual void kill(ExitCode code, std::string_view last_words) = 0;
};

}  // namespace interconnect
