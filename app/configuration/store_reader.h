#pragma once

#include "app/configuration/environment_reader.h"
#include "app/configuration/section.h"
#include "app/configuration/settings.h"

namespace interconnect {

// Reads `source:` or `destination:` into the store's settings, as far as the environment gave any, and the copy's
// limits. A key that the store's generation has no use for is refused; without a known generation all keys are taken.
void read_store(Section& file, Store side, EnvironmentStore& store, CopierSettings& copier, FileProblems& problems);

}  // namespace interconnect
