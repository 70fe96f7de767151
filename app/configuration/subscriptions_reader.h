#pragma once

#include <vector>

#include "app/configuration/section.h"
#include "domain/subscription.h"

namespace interconnect {

// Reads `subscriptions:`, a list of at least one. What a server of either generation would refuse, hang on or read
// otherwise than it is written is refused here.
std::vector<Subscription> read_subscriptions(Section& file, FileProblems& problems);

}  // namespace interconnect
