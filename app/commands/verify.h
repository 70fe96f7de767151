#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/configuration/settings.h"
#include "domain/event_policy.h"
#include "domain/exit_code.h"
#include "domain/verify/event_print.h"

namespace interconnect {

struct VerifyOptions {
  std::string config_file = {};           // for what is said of it
  std::vector<std::string> streams = {};  // these alone; empty: all that the configuration copies
  bool as_json = false;
  PrintRules prints = {};
  std::optional<std::string> state_file = std::nullopt;
};

// Compares the destination with what the copy by these settings would have made of the source, and writes what differs.
// Progress and what it waits for go to stderr. Writes to no store. SIGINT or SIGTERM end it with what was found so far.
//
// kStopped: equal. kKilledBySafetyRules: different, or not finished. kRefusedByServer: the rights do not suffice for a
// part, and the rest is equal. Throws std::runtime_error if a file of the TLS settings or the state's cannot be used,
// or if a stream of the options is none that is copied.
ExitCode verify(const Settings& settings, EventPolicy policy, const VerifyOptions& options, std::ostream& out);

}  // namespace interconnect
