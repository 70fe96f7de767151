#include "testing/eventstore/store/json_check.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace interconnect::eventstore {
namespace {

using std::string_view_literals::operator""sv;

// The verdicts are those of JToken.Parse itself, of Newtonsoft.Json 11.0.2 and 13.0.2, and a real 21.2.0 linked into
// $ce- just what 11.0.2 takes.
struct Kind {
  std::string_view data;
  bool parses;
};

constexpr Kind kKinds[] = {
    {"{\"a\":1}", true},
    // Nothing, blanks, text, marks.
    {"", false},
    {"  ", false},
    {"\n", false},
    {"hello world", false},
    {"<a/>", false},
    {"\xef\xbb\xbf{\"a\":1}", false},
    {"\0"sv, false},
    // One value alone.
    {"1", true},
    {" 1 ", true},
    {"\"s\"", true},
    {"'s'", true},
    {"true", true},
    {"null", true},
    {"[]", true},
    // Commas: too many are taken in an array and behind the last member, none behind the document.
    {"[1,]", true},
    {"[1,,2]", true},
    {"[,1]", true},
    {"[,]", true},
    {"{\"a\":1,}", true},
    {"{\"a\":,\"b\":1}", true},
    {"{\"a\":1},", false},
    {"{,}", false},
    {"{\"a\":1,,\"b\":2}", false},
    {"{\"a\":}", false},
    {"[1 2]", false},
    {"{\"a\":1 \"b\":2}", false},
    // More than one document.
    {"{} {}", false},
    {"{}{}", false},
    {"1 2", false},
    {"1,2,3", false},
    {"{\"a\":1}\n{\"a\":2}\n", false},
    {"{\"a\":1}\n", true},
    {"{}\0"sv, true},
    {"{} x", false},
    {"{\"a\":1};", false},
    // Comments.
    {"/* c */{\"a\":1}", true},
    {"// c\n{\"a\":1}", true},
    {"{\"a\":/* c */1}", true},
    {"{/*c*/\"a\":1}", true},
    {"[1/*c*/]", true},
    {"{\"a\":1}// c", true},
    {"/* c */", true},
    {"{\"a\"/*c*/:1}", false},
    {"{\"a\":1}/* c", false},
    {"true//", false},
    {"# c\n{}", false},
    // Quotes and names.
    {"{'a':'b'}", true},
    {"{a:1}", true},
    {"{$a_1 :1}", true},
    {"{1:1}", true},
    {"{\xc3\xa9:1}", true},
    {"{a-b:1}", false},
    {"{a b:1}", false},
    {"{\"a\" 1}", false},
    {"{\"a\":b}", false},
    {"{\"\":1}", true},
    {"{\"a\":1,\"a\":2}", true},
    // Words.
    {"NaN", true},
    {"[-Infinity]", true},
    {"{\"a\":undefined}", true},
    {"{\"a\":new Date(1,2)}", true},
    {"[new Foo()]", true},
    {"new ()", false},
    {"[nan]", false},
    {"True", false},
    {"nul", false},
    {"nullx", false},
    // Numbers.
    {"[012]", true},
    {"[00]", true},
    {"[09]", false},
    {"[0x1F]", true},
    {"[0xZZ]", false},
    {"[.5]", true},
    {"[5.]", true},
    {"[.]", false},
    {"[1e5]", true},
    {"[1e]", false},
    {"[1e400]", true},
    {"[+1]", false},
    {"[-]", false},
    {"[-01]", true},
    {"[1.2.3]", false},
    {"[1-2]", false},
    {"[1L]", false},
    {"[123456789012345678901234567890]", true},
    {"[0777777777777777777777777]", false},
    {"[0xFFFFFFFFFFFFFFFF]", true},
    {"[0xFFFFFFFFFFFFFFFFFF]", false},
    // Texts.
    {"[\"a\x01"
     "b\"]",
     true},
    {"[\"a\nb\"]", true},
    {"[\"a\0b\"]"sv, true},
    {"[\"\\u0041\\/\\'\"]", true},
    {"[\"\\ud83d\"]", true},
    {"[\"\\ude00\"]", true},
    {"[\"\xff\xfe\"]", true},
    {"\xff{}", false},
    {"[\"\\x41\"]", false},
    {"[\"\\u12\"]", false},
    {"[\"\\u12zz\"]", false},
    {"[\"a", false},
    // Blanks beyond ASCII, and zeros between tokens.
    {"\xc2\xa0{}", true},
    {"\xe2\x80\xa8{}", true},
    {"\xe2\x80\x8b{}", false},
    {"{\"a\":\0001}"sv, true},
    // What is not closed, or otherwise.
    {"{\"a\":1", false},
    {"[1", false},
    {"{", false},
    {"}", false},
    {"]", false},
    {"[1}", false},
    {"{\"a\":1]", false},
    {"[1)", false},
    {"{\"a\"}", false},
    // Nobody looks whether what follows a comment is closed.
    {"/*c*/{", true},
    {"/*c*/{]", false},
};

TEST(JsonCheck, VerdictsOfTheServersParser) {
  for (const Kind& kind : kKinds) {
    EXPECT_EQ(ParsesAsJson(kind.data, JsonDepth::kAny), kind.parses) << kind.data;
    EXPECT_EQ(ParsesAsJson(kind.data, JsonDepth::k64), kind.parses) << kind.data;
  }
}

TEST(JsonCheck, WholeNumbersMayHaveSoManyCharacters) {
  EXPECT_TRUE(ParsesAsJson(std::string(380, '9'), JsonDepth::kAny));
  EXPECT_FALSE(ParsesAsJson(std::string(381, '9'), JsonDepth::kAny));
  EXPECT_TRUE(ParsesAsJson("0." + std::string(500, '1'), JsonDepth::kAny));
}

TEST(JsonCheck, Depth) {
  const auto arrays = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_TRUE(ParsesAsJson(arrays(64), JsonDepth::k64));
  EXPECT_TRUE(ParsesAsJson(objects, JsonDepth::k64));
  EXPECT_FALSE(ParsesAsJson(arrays(65), JsonDepth::k64));
  EXPECT_FALSE(ParsesAsJson("[" + objects + "]", JsonDepth::k64));
  EXPECT_TRUE(ParsesAsJson(arrays(65), JsonDepth::kAny));
  EXPECT_TRUE(ParsesAsJson(arrays(10'000), JsonDepth::kAny));
}

}  // namespace
}  // namespace interconnect::eventstore
