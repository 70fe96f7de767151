#include "adapters/yaml_config/yaml_document.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::HasSubstr;
using Kind = YamlNode::Kind;

YamlNode read(std::string_view text) {
  auto result = read_yaml(text);
  if (const auto* error = std::get_if<YamlError>(&result)) {
    ADD_FAILURE() << text << ": " << error->mark.line << ':' << error->mark.column << ' ' << error->message;
    return {};
  }
  return std::get<YamlNode>(std::move(result));
}

YamlError refused(std::string_view text) {
  const auto result = read_yaml(text);
  if (std::holds_alternative<YamlError>(result)) return std::get<YamlError>(result);
  ADD_FAILURE() << "taken: " << text.substr(0, 100);
  return {};
}

TEST(ReadYamlTest, KeepsValuesAndPlaces) {
  const YamlNode root = read("a: 1\nb:\n  - x\n  - {c: 'y', d: }\n");
  ASSERT_EQ(root.kind, Kind::kMap);
  ASSERT_EQ(root.members.size(), 2u);
  EXPECT_EQ(root.members[0].key, "a");
  EXPECT_EQ(root.members[0].mark, (YamlMark{1, 1}));
  EXPECT_EQ(root.members[0].value.scalar, "1");
  EXPECT_EQ(root.members[0].value.mark, (YamlMark{1, 4}));
  EXPECT_FALSE(root.members[0].value.quoted);
  const YamlNode& list = root.members[1].value;
  ASSERT_EQ(list.kind, Kind::kSequence);
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0].mark, (YamlMark{3, 5}));
  ASSERT_EQ(list.items[1].kind, Kind::kMap);
  EXPECT_TRUE(list.items[1].members[0].value.quoted);
  EXPECT_EQ(list.items[1].members[1].value.kind, Kind::kNull);
}

TEST(ReadYamlTest, AnEmptyFileIsNull) {
  EXPECT_EQ(read("").kind, Kind::kNull);
  EXPECT_EQ(read("# nothing\n").kind, Kind::kNull);
}

TEST(ReadYamlTest, JsonIsYaml) { EXPECT_EQ(read(R"({"a": [1, "b"]})").members[0].value.items.size(), 2u); }

TEST(ReadYamlTest, NamesThePlaceOfASyntaxError) {
  EXPECT_EQ(refused("a: 1\nb: [1, 2\n").mark.line, 3);
  EXPECT_EQ(refused("a: 1\n b: 2\n").mark.line, 2);
}

TEST(ReadYamlTest, RefusesKeysThatStandTwice) {
  const YamlError error = refused("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(error.mark, (YamlMark{3, 1}));
  EXPECT_THAT(error.message, HasSubstr("first in line 1"));
}

TEST(ReadYamlTest, RefusesWhatCouldMakeASmallFileHuge) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  EXPECT_THAT(refused(bomb).message, HasSubstr("anchors"));
  EXPECT_THAT(refused("a: &x 1").message, HasSubstr("anchors"));
  EXPECT_THAT(refused(std::string(kMaxYamlBytes + 1, ' ')).message, HasSubstr("larger"));
}

TEST(ReadYamlTest, SaysToQuoteAStar) {
  for (const char* text : {"a: 1\nb:\n  - type: *\n", "a: 1\nb:\n  - type: *Created\n", "a: 1\nb:\n  - type: *$x,\n"}) {
    const YamlError error = refused(text);
    EXPECT_THAT(error.message, HasSubstr("quote")) << text;
    EXPECT_EQ(error.mark.line, 3) << text;
  }
  EXPECT_EQ(read("- '*'").items[0].scalar, "*");
}

TEST(ReadYamlTest, TakesCharactersAsJsonSpellsThem) {
  EXPECT_EQ(read(R"("a\ud83d\ude00b")").scalar,
            "a\xf0\x9f\x98\x80"
            "b");
  EXPECT_EQ(read(R"("\uD83D\uDE00\uDBFF\udfff\u00e9")").scalar, "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xc3\xa9");
  EXPECT_EQ(read(R"({"\ud83d\ude00": 1, "\ud83d\ude01": 2})").members[1].key, "\xf0\x9f\x98\x81");
  EXPECT_THAT(refused(R"({"\ud83d\ude00": 1, "\ud83d\ude00": 2})").message, HasSubstr("twice"));
  EXPECT_EQ(read("\xef\xbb\xbf- \"\\ud83d\\ude00\"\n").items[0].scalar, "\xf0\x9f\x98\x80");
}

