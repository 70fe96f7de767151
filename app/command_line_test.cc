#include "app/command_line.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(refused({"check", "--json"}), HasSubstr("goes with status and verify"));
  EXPECT_THAT(refused({"--wait"}), HasSubstr("goes with status"));
}

TEST(CommandLineTest, VerifyHasOptionsOfItsOwn) {
  const CommandLine line = parsed({"verify", "--stream", "hero-1", "--stream", "hero-2", "--json", "--ignore",
                                   "metadata", "--json-equal", "--state", "file"});
  EXPECT_THAT(line.streams, ElementsAre("hero-1", "hero-2"));
  EXPECT_TRUE(line.as_json);
  EXPECT_TRUE(line.ignores_metadata);
  EXPECT_TRUE(line.compares_json);
  EXPECT_EQ(line.state_file, "file");
  EXPECT_EQ(parsed({"verify"}).state_file, std::nullopt);
  EXPECT_THAT(refused({"verify", "--ignore", "data"}), HasSubstr("'metadata', not 'data'"));
  EXPECT_THAT(refused({"verify", "--state="}), HasSubstr("state"));
  EXPECT_THAT(refused({"verify", "--wait"}), HasSubstr("goes with status"));
  EXPECT_THAT(refused({"run", "--stream", "hero-1"}), HasSubstr("goes with init and verify"));
}

TEST(CommandLineTest, InitHasOptionsOfItsOwn) {
  const CommandLine line = parsed({"init",      "--source",
                                   "esdb://a",  "--source-user",
                                   "b",         "--source-tcp-port",
                                   "1",         "--destination",
                                   "http://c",  "--destination-user",
                                   "d",         "--destination-tcp-port",
                                   "2",         "--category",
                                   "e",         "--category",
                                   "f",         "--stream",
                                   "g",         "--type",
                                   "h",         "--type",
                                   "i",         "--group",
                                   "j",         "--http-port",
                                   "3",         "--force",
                                   "--no-check"});
  EXPECT_EQ(line.init.source.url, "esdb://a");
  EXPECT_EQ(line.init.source.user, "b");
  EXPECT_EQ(line.init.source.tcp_port, "1");
  EXPECT_EQ(line.init.destination.url, "http://c");
  EXPECT_EQ(line.init.destination.user, "d");
  EXPECT_EQ(line.init.destination.tcp_port, "2");
  EXPECT_THAT(line.init.categories, ElementsAre("e", "f"));
  EXPECT_THAT(line.streams, ElementsAre("g"));
  EXPECT_THAT(line.init.types, ElementsAre("h", "i"));
  EXPECT_EQ(line.init.group, "j");
  EXPECT_EQ(line.init.http_port, "3");
  EXPECT_TRUE(line.init.overwrites);
  EXPECT_FALSE(line.init.checks);
  EXPECT_TRUE(parsed({"init"}).init.checks);
  EXPECT_FALSE(parsed({"init"}).init.overwrites);
  EXPECT_THAT(refused({"check", "--source", "esdb://a"}), HasSubstr("--source goes with init"));
}

TEST(CommandLineTest, EveryCommandTakesAFileOfVariables) {
  for (const CommandName& command : commands()) {
    EXPECT_EQ(parsed({command.name.data(), "--env-file", "a.env"}).environment_file, "a.env") << command.name;
  }
  EXPECT_THAT(refused({"--env-file="}), HasSubstr("env-file"));
}

TEST(HelpTest, FitsOneScreen) {
  for (const CommandName& command : commands()) {
    std::istringstream text(help_text(command.name));
    int lines = 0;
    for (std::string line; std::getline(text, line); ++lines) EXPECT_LE(line.size(), 80u) << line;
    EXPECT_LE(lines, 24) << command.name;
  }
}

TEST(HelpTest, NamesEveryCommandAndWhatItTakes) {
  for (const CommandName& command : commands()) EXPECT_THAT(help_text(), HasSubstr("\n  " + std::string(command.name)));
  for (const OptionName& option : options()) {
    std::istringstream names(std::string(option.commands.empty() ? "run" : option.commands));
    for (std::string name; names >> name;) {
      EXPECT_THAT(help_text(name), HasSubstr("\n  --" + std::string(option.name))) << name;
    }
  }
  EXPECT_THAT(help_text(), Not(HasSubstr("--timeout")));
  EXPECT_EQ(help_text("nonsense"), help_text());
}

}  // namespace
}  // namespace interconnect
