#include "adapters/http_status/page/status_page.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatusPageTest, IsOnePieceThatLoadsNothing) {
  const std::string page(kStatusPage);
  EXPECT_TRUE(page.starts_with("<!doctype html>\n"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_LT(page.size(), 32u << 10);
  EXPECT_THAT(page, HasSubstr("<style>"));
  EXPECT_THAT(page, HasSubstr("<script>'use strict';\n"));
  for (const char* outside : {"src=", "@import", "url(", "https:", "//cdn", "style=\"", "onclick", "innerHTML"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST(StatusPageTest, ItsPolicyAllowsThatAndNoMore) {
  const std::string policy(kStatusPagePolicy);
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

}  // namespace
}  // namespace interconnect
