#pragma once

#include "app/configuration/settings.h"
#include "app/interconnect.h"
#include "domain/event_policy.h"

namespace interconnect {

// The types that may be copied, with the validators that a program which links the copier in puts in the place of the
// configured ones.
EventPolicy copy_policy(const Settings& settings, const Extensions& extensions);

}  // namespace interconnect
