#include "adapters/process_killer/exiting_process_killer.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace interconnect {
namespace {

// Names that others chose may hold line breaks.
std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

}  // namespace

void ExitingProcessKiller::kill(ExitCode code, std::string_view last_words) {
  const int number = static_cast<int>(code);
  if (code == ExitCode::kStopped) {
    LOG(INFO) << on_one_line(last_words) << " (exit code " << number << ')';
  } else {
    LOG(ERROR) << on_one_line(last_words) << " (exit code " << number << ')';
  }
  google::FlushLogFiles(google::INFO);
  std::fflush(nullptr);
  std::_Exit(number);
}

}  // namespace interconnect
