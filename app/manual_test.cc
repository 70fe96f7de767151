// The manual says what the program knows.

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "app/command_line.h"
#include "app/known_settings.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_environment.h"

namespace interconnect {
namespace {

std::string manual() {
  std::ifstream file("app/interconnect.1");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return std::regex_replace(text, std::regex("\\\\-"), "-");
}

std::string section_of_manual(const std::string& section) {
  const std::string text = manual();
  const std::size_t begin = text.find(".SH " + section + "\n");
  EXPECT_NE(begin, std::string::npos) << section;
  return begin == std::string::npos ? "" : text.substr(begin, text.find("\n.SH ", begin) - begin);
}

// What stands in the section as the terms of its list.
std::set<std::string> terms(const std::string& section) {
  const std::string body = section_of_manual(section);
  std::set<std::string> found;
  const std::regex term("\\.TP\n\\.B[IR]? (\\S+)");
  for (std::sregex_iterator it(body.begin(), body.end(), term), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

TEST(ManualTest, ListsTheCommandsOfTheProgram) {
  std::set<std::string> known;
  for (const CommandName& command : commands()) known.emplace(command.name);
  EXPECT_EQ(terms("COMMANDS"), known);
}

TEST(ManualTest, ListsTheOptionsOfTheProgram) {
  std::set<std::string> known;
  for (const OptionName& option : options()) known.insert("--" + std::string(option.name));
  EXPECT_EQ(terms("OPTIONS"), known);
}

// Each key of the configuration file, and its default: .BR KEY or .BR KEY ", " KEY " (DEFAULT)".
std::map<std::string, std::string> keys_of_manual() {
  const std::string body = section_of_manual("CONFIGURATION FILE");
  std::map<std::string, std::string> found;
  const std::regex term("\\.TP\n\\.BR? ([^\n]+)");
  const std::regex given("\" \\(([^)]*)\\)\"$");
  const std::regex quoted("\"[^\"]*\"");
  const std::regex key("\\S+");
  for (std::sregex_iterator it(body.begin(), body.end(), term), end; it != end; ++it) {
    const std::string line = (*it)[1];
    std::smatch preset;
    std::regex_search(line, preset, given);
    const std::string names = std::regex_replace(line, quoted, "");
    for (std::sregex_iterator name(names.begin(), names.end(), key); name != end; ++name) {
      EXPECT_TRUE(found.emplace(name->str(), preset.empty() ? "" : preset[1].str()).second) << name->str() << " twice";
    }
  }
  return found;
}

TEST(ManualTest, ListsEveryKeyOfTheConfigurationFileWithItsDefault) {
  testing::FakeEnvironment environment;
  for (const std::string side : {"SRC", "DST"}) {
    environment.set("EVENTSTORE_INTERCO_HTTP_ENDPOINT_" + side, side + ".example");
  }
  testing::expect_same_keys(testing::keys_of_program(environment), keys_of_manual(), "the manual");
}

TEST(ManualTest, ListsTheExitCodes) { EXPECT_EQ(terms("EXIT STATUS"), (std::set<std::string>{"0", "1", "2", "3"})); }

}  // namespace
}  // namespace interconnect
