#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/configuration/settings.h"
#include "domain/exit_code.h"

namespace interconnect {

// Reaches both stores and tells, a line for each finding, whether a copy by these settings would work: versions,
// rights, and whether the streams and groups and the projections that they need are there. Writes nothing: whether it
// may write is asked by appends whose expected revision no stream has. How far it is goes to stderr. SIGINT and SIGTERM
// end it with what was found so far.
//
// kStopped: nothing is in the way. kRefusedByServer: credentials or rights do not suffice. kKilledBySafetyRules:
// another fault, or it was ended by a signal. Throws std::runtime_error if a file of the TLS settings cannot be used.
ExitCode check(const Settings& settings, std::ostream& out);

}  // namespace interconnect
