#pragma once

#include <string_view>

#include "ports/process_killer.h"

namespace interconnect {

// Logs the last words (as an error, unless the code is kStopped), flushes the log and leaves by _Exit: no destructor
// and no atexit handler runs, since any of them could wait for what is broken.
class ExitingProcessKiller final : public ProcessKiller {
 public:
  [[noreturn]] void kill(ExitCode code, std::string_view last_words) override;
};

}  // namespace interconnect
