#include "adapters/http_api/paths.h"

#include <gtest/gtest.h>

namespace interconnect::http_api {
namespace {

TEST(PathsTest, EncodesWhatIsNotPlain) {
  EXPECT_EQ(path_part("Az09-_.~"), "Az09-_.~");
  EXPECT_EQ(path_part("a b+\xc3\xa4'"), "a%20b%2B%C3%A4%27");
}

TEST(PathsTest, EncodesTwiceWhatTheServersWouldTakeApart) {
  EXPECT_EQ(path_part("a%20b"), "a%252520b");
  EXPECT_EQ(path_part("a/b \\"), "a%252Fb%2520%255C");
  EXPECT_EQ(path_part("?#"), "%253F%2523");
}

TEST(PathsTest, NamesAGroup) {
  EXPECT_EQ(group_info_path("$ce-hero", "da/ta"), "/subscriptions/%24ce-hero/da%252Fta/info");
}

}  // namespace
}  // namespace interconnect::http_api
