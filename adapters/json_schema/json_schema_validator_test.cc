#include "adapters/json_schema/json_schema_validator.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

std::shared_ptr<const EventValidator> compiled(const std::string& schema) {
  auto result = make_json_schema_validator(JsonSchema{schema, "test.json"}, std::nullopt);
  if (const auto* error = std::get_if<JsonSchemaError>(&result)) {
    ADD_FAILURE() << error->message;
    return nullptr;
  }
  return std::get<std::shared_ptr<const EventValidator>>(std::move(result));
}

std::string refused(const std::string& schema) {
  const auto result = make_json_schema_validator(JsonSchema{schema, "test.json"}, std::nullopt);
  if (const auto* error = std::get_if<JsonSchemaError>(&result)) return error->message;
  ADD_FAILURE() << "taken: " << schema;
  return "";
}

std::optional<std::string> validate(const EventValidator& validator, std::string_view data,
                                    std::string_view metadata = "") {
  EventView event;
  event.data = data;
  event.metadata = metadata;
  return validator.validate(event);
}

std::optional<std::string> validate(const std::string& schema, std::string_view data) {
  return validate(*compiled(schema), data);
}

constexpr char kHero[] = R"({"type": "object", "required": ["name"],
                             "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}}})";

TEST(JsonSchemaValidatorTest, TakesWhatMatches) {
  EXPECT_EQ(validate(kHero, R"({"name": "Ann", "age": 7})"), std::nullopt);
  EXPECT_EQ(validate(kHero, R"({"name": "Ann", "more": [1, null]})"), std::nullopt);
}

TEST(JsonSchemaValidatorTest, SaysWhatDoesNotMatchAndWhere) {
  EXPECT_THAT(validate(kHero, R"({"age": 7})"), Optional(AllOf(HasSubstr("data: "), HasSubstr("name"))));
  EXPECT_THAT(validate(kHero, R"({"name": "Ann", "age": -1})"), Optional(HasSubstr("[age]")));
  EXPECT_THAT(validate(kHero, R"([])"), Optional(HasSubstr("type")));
}

TEST(JsonSchemaValidatorTest, WhatIsNotJsonIsInvalidForThatReason) {
  for (const std::string_view data : {"{", "\xff\xfe", "{\"name\":\"\xff\"}", "{}{}", "{\"name\":\"a\",}"}) {
    EXPECT_THAT(validate(kHero, data), Optional(HasSubstr("data: not JSON"))) << data;
  }
  EXPECT_THAT(validate(kHero, ""), Optional(HasSubstr("empty")));
}

TEST(JsonSchemaValidatorTest, DataAndMetadataHaveTheirOwnSchemas) {
  const auto result =
      make_json_schema_validator(JsonSchema{R"({"type":"array"})", "a"}, JsonSchema{R"({"required":["user"]})", "b"});
  const auto& validator = *std::get<std::shared_ptr<const EventValidator>>(result);
  EXPECT_EQ(validate(validator, "[]", R"({"user":1})"), std::nullopt);
  EXPECT_THAT(validate(validator, "{}", R"({"user":1})"), Optional(HasSubstr("data: ")));
  EXPECT_THAT(validate(validator, "[]", R"({})"), Optional(HasSubstr("metadata: ")));
  EXPECT_THAT(validate(validator, "[]", ""), Optional(HasSubstr("metadata: empty")));
}

TEST(JsonSchemaValidatorTest, MetadataAlone) {
  const auto result = make_json_schema_validator(std::nullopt, JsonSchema{R"({"type":"object"})", "b"});
  const auto& validator = *std::get<std::shared_ptr<const EventValidator>>(result);
  EXPECT_EQ(validate(validator, "\xff no JSON", "{}"), std::nullopt);
}

