#include "testing/eventstore/store/json_check.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace interconnect::eventstore {
namespace {

using std::string_view_literals::operator""sv;

// The verdicts are those of the parsers themselves: JToken.Parse of Newtonsoft.Json 11.0.2 and 13.0.2, and
// System.Text.Json. A real 21.2.0 linked into $ce- just what the first takes, a real 24.10.4 what the last takes.
struct Kind {
  std::string_view data;
  bool parses;
  // By System.Text.Json.
  bool parses_strictly;
};

constexpr Kind kKinds[] = {
    {"{\"a\":1}", true, true},
    // Nothing, blanks, text, marks.
    {"", false, false},
    {"  ", false, false},
    {"\n", false, false},
    {"hello world", false, false},
    {"<a/>", false, false},
    {"\xef\xbb\xbf{\"a\":1}", false, false},
    {"\0"sv, false, false},
    // One value alone.
    {"1", true, true},
    {" 1 ", true, true},
    {"\"s\"", true, true},
    {"'s'", true, false},
    {"true", true, true},
    {"null", true, true},
    {"[]", true, true},
    // Commas: too many are taken in an array and behind the last member, none behind the document.
    {"[1,]", true, true},
    {"[1,,2]", true, false},
    {"[,1]", true, false},
    {"[,]", true, false},
    {"{\"a\":1,}", true, true},
    {"{\"a\":,\"b\":1}", true, false},
    {"{\"a\":1},", false, false},
    {"{,}", false, false},
    {"{\"a\":1,,\"b\":2}", false, false},
    {"{\"a\":}", false, false},
    {"[1 2]", false, false},
    {"{\"a\":1 \"b\":2}", false, false},
    // More than one document.
    {"{} {}", false, false},
    {"{}{}", false, false},
    {"1 2", false, false},
    {"1,2,3", false, false},
    {"{\"a\":1}\n{\"a\":2}\n", false, false},
    {"{\"a\":1}\n", true, true},
    {"{}\0"sv, true, false},
    {"{} x", false, false},
    {"{\"a\":1};", false, false},
    // Comments.
    {"/* c */{\"a\":1}", true, true},
    {"// c\n{\"a\":1}", true, true},
    {"{\"a\":/* c */1}", true, true},
    {"{/*c*/\"a\":1}", true, true},
    {"[1/*c*/]", true, true},
    {"{\"a\":1}// c", true, true},
    {"/* c */", true, false},
    {"{\"a\"/*c*/:1}", false, false},
    {"{\"a\":1}/* c", false, false},
    {"true//", false, true},
    {"# c\n{}", false, false},
    // Quotes and names.
    {"{'a':'b'}", true, false},
    {"{a:1}", true, false},
    {"{$a_1 :1}", true, false},
    {"{1:1}", true, false},
    {"{\xc3\xa9:1}", true, false},
    {"{a-b:1}", false, false},
    {"{a b:1}", false, false},
    {"{\"a\" 1}", false, false},
    {"{\"a\":b}", false, false},
    {"{\"\":1}", true, true},
    {"{\"a\":1,\"a\":2}", true, true},
    // Words.
    {"NaN", true, false},
    {"[-Infinity]", true, false},
    {"{\"a\":undefined}", true, false},
    {"{\"a\":new Date(1,2)}", true, false},
    {"[new Foo()]", true, false},
    {"new ()", false, false},
    {"[nan]", false, false},
    {"True", false, false},
    {"nul", false, false},
    {"nullx", false, false},
    // Numbers.
    {"[012]", true, false},
    {"[00]", true, false},
    {"[09]", false, false},
    {"[0x1F]", true, false},
    {"[0xZZ]", false, false},
    {"[.5]", true, false},
    {"[5.]", true, false},
    {"[.]", false, false},
    {"[1e5]", true, true},
    {"[1e]", false, false},
    {"[1e400]", true, true},
    {"[+1]", false, false},
    {"[-]", false, false},
    {"[-01]", true, false},
    {"[1.2.3]", false, false},
    {"[1-2]", false, false},
    {"[1L]", false, false},
    {"[123456789012345678901234567890]", true, true},
    {"[0777777777777777777777777]", false, false},
    {"[0xFFFFFFFFFFFFFFFF]", true, false},
    {"[0xFFFFFFFFFFFFFFFFFF]", false, false},
    // Texts.
    {"[\"a\x01"
     "b\"]",
     true, false},
    {"[\"a\nb\"]", true, false},
    {"[\"a\0b\"]"sv, true, false},
    {"[\"\\u0041\\/\\'\"]", true, false},
    {"[\"\\ud83d\"]", true, true},
    {"[\"\\ude00\"]", true, true},
    {"[\"\xff\xfe\"]", true, true},
    {"\xff{}", false, false},
    {"[\"\\x41\"]", false, false},
    {"[\"\\u12\"]", false, false},
    {"[\"\\u12zz\"]", false, false},
    {"[\"a", false, false},
    // Blanks beyond ASCII, and zeros between tokens.
    {"\xc2\xa0{}", true, false},
    {"\xe2\x80\xa8{}", true, false},
    {"\xe2\x80\x8b{}", false, false},
    {"{\"a\":\0001}"sv, true, false},
    // What is not closed, or otherwise.
    {"{\"a\":1", false, false},
    {"[1", false, false},
    {"{", false, false},
    {"}", false, false},
    {"]", false, false},
    {"[1}", false, false},
    {"{\"a\":1]", false, false},
    {"[1)", false, false},
    {"{\"a\"}", false, false},
    // Nobody looks whether what follows a comment is closed.
    {"/*c*/{", true, false},
    {"/*c*/{]", false, false},
};

TEST(JsonCheck, VerdictsOfTheServersParser) {
  for (const Kind& kind : kKinds) {
    EXPECT_EQ(parses_as_json(kind.data, JsonParser::kNewtonsoft11), kind.parses) << kind.data;
    EXPECT_EQ(parses_as_json(kind.data, JsonParser::kNewtonsoft13), kind.parses) << kind.data;
    EXPECT_EQ(parses_as_json(kind.data, JsonParser::kSystemTextJson), kind.parses_strictly) << kind.data;
  }
}

TEST(JsonCheck, WholeNumbersMayHaveSoManyCharacters) {
  EXPECT_TRUE(parses_as_json(std::string(380, '9'), JsonParser::kNewtonsoft11));
  EXPECT_FALSE(parses_as_json(std::string(381, '9'), JsonParser::kNewtonsoft11));
  EXPECT_TRUE(parses_as_json(std::string(381, '9'), JsonParser::kSystemTextJson));
  EXPECT_TRUE(parses_as_json("0." + std::string(500, '1'), JsonParser::kNewtonsoft11));
}

TEST(JsonCheck, Depth) {
  const auto arrays = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + "}";
  for (const JsonParser parser : {JsonParser::kNewtonsoft13, JsonParser::kSystemTextJson}) {
    EXPECT_TRUE(parses_as_json(arrays(64), parser));
    EXPECT_TRUE(parses_as_json(objects, parser));
    EXPECT_FALSE(parses_as_json(arrays(65), parser));
    EXPECT_FALSE(parses_as_json("[" + objects + "]", parser));
  }
  EXPECT_TRUE(parses_as_json(arrays(65), JsonParser::kNewtonsoft11));
  EXPECT_TRUE(parses_as_json(arrays(10'000), JsonParser::kNewtonsoft11));
}

}  // namespace
}  // namespace interconnect::eventstore
