#pragma once

#include <string>

namespace interconnect {

// A setting as it takes effect, for people.
struct EffectiveSetting {
  std::string name;    // "source.reconnection.delay"
  std::string value;   // in one line; a secret is masked
  std::string origin;  // "default", FILE:LINE, or the variable's name

  friend bool operator==(const EffectiveSetting&, const EffectiveSetting&) = default;
};

}  // namespace interconnect
