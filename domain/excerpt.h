#pragma once

#include <string>
#include <string_view>

namespace interconnect {

// A text that others chose (a name, a server's words), fit for one line of a log: bounded, without control characters.
std::string excerpt(std::string_view text);

}  // namespace interconnect
