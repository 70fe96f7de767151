#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "app/configuration/settings.h"

namespace interconnect {

struct StatusOptions {
  bool waits = false;                                          // until the source's present end has been copied
  std::optional<std::chrono::seconds> timeout = std::nullopt;  // for that; nothing: without end
  bool as_json = false;
};

// Asks the copy that runs by these settings on this machine for its /status, and writes it, for people or as it is.
// What it waits for, and for how long still, goes to stderr. False if there is no answer, the time is over, or SIGINT
// or SIGTERM ended it: then it tells how the copy goes by then. What it waits for is the end of every subscribed stream
// as it is read after the call began (3 s after, where a projection fills it). Throws std::runtime_error if the
// settings give no HTTP port to ask.
bool ask_status(const MonitoringSettings& settings, const StatusOptions& options, std::ostream& out);

}  // namespace interconnect
