#include "adapters/process_killer/exiting_process_killer.h"

#include <glog/logging.h>

#include <cstdio>
#include <cstdlib>

namespace interconnect {

void ExitingProcessKiller::kill(ExitCode code, std::string_view last_words) {
  const int number = static_cast<int>(code);
  if (code == ExitCode::kStopped) {
    LOG(INFO) << last_words << " (exit code " << number << ')';
  } else {
    LOG(ERROR) << last_words << " (exit code " << number << ')';
  }
  google::FlushLogFiles(google::INFO);
  std::fflush(nullptr);
  std::_Exit(number);
}

}  // namespace interconnect
