#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "app/configuration/problems.h"
#include "domain/store.h"
#include "ports/environment.h"
#include "ports/store_settings.h"

namespace interconnect {

enum class Generation { kLegacy, kGrpc };

// The name of a side's variable: EVENTSTORE_INTERCO_<name>_SRC or _DST.
std::string variable(std::string_view name, Store side);

// What the environment says of one store.
struct EnvironmentStore {
  std::optional<Generation> generation;   // nothing: not given
  std::optional<StoreSettings> settings;  // nothing if something was wrong
  bool https = false;                     // an endpoint was given with https://
};

struct EnvironmentSettings {
  EnvironmentStore source;
  EnvironmentStore destination;
  std::chrono::milliseconds writer_timeout{5'000};
  std::chrono::milliseconds link_check_interval{10'000};
};

// The one that EVENTSTORE_INTERCO_CONFIG names.
std::optional<std::string> config_file_of(const Environment& environment);

// Of one side alone.
EnvironmentStore read_store_variables(const Environment& environment, Store side, Problems& problems);

EnvironmentSettings read_environment(const Environment& environment, Problems& problems);

}  // namespace interconnect
