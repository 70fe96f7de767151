#include "app/commands/print_config.h"

#include <algorithm>

namespace interconnect {

std::string describe(const std::vector<EffectiveSetting>& settings) {
  constexpr std::size_t kWidest = 60;  // what is longer has its origin behind it all the same
  std::size_t width = 0;
  for (const EffectiveSetting& setting : settings) {
    width = std::max(width, std::min(kWidest, setting.name.size() + 2 + setting.value.size()));
  }
  std::string text;
  for (const EffectiveSetting& setting : settings) {
    std::string line = setting.name + ": " + setting.value;
    line.resize(std::max(width, line.size()), ' ');
    text += line + "  # " + setting.origin + "\n";
  }
  return text;
}

}  // namespace interconnect
