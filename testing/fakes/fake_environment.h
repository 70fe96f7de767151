#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ports/environment.h"

namespace interconnect::testing {

// The variables that a test sets.
class FakeEnvironment final : public Environment {
 public:
  void set(std::string_view variable, std::string_view value) { variables_[std::string(variable)] = value; }
  void unset(std::string_view variable) { variables_.erase(std::string(variable)); }

  std::optional<std::string> get(std::string_view variable) const override {
    const auto it = variables_.find(variable);
    return it == variables_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace interconnect::testing
