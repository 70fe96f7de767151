#include "domain/json_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

bool is_object(std::string_view text) {
  JsonObjectText object;
  return scan_json_object(text, object, [](const JsonMember&) {});
}

std::string nested(std::size_t depth) {
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(ScanJsonObjectTest, TakesObjects) {
  for (const std::string_view text : {
           R"({})",
           " \t\r\n{ \n} ",
           R"({"a":1})",
           R"({ "a" : [ ] , "b" : { } })",
           R"({"":null,"x":true,"y":false})",
           R"({"n":[0,-0,1.0,-12.5e+10,1E-2,123456789012345678901234567890.000]})",
           R"({"s":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"})",
           "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
           R"({"lone":"\ud800"})",  // grammatical by RFC 8259
           R"({"a":{"b":[[],[{}],{"c":[1,[2]]}]},"a":2})",
           "{\"del\":\"\x7f\"}",
       }) {
    EXPECT_TRUE(is_object(text)) << text;
  }
}

TEST(ScanJsonObjectTest, TakesNothingElse) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {
           ""sv,
           " "sv,
           "null"sv,
           "[]"sv,
           "\"{}\""sv,
           "1"sv,
           "{"sv,
           "}"sv,
           "{}{}"sv,
           "{},"sv,
           "{} x"sv,
           "\xef\xbb\xbf{}"sv,
           "{,}"sv,
           R"({"a"})"sv,
           R"({"a":})"sv,
           R"({"a":1,})"sv,
           R"({"a":1 "b":2})"sv,
           R"({a:1})"sv,
           R"({'a':1})"sv,
           R"({"a":[1,]})"sv,
           R"({"a":[,1]})"sv,
           R"({"a":[1 2]})"sv,
           R"({"a":[}])"sv,
           R"({"a":{]})"sv,
           R"({"a":[1})"sv,
           R"({"a":01})"sv,
           R"({"a":+1})"sv,
           R"({"a":.5})"sv,
           R"({"a":1.})"sv,
           R"({"a":1e})"sv,
           R"({"a":-})"sv,
           R"({"a":0x1})"sv,
           R"({"a":NaN})"sv,
           R"({"a":Infinity})"sv,
           R"({"a":tru})"sv,
           R"({"a":truex})"sv,
           R"({"a":nul})"sv,
           R"({"a":"})"sv,
           R"({"a":"\x"})"sv,
           R"({"a":"\u12g4"})"sv,
           R"({"a":"\u12"})"sv,
           R"({"a":"\)"sv,
           "{\"a\":\"\n\"}"sv,
           "{\"a\":\"\0\"}"sv,
           "{}\0"sv,
           "{\"a\":1/**/}"sv,
           "{\v}"sv,
           "{\"a\":\"\x80\"}"sv,
           "{\"a\":\"\xc0\x80\"}"sv,
           "{\"a\":\"\xc3\"}"sv,
           "{\"a\":\"\xe0\x80\x80\"}"sv,
           "{\"a\":\"\xed\xa0\x80\"}"sv,
           "{\"a\":\"\xf0\x80\x80\x80\"}"sv,
           "{\"a\":\"\xf4\x90\x80\x80\"}"sv,
           "{\"a\":\"\xf5\x80\x80\x80\"}"sv,
           "{\"\xff\":1}"sv,
           "{\"a\":\"\xe2\x82"sv,
       }) {
    EXPECT_FALSE(is_object(text)) << text;
  }
}

TEST(ScanJsonObjectTest, BoundsTheDepth) {
  EXPECT_TRUE(is_object(nested(kMaxJsonDepth)));
  EXPECT_FALSE(is_object(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(is_object(std::string(90'000, '{')));
  EXPECT_FALSE(is_object("{\"a\":" + std::string(90'000, '[')));
}

TEST(ScanJsonObjectTest, TellsTheMembersOfTheOutermostObject) {
  const std::string_view text = R"( { "a" : {"a":[1]} , "b\"":"x","a": -1e5 } )";
  std::vector<std::string> seen;
  JsonObjectText object;
  ASSERT_TRUE(scan_json_object(text, object, [&](const JsonMember& member) {
    seen.push_back(std::string(member.name) + '=' +
                   std::string(text.substr(member.value_begin, member.value_end - member.value_begin)));
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{R"(a={"a":[1]})", R"(b\"="x")", "a=-1e5"}));
  EXPECT_EQ(object.members, 3u);
  EXPECT_EQ(text.substr(object.end), " } ");
}

TEST(ScanJsonObjectTest, AnEmptyObjectEndsBehindItsBrace) {
  JsonObjectText object;
  ASSERT_TRUE(scan_json_object(" { } ", object, [](const JsonMember&) {}));
  EXPECT_EQ(object.members, 0u);
  EXPECT_EQ(object.end, 2u);
}

TEST(JsonStringIsTest, EscapesCount) {
  EXPECT_TRUE(json_string_is("eventId", "eventId"));
  EXPECT_TRUE(json_string_is(R"(event\u0049d)", "eventId"));
  EXPECT_TRUE(json_string_is(R"(\u0065\u0076\u0065\u006e\u0074\u0049\u0064)", "eventId"));
  EXPECT_TRUE(json_string_is(R"(a\/b)", "a/b"));
  EXPECT_FALSE(json_string_is("eventid", "eventId"));
  EXPECT_FALSE(json_string_is(R"(event\u0049)", "eventId"));
  EXPECT_FALSE(json_string_is(R"(event\u0049d2)", "eventId"));
  EXPECT_FALSE(json_string_is(R"(event\u0149d)", "eventId"));
  EXPECT_FALSE(json_string_is("eventIds", "eventId"));
}

std::string escaped(std::string_view text) {
  std::string out(json_escaped_size(text), '?');
  EXPECT_EQ(write_json_escaped(text, out.data()), out.data() + out.size());
  return out;
}

TEST(JsonEscapeTest, EscapesWhatJsonDemands) {
  EXPECT_EQ(escaped("$ce-hero/1"), "$ce-hero/1");
  EXPECT_EQ(escaped("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(escaped(std::string_view("\0\n\x1f\x7f", 4)), "\\u0000\\u000a\\u001f\x7f");
  EXPECT_EQ(escaped("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80");
}

TEST(JsonEscapeTest, WhatIsNotUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(escaped("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd");
}

bool is_json(std::string_view text) { return interconnect::is_json(text, 64, 380); }

TEST(IsJsonTest, TakesAnyValue) {
  for (const std::string_view text : {"1", "-0.5e+7", "\"a\"", "true", "null", " {} ", "[]", "[1,[2],{\"a\":{}}]",
                                      R"({"a":1,"a":"\ud83d"})", "\n[\t]\r"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(IsJsonTest, RefusesWhatIsNone) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, " "sv, "plain text"sv, "\xef\xbb\xbf{}"sv, "[1,]"sv, R"({"a":1,})"sv, "{'a':1}"sv, "{a:1}"sv, "NaN"sv,
        "01"sv, "1 2"sv, "{}{}"sv, "// c\n1"sv, "\"\n\""sv, "\"\xff\""sv, "{"sv, "]"sv, "[1 2]"sv, "{\"a\"}"sv,
        "{}\0"sv}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(IsJsonTest, BoundsDepthAndNumbers) {
  EXPECT_TRUE(is_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(interconnect::is_json(std::string(600, '[') + std::string(600, ']'), 1'000, 380));
  EXPECT_TRUE(is_json(std::string(380, '1')));
  EXPECT_FALSE(is_json(std::string(381, '1')));
}

}  // namespace
}  // namespace interconnect
