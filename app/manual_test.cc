// The manual says what the program knows.

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "app/command_line.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

std::string manual() {
  std::ifstream file("app/interconnect.1");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return std::regex_replace(text, std::regex("\\\\-"), "-");
}

// What stands in the section as the terms of its list.
std::set<std::string> terms(const std::string& section) {
  const std::string text = manual();
  const std::size_t begin = text.find(".SH " + section + "\n");
  EXPECT_NE(begin, std::string::npos) << section;
  const std::string body = text.substr(begin, text.find("\n.SH ", begin) - begin);
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

TEST(ManualTest, ListsTheExitCodes) { EXPECT_EQ(terms("EXIT STATUS"), (std::set<std::string>{"0", "1", "2", "3"})); }

}  // namespace
}  // namespace interconnect
