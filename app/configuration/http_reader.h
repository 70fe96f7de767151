#pragma once

#include "app/configuration/section.h"
#include "app/configuration/settings.h"

namespace interconnect {

// Where the copy is shown over HTTP, and to whom. The files of secrets are taken from the configuration file's folder
// unless their path is absolute.
void read_http(Section& file, MonitoringSettings& settings, FileProblems& problems);

}  // namespace interconnect
