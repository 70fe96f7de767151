#pragma once

#include <chrono>

#include "app/configuration/section.h"
#include "app/configuration/settings.h"

namespace interconnect {

// Reads `http:` and `monitoring:`.
void read_monitoring(Section& file, std::chrono::milliseconds writer_timeout, MonitoringSettings& settings,
                     FileProblems& problems);

}  // namespace interconnect
