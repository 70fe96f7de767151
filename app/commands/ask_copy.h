#pragma once

#include <string>

#include "app/commands/progress_line.h"
#include "app/commands/signals.h"
#include "app/configuration/settings.h"

namespace interconnect {

struct CopyAnswer {
  int status = 0;    // of HTTP; 0: there was no answer
  std::string body;  // why, if there was none
};

// Asks the copy that runs by these settings on this machine for one of its pages, with the login that they give; no
// answer within 5 s is none, nor is one until a signal comes. Throws std::runtime_error, which begins with the
// command's name, if the settings give no HTTP port to ask.
CopyAnswer ask_copy(const MonitoringSettings& settings, const std::string& path, const std::string& command,
                    const Signals& signals, ProgressLine& progress);

}  // namespace interconnect
