#include "app/command_line.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<CommandLine, std::string> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "interconnect");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

CommandLine parsed(const std::vector<const char*>& arguments) {
  auto result = parse(arguments);
  if (const auto* wrong = std::get_if<std::string>(&result)) {
    ADD_FAILURE() << *wrong;
    return {};
  }
  return std::get<CommandLine>(result);
}

std::string refused(const std::vector<const char*>& arguments) {
  const auto result = parse(arguments);
  const auto* wrong = std::get_if<std::string>(&result);
  return wrong == nullptr ? "taken" : *wrong;
}

TEST(CommandLineTest, WithoutACommandItCopies) {
  EXPECT_EQ(parsed({}).command, "run");
  EXPECT_EQ(parsed({}).config_file, std::nullopt);
  EXPECT_EQ(parsed({"--config", "a.yaml"}).config_file, "a.yaml");
  EXPECT_EQ(parsed({"--config=a.yaml"}).config_file, "a.yaml");
}

TEST(CommandLineTest, OptionsMayStandBeforeOrBehindTheCommand) {
  EXPECT_EQ(parsed({"check", "--config", "a.yaml"}).command, "check");
  const CommandLine line = parsed({"--config", "a.yaml", "check"});
  EXPECT_EQ(line.command, "check");
  EXPECT_EQ(line.config_file, "a.yaml");
}

TEST(CommandLineTest, CommandsTakeTheirArguments) {
  EXPECT_EQ(parsed({"completion", "zsh"}).command, "completion");
  EXPECT_THAT(parsed({"completion", "zsh"}).arguments, ElementsAre("zsh"));
}

TEST(CommandLineTest, HelpAndVersionWinOverWhatIsWrong) {
  EXPECT_TRUE(parsed({"nonsense", "--help"}).help);
  EXPECT_TRUE(parsed({"--version"}).version);
}

TEST(CommandLineTest, WhatIsUnknownIsNamed) {
  EXPECT_THAT(refused({"chekc"}), HasSubstr("unknown command 'chekc'"));
  EXPECT_THAT(refused({"check", "more"}), HasSubstr("unexpected argument 'more'"));
  EXPECT_THAT(refused({"--confg", "a.yaml"}), HasSubstr("--confg"));
  EXPECT_THAT(refused({"--conf", "a.yaml"}), HasSubstr("--conf"));
  EXPECT_THAT(refused({"--config"}), HasSubstr("--config"));
  EXPECT_THAT(refused({"--config="}), HasSubstr("config"));
  EXPECT_THAT(refused({"--config", "a", "--config", "b"}), HasSubstr("config"));
}

TEST(CommandLineTest, StatusHasOptionsOfItsOwn) {
  const CommandLine line = parsed({"status", "--wait", "--timeout", "60", "--json"});
  EXPECT_TRUE(line.waits);
  EXPECT_TRUE(line.as_json);
  EXPECT_EQ(line.timeout, std::chrono::seconds(60));
  EXPECT_EQ(parsed({"status", "--wait"}).timeout, std::nullopt);
  EXPECT_THAT(refused({"status", "--timeout", "60"}), HasSubstr("--wait"));
  for (const char* text : {"", "x", "-1", "1.5", "99999999999999999999"}) {
    EXPECT_THAT(refused({"status", "--wait", "--timeout", text}), HasSubstr("whole seconds")) << text;
  }
  EXPECT_THAT(refused({"check", "--json"}), HasSubstr("go with status"));
}

TEST(HelpTest, FitsOneScreen) {
  std::istringstream text(help_text());
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_LE(lines, 24);
}

TEST(HelpTest, NamesEveryCommandAndOption) {
  for (const CommandName& command : commands()) EXPECT_THAT(help_text(), HasSubstr("\n  " + std::string(command.name)));
  for (const OptionName& option : options()) EXPECT_THAT(help_text(), HasSubstr("\n  --" + std::string(option.name)));
}

}  // namespace
}  // namespace interconnect
