#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// The completion script for "bash" or "zsh"; nothing for another shell.
std::optional<std::string> completion_script(std::string_view shell);

}  // namespace interconnect
