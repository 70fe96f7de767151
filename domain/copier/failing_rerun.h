#pragma once

#include <string>
#include <vector>

#include "domain/copier/script_run.h"

namespace interconnect {

// Runs a script again once for each outcome of an append or a read in it, and each kind of failure in its place: up to
// there as it was; from there on the stores are modelled (what they hold is learned from the script), and the script's
// own deliveries, connections and passing of time go on. At the end every subscription is connected once more, and what
// was not acknowledged is redelivered.
//
// Returns what went against the rules in any of them: an acknowledgement of what is neither at the destination nor
// given up, an id twice in a stream, a stream out of order, a bound that was passed, an event that is held for ever.
std::vector<std::string> rerun_with_failures(const ScriptSetup& setup, const std::vector<ScriptInput>& inputs);

}  // namespace interconnect
