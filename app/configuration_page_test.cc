// docs/configuration.md says what the program reads: every key, variable and option has one row, with its default.

#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/connection_string/connection_string.h"
#include "app/configuration/read_settings.h"
#include "app/known_settings.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_environment.h"

namespace interconnect {
namespace {

using Rows = std::map<std::string, std::string>;  // name, default

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// The rows of the tables that begin with "| HEAD | Default |": what stands in `code` in the first cell, each with the
// second cell. One name in two rows is a failure.
Rows rows_of_page(std::string_view head) {
  std::ifstream file("docs/configuration.md");
  Rows rows;
  bool is_in_table = false;
  const std::regex name("`([^`]+)`");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| " + std::string(head) + " | Default |")) {
      is_in_table = true;
      continue;
    }
    if (!line.starts_with("|")) is_in_table = false;
    if (!is_in_table || line.starts_with("|---")) continue;
    const std::size_t first = line.find('|', 1);
    const std::string names = line.substr(0, first);
    const std::string preset = trimmed(line.substr(first + 1, line.find('|', first + 1) - first - 1));
    for (std::sregex_iterator it(names.begin(), names.end(), name), end; it != end; ++it) {
      EXPECT_TRUE(rows.emplace((*it)[1], preset).second) << (*it)[1] << " has two rows";
    }
  }
  EXPECT_FALSE(rows.empty()) << head;
  return rows;
}

// Remembers what was asked for.
class RecordingEnvironment final : public Environment {
 public:
  explicit RecordingEnvironment(testing::FakeEnvironment variables) : variables_(std::move(variables)) {}

  std::optional<std::string> get(std::string_view variable) const override {
    asked_.emplace(variable);
    return variables_.get(variable);
  }

  const std::set<std::string>& asked() const { return asked_; }

 private:
  testing::FakeEnvironment variables_;
  mutable std::set<std::string> asked_;
};

RecordingEnvironment two_stores(const std::string& variable, const std::string& scheme) {
  testing::FakeEnvironment variables;
  for (const std::string side : {"SRC", "DST"}) {
    variables.set("EVENTSTORE_INTERCO_" + variable + "_" + side, scheme + side + ".example");
  }
  return RecordingEnvironment(variables);
}

TEST(ConfigurationPageTest, HasOneRowForEveryKeyOfTheConfigurationFile) {
  testing::expect_same_keys(testing::keys_of_program(two_stores("HTTP_ENDPOINT", "")), rows_of_page("Key"),
                            "docs/configuration.md");
}

TEST(ConfigurationPageTest, HasOneRowForEveryVariable) {
  std::set<std::string> known;
  for (const auto& [variable, scheme] : {std::pair("HTTP_ENDPOINT", ""), std::pair("CONNECTION_STRING", "esdb://")}) {
    const RecordingEnvironment environment = two_stores(variable, scheme);
    (void)read_settings(environment, std::nullopt);
    for (const std::string& asked : environment.asked()) {
      known.insert(std::regex_replace(asked, std::regex("_(SRC|DST)$"), ""));
    }
  }
  std::set<std::string> told;
  for (const auto& [variable, preset] : rows_of_page("Variable")) told.insert(variable);
  EXPECT_EQ(told, known);
}

// Each option that print-config shows of a connection string, with its default.
Rows options_of_program() {
  const auto read = read_settings(two_stores("CONNECTION_STRING", "esdb://"), testing::small_configuration_file());
  const auto* settings = std::get_if<Settings>(&read);
  if (settings == nullptr) return {};
  Rows known;
  const Rows keys = testing::keys_of_program(two_stores("HTTP_ENDPOINT", ""));
  for (const EffectiveSetting& setting : settings->effective) {
    if (setting.origin != "default" || !setting.name.starts_with("source.") || keys.contains(setting.name)) continue;
    known.emplace(setting.name.substr(setting.name.find('.') + 1),
                  std::regex_replace(setting.value, std::regex(" ms$"), ""));
  }
  return known;
}

TEST(ConfigurationPageTest, HasTheOptionsOfConnectionStrings) {
  const Rows told = rows_of_page("Option");
  const Rows known = options_of_program();
  EXPECT_GT(known.size(), 9u);
  for (const auto& [option, preset] : known) {
    EXPECT_TRUE(told.contains(option)) << option << " is not in docs/configuration.md";
    if (told.contains(option)) {
      EXPECT_EQ(told.at(option), preset) << option;
    }
  }
}

TEST(ConfigurationPageTest, HasEachKeyThatConnectionStringsKnowAndNoOther) {
  std::set<std::string> told;
  for (const auto& [option, preset] : rows_of_page("Option")) told.insert(option);
  std::set<std::string> known;
  for (const std::string_view key : connection_string_keys()) known.emplace(key);
  EXPECT_EQ(told, known);
}

TEST(ConfigurationPageTest, TheDefaultsOfConnectionStringsAreValuesWithoutAWarning) {
  std::string string = "esdb://host.example?";
  for (const auto& [option, preset] : rows_of_page("Option")) {
    if (option == "feature") continue;  // each of which is warned about
    const bool is_a_value = preset.find(' ') == std::string::npos;
    string += option + "=" + (is_a_value ? preset : "1000") + "&";
  }
  string.pop_back();
  const auto parsed = parse_connection_string(string);
  ASSERT_TRUE(std::holds_alternative<ConnectionString>(parsed)) << string;
  EXPECT_EQ(std::get<ConnectionString>(parsed).warnings, std::vector<std::string>()) << string;
}

}  // namespace
}  // namespace interconnect
