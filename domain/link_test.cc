#include "domain/link.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

TEST(LinkTest, NamesARevisionAndAStream) {
  EXPECT_EQ(parse_link("5@cat-1"), (LinkTarget{"cat-1", 5}));
  EXPECT_EQ(parse_link("9223372036854775807@s"), (LinkTarget{"s", 9'223'372'036'854'775'807}));
  EXPECT_EQ(parse_link("0@$$cat-1"), (LinkTarget{"$$cat-1", 0}));
}

TEST(LinkTest, IsCutAtTheFirstAt) { EXPECT_EQ(parse_link("5@cat-a@b.com"), (LinkTarget{"cat-a@b.com", 5})); }

TEST(LinkTest, AnythingElseIsNoLink) {
  for (const std::string_view text : {"", "@", "5", "5@", "@s", "-1@s", "x@s", "5 @s", " 5@s", "+5@s", "5x@s",
                                      "9223372036854775808@s", "{\"a\":1}"}) {
    EXPECT_EQ(parse_link(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace interconnect
