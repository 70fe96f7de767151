#pragma once

#include <map>
#include <memory>
#include <string>

#include "domain/copy_observer.h"
#include "domain/event_validator.h"
#include "domain/safety_net.h"

namespace interconnect {

// What a program that links the copier in may put in the place of the stock parts. What it names outlives the run.
struct Extensions {
  SafetyNet* safety_net = nullptr;   // instead of the configured behaviours
  CopyObserver* observer = nullptr;  // beside the log
  // By the type as it is written in the configuration file; instead of the JSON Schema of that entry.
  std::map<std::string, std::shared_ptr<const EventValidator>> validators;
};

// The program: reads the command line, the environment and the configuration file, and copies until it is told to stop
// or a rule ends it. Returns the exit code, or leaves the process with it (domain/exit_code.h).
int run_interconnect(int argc, char** argv, const Extensions& extensions = {});

}  // namespace interconnect
