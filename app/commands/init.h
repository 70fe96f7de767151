#pragma once

#include <ostream>
#include <string>

#include "app/command_line.h"
#include "domain/exit_code.h"
#include "ports/environment.h"

namespace interconnect {

// Writes the configuration file and the file of variables of a new copy: by the options, and, on a terminal, by asking
// for what they leave out. Passwords are asked for there, or taken from the variables that hold them. A file that is
// there is overwritten only if a person says so. Then both stores are asked whether the copy would work (check()).
//
// Returns what check() does; kStopped without one; kKilledBySafetyRules if the answers end before the last: then
// nothing is written. Throws std::runtime_error, which names the option, if one is wrong or missing.
ExitCode init(const CommandLine& line, const Environment& environment, std::ostream& out);

}  // namespace interconnect
