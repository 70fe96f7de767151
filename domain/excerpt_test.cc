#include "domain/excerpt.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

TEST(Excerpt, FitsIntoOneLineOfALog) {
  EXPECT_EQ(excerpt("a\nb\x1b[0m\r\n"), "a b [0m");
  EXPECT_EQ(excerpt(std::string(100'000, 'x')).size(), 503u);
}

TEST(Excerpt, LeavesLettersOfAllKinds) {
  EXPECT_EQ(excerpt("größe-名前"), "größe-名前");
  EXPECT_EQ(excerpt("a\xc2\x9b"
                    "31m\xc2\x85z"),
            "a  31m  z");
}

TEST(Excerpt, IsCutBetweenCharacters) {
  EXPECT_EQ(excerpt(std::string(499, 'x') + "ö and more"), std::string(499, 'x') + "...");
  EXPECT_EQ(excerpt(std::string(600, '\x80')).size(), 497u + 3u) << "not UTF-8";
}

}  // namespace
}  // namespace interconnect
