#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/process_killer.h"

namespace interconnect::testing {

// Kills nothing, and keeps what it was asked.
class RecordingProcessKiller final : public ProcessKiller {
 public:
  struct Kill {
    ExitCode code;
    std::string last_words;
  };

  void kill(ExitCode code, std::string_view last_words) override { kills.push_back({code, std::string(last_words)}); }

  std::vector<Kill> kills;
};

}  // namespace interconnect::testing
