#include "app/commands/completion.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "app/command_line.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::HasSubstr;

// What bash proposes once `words` are typed, the last of them not to its end.
std::string proposals(const std::string& words) {
  const std::string file = testing::TempDir() + "/completion.bash";
  std::ofstream(file) << completion_script("bash").value();
  const std::string command = "bash --norc -euc 'source " + file + "; COMP_WORDS=(" + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _interconnect; echo \"${COMPREPLY[@]}\"' 2>&1";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::array<char, 256> bytes;
  while (std::fgets(bytes.data(), bytes.size(), pipe.get()) != nullptr) output += bytes.data();
  return output;
}

TEST(CompletionTest, BashProposesCommands) {
  EXPECT_EQ(proposals("interconnect \"\""), "init run check print-config health status verify completion\n");
  EXPECT_EQ(proposals("interconnect c"), "check completion\n");
}

TEST(CompletionTest, BashProposesOptions) {
  std::string all;
  for (const OptionName& option : options()) all += (all.empty() ? "--" : " --") + std::string(option.name);
  EXPECT_EQ(proposals("interconnect --"), all + "\n");
  EXPECT_EQ(proposals("interconnect check --conf"), "--config\n");
}

TEST(CompletionTest, BashProposesTheArgumentsOfACommand) {
  EXPECT_EQ(proposals("interconnect completion \"\""), "bash zsh\n");
}

TEST(CompletionTest, BashProposesFilesForTheConfiguration) {
  const std::string begun = testing::TempDir() + "/completion.b";
  EXPECT_EQ(proposals("interconnect --config " + begun), begun + "ash\n");
}

TEST(CompletionTest, ZshKnowsTheSame) {
  const std::string script = completion_script("zsh").value();
  EXPECT_TRUE(script.starts_with("#compdef interconnect\n"));
  for (const CommandName& command : commands()) EXPECT_THAT(script, HasSubstr("'" + std::string(command.name) + ":"));
  for (const OptionName& option : options()) EXPECT_THAT(script, HasSubstr("'--" + std::string(option.name) + "["));
}

TEST(CompletionTest, OtherShellsAreNotKnown) { EXPECT_EQ(completion_script("fish"), std::nullopt); }

}  // namespace
}  // namespace interconnect
