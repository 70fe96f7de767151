#pragma once

#include <vector>

#include "app/configuration/section.h"
#include "domain/event_policy.h"

namespace interconnect {

// Reads `events:`, a list of at least one, and compiles its JSON Schemas: a text names a file, a map is the schema
// itself.
std::vector<AllowedType> read_events(Section& file, FileProblems& problems);

}  // namespace interconnect
