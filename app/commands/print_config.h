#pragma once

#include <string>
#include <vector>

#include "app/configuration/effective_setting.h"

namespace interconnect {

// A line for each: its name, its value, and where that comes from.
std::string describe(const std::vector<EffectiveSetting>& settings);

}  // namespace interconnect
