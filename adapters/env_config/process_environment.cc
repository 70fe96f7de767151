#include "adapters/env_config/process_environment.h"

#include <cstdlib>

namespace interconnect {

std::optional<std::string> ProcessEnvironment::get(std::string_view variable) const {
  const char* const value = std::getenv(std::string(variable).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace interconnect
