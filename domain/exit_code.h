#pragma once

namespace interconnect {

enum class ExitCode : int {
  kStopped = 0,              // asked to stop, and did
  kKilledBySafetyRules = 1,  // an event could not be written, or a store did not answer
  kWrongConfiguration = 2,
  kRefusedByServer = 3,  // credentials, rights or a missing feature, for longer than the writer timeout
};

}  // namespace interconnect
