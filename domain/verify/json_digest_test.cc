#include "domain/verify/json_digest.h"

#include <string>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

bool are_equal(std::string_view a, std::string_view b) {
  const auto first = json_digest(a);
  return first.has_value() && first == json_digest(b);
}

TEST(JsonDigestTest, HowItIsWrittenDoesNotCount) {
  EXPECT_TRUE(are_equal(R"({"a":1,"b":[true,null]})", "{ \"b\" : [ true , null ],\n\t\"a\" : 1 }"));
  EXPECT_TRUE(are_equal(R"("Größe")", R"("Gr\u00f6\u00DFe")"));
  EXPECT_TRUE(are_equal(R"("\ud834\udd1e/")", R"("𝄞\/")"));
  EXPECT_TRUE(are_equal("{}", " { } "));
  for (const char* one : {"1", "1.0", "10e-1", "0.1E+1", "100e-2"}) EXPECT_TRUE(are_equal("1", one)) << one;
  EXPECT_TRUE(are_equal("0", "-0.00e7"));
  EXPECT_TRUE(are_equal("1200", "1.2e3"));
}

TEST(JsonDigestTest, WhatItSaysCounts) {
  EXPECT_FALSE(are_equal("1", "-1"));
  EXPECT_FALSE(are_equal("1", "10"));
  EXPECT_FALSE(are_equal("12", "1.2"));
  EXPECT_FALSE(are_equal("1", "\"1\""));
  EXPECT_FALSE(are_equal("null", "\"null\""));
  EXPECT_FALSE(are_equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(are_equal("[1,[2]]", "[[1],2]"));
  EXPECT_FALSE(are_equal("[]", "{}"));
  EXPECT_FALSE(are_equal(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(are_equal(R"({"a":1,"b":2})", R"({"a":2,"b":1})"));
  EXPECT_FALSE(are_equal(R"({"a":{"b":1}})", R"({"b":{"a":1}})"));
  EXPECT_FALSE(are_equal("123456789012345678901", "123456789012345678902"));
  EXPECT_FALSE(are_equal("1e999999999999999999", "1e999999999999999998"));
}

TEST(JsonDigestTest, WhatIsNoJsonHasNone) {
  for (const char* text : {"", "not", "{", "[1,]", "1 2", "\"\xff\""})
    EXPECT_EQ(json_digest(text), std::nullopt) << text;
  EXPECT_EQ(json_digest(std::string(2'000, '[') + std::string(2'000, ']')), std::nullopt);
}

}  // namespace
}  // namespace interconnect
