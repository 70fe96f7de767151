#pragma once

#include "app/configuration/section.h"
#include "app/configuration/settings.h"

namespace interconnect {

// Reads `http:` and `monitoring:`.
void read_monitoring(Section& file, MonitoringSettings& settings, FileProblems& problems);

}  // namespace interconnect