TEST(JsonSchemaValidatorTest, UnderstandsDraft7AndDraft4) {
  const std::string conditional =
      R"({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": false})";
  EXPECT_EQ(validate(conditional, R"({"a": 1, "b": 2})"), std::nullopt);
  EXPECT_NE(validate(conditional, R"({"a": 1})"), std::nullopt);
  EXPECT_NE(validate(conditional, R"({"a": 2})"), std::nullopt);
  const std::string draft4 =
      R"({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true})";
  EXPECT_EQ(validate(draft4, "2"), std::nullopt);
  EXPECT_NE(validate(draft4, "1"), std::nullopt);
  EXPECT_NE(validate("false", "1"), std::nullopt);
}

TEST(JsonSchemaValidatorTest, FormatsOfDates) {
  const std::string schema = R"({"format": "date-time"})";
  EXPECT_EQ(validate(schema, R"("2021-02-28T10:00:00Z")"), std::nullopt);
  EXPECT_EQ(validate(schema, R"("2020-02-29t23:59:60.5+02:00")"), std::nullopt);
  EXPECT_NE(validate(schema, R"("2021-02-29T10:00:00Z")"), std::nullopt);
  EXPECT_THAT(validate(schema, R"("yesterday")"), Optional(HasSubstr("is no date-time")));
  EXPECT_EQ(validate(schema, "7"), std::nullopt);
  EXPECT_EQ(validate(R"({"format": "date"})", R"("2021-02-28")"), std::nullopt);
  EXPECT_NE(validate(R"({"format": "date"})", R"("2021-13-01")"), std::nullopt);
  EXPECT_EQ(validate(R"({"format": "time"})", R"("10:00:00-01:00")"), std::nullopt);
  EXPECT_NE(validate(R"({"format": "time"})", R"("24:00:00Z")"), std::nullopt);
  EXPECT_EQ(validate(R"({"format": "of-its-own"})", R"("x")"), std::nullopt);
}

TEST(JsonSchemaValidatorTest, PatternsAreThoseOfEcmaScript) {
  EXPECT_EQ(validate(R"({"pattern": "^(?=.*[0-9])[a-z0-9]{3,}$"})", R"("abc1")"), std::nullopt);
  EXPECT_THAT(validate(R"({"pattern": "^(?=.*[0-9])[a-z0-9]{3,}$"})", R"("abcd")"), Optional(HasSubstr("pattern")));
  EXPECT_EQ(validate(R"({"pattern": "b"})", R"("abc")"), std::nullopt);
  EXPECT_EQ(validate(R"({"pattern": "b"})", "1"), std::nullopt);
  EXPECT_EQ(validate(R"({"pattern": "^x|b$"})", R"("a\nb")"), std::nullopt);
  EXPECT_NE(validate(R"({"pattern": "^b"})", R"("a\nb")"), std::nullopt);
  EXPECT_EQ(validate(R"({"pattern": "^gr.*ür$"})", R"("größer für")"), std::nullopt);
  EXPECT_EQ(validate(R"({"pattern": ""})", R"("")"), std::nullopt);
  EXPECT_EQ(validate(R"({"patternProperties": {"^(x|y)-[a-z]*_[0-9]{3}$": false}})", R"({"z-a_123": 1})"),
            std::nullopt);
  EXPECT_NE(validate(R"({"patternProperties": {"^(x|y)-[a-z]*_[0-9]{3}$": false}})", R"({"x-a_123": 1})"),
            std::nullopt);
}

TEST(JsonSchemaValidatorTest, FollowsReferencesWithinTheSchema) {
  const std::string tree = R"({"$id": "https://example.org/tree.json", "id": "tree",
      "definitions": {"node": {"type": "object", "required": ["v"],
                      "properties": {"next": {"$ref": "#/%24defs/node"}}}},
      "$defs": {"node": {"$ref": "#/definitions/node"}}, "allOf": [{"$ref": "#/definitions/node"}]})";
  EXPECT_EQ(validate(tree, R"({"v": 1, "next": {"v": 2}})"), std::nullopt);
  EXPECT_NE(validate(tree, R"({"v": 1, "next": {"w": 2}})"), std::nullopt);
}

