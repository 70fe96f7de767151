#pragma once

#include <ostream>

#include "app/configuration/settings.h"

namespace interconnect {

// Asks the copy that runs by these settings on this machine for its /healthz, with the login that they give, and writes
// what it says. Whether it is well; no answer within 5 s, or until a signal comes, is none. Throws std::runtime_error
// if the settings give no HTTP port to ask.
bool ask_health(const MonitoringSettings& settings, std::ostream& out);

}  // namespace interconnect
