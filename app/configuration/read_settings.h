#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/configuration/settings.h"
#include "ports/environment.h"

namespace interconnect {

// Everything that is wrong, found in one go. Each problem is one line that names the variable, or file:line:column, and
// the mend. None holds a password or a whole connection string.
struct ConfigurationErrors {
  std::vector<std::string> problems;

  // All of them as one message, a line each.
  std::string message() const;
};

// Reads the environment's variables and the configuration file: `config_file` if given, else the one that
// EVENTSTORE_INTERCO_CONFIG names. Variables that are set to nothing count as not set. Schema files are taken from the
// configuration file's folder unless their path is absolute.
std::variant<Settings, ConfigurationErrors> read_settings(const Environment& environment,
                                                          const std::optional<std::string>& config_file);

// The same of a text that is no file yet; `name` is that of the file.
std::variant<Settings, ConfigurationErrors> read_settings_text(const Environment& environment, const std::string& name,
                                                               std::string_view text);

// Of the same file no more than its `http`: where a copy that runs can be asked, and with which login. What else is
// wrong with the file, and whether the environment tells where the stores are, does not matter.
std::variant<MonitoringSettings, ConfigurationErrors> read_http_settings(const Environment& environment,
                                                                         const std::optional<std::string>& config_file);

}  // namespace interconnect
