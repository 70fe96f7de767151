#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// The process environment.
class Environment {
 public:
  virtual ~Environment() = default;

  // Nothing if the variable is not set. A variable that is set to nothing is an empty string.
  virtual std::optional<std::string> get(std::string_view variable) const = 0;
};

}  // namespace interconnect
