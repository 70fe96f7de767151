#include "domain/copier/left_out.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

bool is_left_out(std::string_view data) {
  EventView event;
  event.content = ContentKind::kJson;
  event.data = data;
  return may_be_left_out(event);
}

TEST(MayBeLeftOutTest, IsWhatIsFlaggedJsonAndMayNotParse) {
  for (const char* const data : {"", "plain text", "\xef\xbb\xbf{}", "{\"a\":1,}", "{'a':1}"}) {
    EXPECT_TRUE(is_left_out(data)) << data;
  }
  EXPECT_FALSE(is_left_out("{\"a\":[1]}"));
  EventView event;
  event.data = "plain text";
  event.content = ContentKind::kBinary;
  EXPECT_FALSE(may_be_left_out(event));
}

// Seen on a real 21.2.0: the first is linked, or not.
TEST(MayBeLeftOutTest, DatesBeyondTheYear9999AreNotCertainToParse) {
  for (const char* const date :
       {"/Date(253402300800000)/", "\\/Date(253402300800000)\\/", "/\\u0044ate(253402300800000)/",
        "/Date(-62135596800001)/", "/Date(9223372036854775807)/", "/Date(253402300800000+0100)/", "/Date(1+9999999)/",
        "/Date()/", "/Date(x)/", "9999-12-31T24:00:00", "9999-12-31T24:00:00Z", "999\\u0039-12-31T24:00:00.0"}) {
    const std::string text = '"' + std::string(date) + '"';
    EXPECT_TRUE(is_left_out(text)) << text;
    EXPECT_TRUE(is_left_out("{\"a\":[1," + text + "]}")) << text;
  }
}

TEST(MayBeLeftOutTest, OtherDatesAndTextsParse) {
  for (const char* const text :
       {"/Date(253402300799999)/", "/Date(-62135596800000)/", "\\/Date(1700000000000+0200)\\/", "/Date(0-0500)/",
        "/Date(", "/Date(253402300800000)", "9999-12-31T23:59:59.9999999-14:00", "2021-02-28T24:00:00",
        "2024-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0000-01-01T00:00:00Z", "9", "/", "\\\\", "\\u00e4", ""}) {
    EXPECT_FALSE(is_left_out('"' + std::string(text) + '"')) << text;
  }
  EXPECT_FALSE(is_left_out(R"({"/Date(253402300800000)/":1})")) << "a name is no date";
}

TEST(MayBeLeftOutTest, NumbersThatNoDoubleHoldsAreNotCertainToParse) {
  for (const char* const number : {"1e999", "-1E+0999", "1e400", "0.1e-1000"})
    EXPECT_TRUE(is_left_out(number)) << number;
  EXPECT_TRUE(is_left_out(std::string(381, '1')));
  for (const char* const number : {"1e99", "1E+000", "-2.5e-0007", "123456789012345678901234567890"}) {
    EXPECT_FALSE(is_left_out(number)) << number;
  }
}

}  // namespace
}  // namespace interconnect
