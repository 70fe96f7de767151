#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/environment.h"

namespace interconnect {

// The environment of this process, as it is at each call.
class ProcessEnvironment final : public Environment {
 public:
  std::optional<std::string> get(std::string_view variable) const override;
};

}  // namespace interconnect