TEST(JsonSchemaValidatorTest, ANameIsNoKeyword) {
  const std::string schema = R"({"properties": {"$ref": {"type": "string"}, "pattern": {"type": "integer"},
                                                "prefixItems": true}, "enum": [{"$ref": "x"}, {"pattern": 1}]})";
  EXPECT_EQ(validate(schema, R"({"$ref": "x"})"), std::nullopt);
  EXPECT_EQ(validate(schema, R"({"pattern": 1})"), std::nullopt);
}

TEST(JsonSchemaErrorTest, NamesTheFileAndThePlace) {
  EXPECT_THAT(refused("{\n  \"type\": }"), HasSubstr("test.json:2:11: not JSON"));
  EXPECT_THAT(refused("12"), HasSubstr("test.json: a schema is an object"));
  EXPECT_THAT(refused(R"({"properties": {"a": {"pattern": "("}}})"), HasSubstr("#/properties/a/pattern"));
  EXPECT_THAT(refused(R"({"patternProperties": {"[": {}}})"), HasSubstr("patternProperties"));
  EXPECT_THAT(refused(R"({"type": "strin"})"), HasSubstr("test.json"));
  EXPECT_THAT(refused(R"({"minLength": "x"})"), HasSubstr("test.json"));
}

TEST(JsonSchemaErrorTest, RefusesPatternsThatCannotBeMatchedInBoundedTime) {
  const auto pattern = [](const std::string& text) { return R"({"pattern": ")" + text + R"("})"; };
  EXPECT_THAT(refused(pattern(R"((a)\\1)")), HasSubstr("back-reference"));
  EXPECT_THAT(refused(pattern("((a{200}){200}){200}")), HasSubstr("too large"));
  EXPECT_THAT(refused(pattern("\\\\\\\\\\\\7777777777777777777777")), HasSubstr("too large"));
  EXPECT_THAT(refused(pattern("a{1,7777777777777777777777}")), HasSubstr("too large"));
  EXPECT_EQ(validate(pattern("^7777777777777777777777$"), R"("7777777777777777777777")"), std::nullopt);
  EXPECT_THAT(refused(pattern("a)(b")), HasSubstr("not a regular expression"));
  EXPECT_THAT(refused(pattern(std::string(1'025, 'a'))), HasSubstr("longer than"));
  for (const char* name : {"^(a+)+$", "(a|b){2,}", "a?a?a?", "(a)?", ".*.*.*", "(a){9}"}) {
    EXPECT_THAT(refused(R"({"patternProperties": {")" + std::string(name) + R"(": {}}})"), HasSubstr("for ever"))
        << name;
  }
}

TEST(JsonSchemaErrorTest, RefusesReferencesToOtherDocuments) {
  for (const char* reference : {"other.json", "https://example.org/x.json", "x.json#/a", "#anchor", ""}) {
    EXPECT_THAT(refused(R"({"items": {"$ref": ")" + std::string(reference) + R"("}})"), HasSubstr("#/items: $ref"));
  }
  EXPECT_THAT(refused(R"({"$ref": 1})"), HasSubstr("$ref"));
  EXPECT_THAT(refused(R"({"items": {"$ref": "#/definitions/a"}})"), HasSubstr("points to nothing"));
}

TEST(JsonSchemaErrorTest, RefusesEndlessReferences) {
  for (const char* schema :
       {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}]})",
        R"({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"not": {"$ref": "#/definitions/a"}}}})",
        R"({"dependencies": {"a": {"$ref": "#"}}})"}) {
    EXPECT_THAT(refused(schema), HasSubstr("without end")) << schema;
  }
}

TEST(JsonSchemaErrorTest, RefusesWhatWouldBeIgnored) {
  EXPECT_THAT(refused(R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})"), HasSubstr("drafts 4 to 7"));
  EXPECT_THAT(refused(R"({"items": {"prefixItems": []}})"), HasSubstr("#/items: prefixItems"));
}

TEST(HostileDocumentTest, DeepNestingIsInvalid) {
  const std::string schema = R"({"items": {"$ref": "#"}, "uniqueItems": true})";
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(validate(schema, nested(kMaxValidatedDepth)), std::nullopt);
  EXPECT_THAT(validate(schema, nested(kMaxValidatedDepth + 1)), Optional(HasSubstr("nested")));
  EXPECT_THAT(validate(schema, std::string(10'000'000, '[')), Optional(HasSubstr("nested")));
  EXPECT_EQ(validate("{}", "\"" + std::string(1'000, '[') + "\\\"[\""), std::nullopt);
}

TEST(HostileDocumentTest, OnlyATextThatIsMatchedMayBeTooLong) {
  const std::string schema = R"({"properties": {"a": {"pattern": "^(a|b)*$"}}})";
  const auto member = [](const char* name, std::size_t size) {
    return "{\"" + std::string(name) + "\":\"" + std::string(size, 'a') + "\"}";
  };
  EXPECT_EQ(validate(schema, member("a", kMaxMatchedText)), std::nullopt);
  EXPECT_THAT(validate(schema, member("a", kMaxMatchedText + 1)), Optional(HasSubstr("too long")));
  EXPECT_EQ(validate(schema, member("b", 1'000'000)), std::nullopt);
  EXPECT_THAT(validate(R"({"not": {"pattern": "b"}})", '"' + std::string(kMaxMatchedText + 1, 'a') + '"'),
              Optional(HasSubstr("too long")));
}

// By backtracking each of these takes longer than the universe is old.
TEST(HostileDocumentTest, NoPatternIsEndless) {
  const std::string text = '"' + std::string(5'000, 'a') + "!\"";
  for (const char* pattern : {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*(.*)*(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    EXPECT_NE(validate(R"({"pattern": ")" + std::string(pattern) + R"("})", text), std::nullopt) << pattern;
  }
}

TEST(HostileDocumentTest, ALongDateIsNoDate) {
  for (const char* format : {"date", "time", "date-time"}) {
    const std::string schema = R"({"format": ")" + std::string(format) + R"("})";
    EXPECT_NE(validate(schema, '"' + std::string(kMaxMatchedText, '1') + '"'), std::nullopt) << format;
    EXPECT_NE(validate(schema, '"' + std::string(1'000'000, '1') + '"'), std::nullopt) << format;
  }
}

TEST(HostileDocumentTest, LongNamesAreInvalidWherePropertiesHavePatterns) {
  const std::string schema = R"({"patternProperties": {"^a[a-z]*$": {"type": "integer"}}})";
  const auto member = [](std::size_t size) { return "{\"" + std::string(size, 'a') + "\":1}"; };
  EXPECT_EQ(validate(schema, member(kMaxMatchedName)), std::nullopt);
  EXPECT_THAT(validate(schema, member(kMaxMatchedName + 1)), Optional(HasSubstr("too long")));
  EXPECT_EQ(validate("{}", member(1'000'000)), std::nullopt);
}

TEST(HostileDocumentTest, ArraysThatWouldTakeForeverToCompareAreInvalid) {
  std::string items = "[0";
  for (std::size_t i = 1; i <= kMaxUniqueItems; ++i) items += ',' + std::to_string(i);
  EXPECT_THAT(validate(R"({"uniqueItems": true})", items + "]"), Optional(HasSubstr("long")));
  EXPECT_EQ(validate(R"({})", items + "]"), std::nullopt);
}

// Read with full precision, it is undefined behaviour in RapidJSON.
TEST(HostileDocumentTest, ZeroWithAHugeExponentIsTooBig) {
  EXPECT_THAT(validate("{}", "0E999"), Optional(HasSubstr("too big")));
  EXPECT_EQ(validate(R"({"const": 0})", "-0.0e99"), std::nullopt);
}

TEST(HostileDocumentTest, ReasonsStayShort) {
  const std::string name(100'000, 'n');
  const auto reason = validate(R"({"additionalProperties": false})", "{\"" + name + "\":1}");
  ASSERT_NE(reason, std::nullopt);
  EXPECT_LE(reason->size(), 300u);
}

}  // namespace
}  // namespace interconnect