TEST(ReadYamlTest, OnlyDoubleQuotedStringsHaveEscapes) {
  const YamlNode root = read("- '\\ud83d\\ude00'\n- \\ud83d\\ude00 # \"\\ud83d\n- |\n  \"\\ud83d\"\n- \"\\\\ud83d\"\n");
  EXPECT_EQ(root.items[0].scalar, "\\ud83d\\ude00");
  EXPECT_EQ(root.items[1].scalar, "\\ud83d\\ude00");
  EXPECT_EQ(root.items[2].scalar, "\"\\ud83d\"\n");
  EXPECT_EQ(root.items[3].scalar, "\\ud83d");
}

TEST(ReadYamlTest, NamesThePlaceOfALoneSurrogate) {
  for (const char* text : {R"(\ud83d)", R"(\ud83d\ud83d)", R"(\ude00)", R"(\ud83dx\ude00)", R"(\ude00\ud83d)"}) {
    const YamlError error = refused("a: 1\nb: [\"x" + std::string(text) + "\"]\n");
    EXPECT_EQ(error.mark, (YamlMark{2, 7})) << text;
    EXPECT_THAT(error.message, HasSubstr(std::string(text).substr(0, 6))) << text;
  }
  EXPECT_EQ(refused(R"(["\ud83d\ude00", "\ud83d"])").mark, (YamlMark{1, 19}));
}

TEST(ReadYamlTest, CombinedCharactersMoveNoPlace) {
  const YamlNode root = read("{\"\\ud83d\\ude00\": \"\\ud83d\\ude00\\ud83d\\ude00\", b: 1}\n");
  EXPECT_EQ(root.members[0].value.mark, (YamlMark{1, 18}));
  EXPECT_EQ(root.members[1].mark, (YamlMark{1, 46}));
  EXPECT_EQ(refused("[\"\\ud83d\\ude00\", !x 1]").mark, (YamlMark{1, 18}));
}

TEST(ReadYamlTest, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(read(nested(kMaxYamlDepth)).kind, Kind::kSequence);
  EXPECT_THAT(refused(nested(kMaxYamlDepth + 1)).message, HasSubstr("deep"));
  refused(std::string(kMaxYamlBytes, '['));
  refused(std::string(100'000, '{'));
  std::string blocks;
  for (int i = 0; i < 10'000; ++i) blocks += "- ";
  EXPECT_THAT(refused(blocks).message, HasSubstr("deep"));
}

TEST(ReadYamlTest, RefusesTagsOddKeysAndSecondDocuments) {
  EXPECT_THAT(refused("a: !!binary x").message, HasSubstr("tags"));
  EXPECT_THAT(refused("a: !mine x").message, HasSubstr("tags"));
  EXPECT_THAT(refused("[a]: x").message, HasSubstr("key"));
  EXPECT_THAT(refused("? {a: b}\n: x").message, HasSubstr("key"));
  EXPECT_THAT(refused("a: 1\n---\nb: 2\n").message, HasSubstr("more than one"));
}

TEST(ToJsonTest, ResolvesPlainScalarsOnly) {
  EXPECT_EQ(to_json(read("{a: 1, b: -1.5e3, c: true, d: null, e: ~, f: '1', g: \"true\", h: yes, i: 0x10, j: 01}")),
            R"({"a":1,"b":-1.5e3,"c":true,"d":null,"e":null,"f":"1","g":"true","h":"yes","i":"0x10","j":"01"})");
}

TEST(ToJsonTest, Escapes) {
  EXPECT_EQ(to_json(read("- \"a\\\"b\\\\c\\n\xc3\xa9\"\n- |\n  x\n")), "[\"a\\\"b\\\\c\\u000a\xc3\xa9\",\"x\\u000a\"]");
  EXPECT_EQ(to_json(read("{'': []}")), R"({"":[]})");
}

}  // namespace
}  // namespace interconnect
