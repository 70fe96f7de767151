#include "adapters/env_config/environment_file.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

EnvironmentFile read(std::string_view text) {
  auto result = parse_environment_file(text);
  if (const auto* error = std::get_if<EnvironmentFileError>(&result)) {
    ADD_FAILURE() << error->line << ": " << error->what;
    return {};
  }
  return std::get<EnvironmentFile>(std::move(result));
}

std::string value_of(const std::string& written) {
  const EnvironmentFile file = read("A=" + written + "\nB=b\n");
  if (file.size() != 2 || file[1].second != "b") return "not two variables";
  return file[0].second;
}

EnvironmentFileError error_of(std::string_view text) {
  const auto result = parse_environment_file(text);
  const auto* error = std::get_if<EnvironmentFileError>(&result);
  return error == nullptr ? EnvironmentFileError{0, "taken"} : *error;
}

TEST(EnvironmentFileTest, LinesAreNameAndValue) {
  EXPECT_THAT(read("A=1\n  B_2 = two words \n\nC=\n"),
              ElementsAre(Pair("A", "1"), Pair("B_2", "two words"), Pair("C", "")));
  EXPECT_THAT(read("A=1"), ElementsAre(Pair("A", "1")));
  EXPECT_THAT(read("A=1\r\nB=2\r\n"), ElementsAre(Pair("A", "1"), Pair("B", "2")));
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("A=1\nA=2\n"), ElementsAre(Pair("A", "1"), Pair("A", "2")));
}

TEST(EnvironmentFileTest, CommentsBeginALine) {
  EXPECT_THAT(read("# A=1\n ; B=2\nC=3 # no comment\n#"), ElementsAre(Pair("C", "3 # no comment")));
}

TEST(EnvironmentFileTest, ValuesAreQuotedAsSystemdHasIt) {
  EXPECT_EQ(value_of("a=b&c$d"), "a=b&c$d");
  EXPECT_EQ(value_of("'a \"b\" \\c $d #e '"), "a \"b\" \\c $d #e ");
  EXPECT_EQ(value_of("\"a 'b' \\\" \\\\ \\$ \\` \\n\""), "a 'b' \" \\ $ ` \\n");
  EXPECT_EQ(value_of("'a\nb'"), "a\nb");
  EXPECT_EQ(value_of("\"a\\\nb\""), "ab");
  EXPECT_EQ(value_of("a\\\nb"), "ab");
  EXPECT_EQ(value_of("a\\ b\\  "), "a b ");
  EXPECT_EQ(value_of("it's"), "it's") << "quotes count where they begin a value";
  EXPECT_EQ(value_of("'a'\"b\" 'c'"), "abc");
  EXPECT_EQ(value_of("'a'b  "), "ab");
}

TEST(EnvironmentFileTest, WhatSystemdLeavesOutIsAnError) {
  EXPECT_EQ(error_of("A=1\nhush\n").line, 2);
  EXPECT_THAT(error_of("hush").what, HasSubstr("no '='"));
  EXPECT_THAT(error_of("export hush=1").what, HasSubstr("take 'export' away"));
  EXPECT_THAT(error_of("hu-sh=1").what, HasSubstr("no name of a variable"));
  EXPECT_THAT(error_of("1A=1").what, HasSubstr("no name of a variable"));
  EXPECT_THAT(error_of("=hush").what, HasSubstr("no name of a variable"));
  EXPECT_THAT(error_of("A=1\nB='hush\nC=2\n"), (EnvironmentFileError{2, "a quote is opened here and never closed"}));
  EXPECT_THAT(error_of("# A=1 \\\nB=2\n").what, HasSubstr("backslash"));
  EXPECT_THAT(error_of(std::string_view("A=\0", 3)).what, HasSubstr("zero byte"));
  for (const char* text : {"hush", "export hush=1", "hu-sh=1", "=hush", "A='hush"}) {
    EXPECT_THAT(error_of(text).what, Not(HasSubstr("hush"))) << "it may be a secret";
  }
}

TEST(EnvironmentFileTest, WhatIsWrittenIsReadAgainByASystemdAndByAShell) {
  for (const std::string value :
       {"", "changeit", "it's", "'", "''\"\\$`!#;", " a  b ", "ünï", "esdb://u:p@h?tls=false&a=b"}) {
    const std::string line = environment_file_line("A", value);
    EXPECT_THAT(read(line), ElementsAre(Pair("A", value)));
    const std::string file = testing::TempDir() + "/environment";
    std::ofstream(file) << line;
    const std::string command = ". '" + file + "' && printf %s \"$A\"";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::array<char, 256> bytes{};
    const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), pipe.get());
    EXPECT_EQ(std::string(bytes.data(), size), value);
  }
}

TEST(EnvironmentFileTest, ItIsSetOverWhatTheProcessHas) {
  setenv("INTERCONNECT_ENVIRONMENT_FILE_TEST", "old", 1);
  set_in_process({{"INTERCONNECT_ENVIRONMENT_FILE_TEST", "first"}, {"INTERCONNECT_ENVIRONMENT_FILE_TEST", "new"}});
  EXPECT_STREQ(std::getenv("INTERCONNECT_ENVIRONMENT_FILE_TEST"), "new");
}

}  // namespace
}  // namespace interconnect
