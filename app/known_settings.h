#pragma once

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <variant>

#include "app/configuration/read_settings.h"
#include "gtest/gtest.h"
#include "ports/environment.h"

namespace interconnect::testing {

// Where the test's configuration file is, which has only what must be given.
inline std::string small_configuration_file() {
  const std::string path = ::testing::TempDir() + "known_settings.yaml";
  std::ofstream(path) << "subscriptions: [{stream: a, group: b}]\nevents: [{type: a}]\nhttp: {port: 0}\n";
  return path;
}

// Each key of the configuration file that the program reads, with its default; nothing where it must be given.
// `environment` names stores of TCP, which have the most keys.
inline std::map<std::string, std::string> keys_of_program(const Environment& environment) {
  const std::string path = small_configuration_file();
  const auto read = read_settings(environment, path);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) {
    ADD_FAILURE() << errors->message();
    return {};
  }
  std::map<std::string, std::string> known;
  const std::regex unit(" ms$");
  for (const EffectiveSetting& setting : std::get<Settings>(read).effective) {
    const bool is_given = setting.origin.starts_with(path);
    // Variables are not told by a path of keys.
    if (!is_given && (setting.origin != "default" || setting.name.find("_IN_MS") != std::string::npos)) continue;
    const std::string name = std::regex_replace(setting.name, std::regex("\\[0\\]"), "[]");
    known.emplace(name, is_given ? "" : std::regex_replace(setting.value, unit, ""));
  }
  known.at("connectionName") = "interconnect- and a random tail";
  return known;
}

// Fails for every key that one of the two does not have, and for every default that differs.
inline void expect_same_keys(const std::map<std::string, std::string>& known,
                             const std::map<std::string, std::string>& told, std::string_view where) {
  EXPECT_GT(known.size(), 50u);
  for (const auto& [key, preset] : known) {
    const auto found = told.find(key);
    if (found == told.end()) {
      ADD_FAILURE() << key << " is not in " << where;
    } else {
      EXPECT_EQ(found->second, preset) << key << " in " << where;
    }
  }
  for (const auto& [key, preset] : told) EXPECT_TRUE(known.contains(key)) << key << " is in " << where << ", not read";
}

}  // namespace interconnect::testing
