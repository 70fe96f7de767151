#pragma once

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/configuration/read_settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ports/environment.h"

namespace interconnect {

class FakeEnvironment final : public Environment {
 public:
  std::optional<std::string> get(std::string_view variable) const override {
    const auto found = variables.find(std::string(variable));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }

  std::map<std::string, std::string> variables;
};

// A directory of its own for each test, and an environment in which two stores are told.
class ConfigurationTest : public testing::Test {
 protected:
  static constexpr char kSmallFile[] = "subscriptions: [{stream: a, group: b}]\nevents: [{type: '*'}]\n";

  ConfigurationTest() {
    environment.variables = {{"EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC", "admin"},
                             {"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", "changeit"},
                             {"EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC", "old.example"},
                             {"EVENTSTORE_INTERCO_CONNECTION_STRING_DST", "esdb://new.example?tls=false"}};
  }

  std::string write(const std::string& name, std::string_view text) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::string path = testing::TempDir() + test->test_suite_name() + "-" + test->name() + "-" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string& set(const std::string& name) { return environment.variables["EVENTSTORE_INTERCO_" + name]; }

  Settings read(std::string_view file = kSmallFile) {
    auto result = read_settings(environment, write("config.yaml", file));
    if (const auto* errors = std::get_if<ConfigurationErrors>(&result)) {
      ADD_FAILURE() << errors->message();
      return {};
    }
    return std::get<Settings>(std::move(result));
  }

  // The problems, each without the folder of the file.
  std::vector<std::string> refused(std::string_view file = kSmallFile) {
    const std::string path = write("config.yaml", file);
    const auto result = read_settings(environment, path);
    const auto* errors = std::get_if<ConfigurationErrors>(&result);
    if (errors == nullptr) {
      ADD_FAILURE() << "taken: " << file;
      return {};
    }
    std::vector<std::string> problems = errors->problems;
    for (std::string& problem : problems) {
      if (problem.starts_with(path)) problem = "config.yaml" + problem.substr(path.size());
    }
    return problems;
  }

  FakeEnvironment environment;
};

}  // namespace interconnect
