#include "adapters/http_status/access.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

const HttpAccess kLogin{.credentials = Credentials{"ops", "s3cret:with colon"}, .token = std::nullopt};
const HttpAccess kToken{.credentials = std::nullopt, .token = "t0ken"};

TEST(AccessTest, WithoutRulesEveryoneMay) {
  EXPECT_TRUE(is_allowed({}, ""));
  EXPECT_TRUE(is_allowed({}, "Basic nonsense"));
  EXPECT_EQ(authorization_for({}), "");
}

TEST(AccessTest, ALoginIsTakenAsItIsAndNoOther) {
  EXPECT_TRUE(is_allowed(kLogin, authorization_for(kLogin)));
  EXPECT_TRUE(is_allowed(kLogin, "Basic b3BzOnMzY3JldDp3aXRoIGNvbG9u"));
  EXPECT_TRUE(is_allowed(kLogin, "basic b3BzOnMzY3JldDp3aXRoIGNvbG9u")) << "RFC 9110: schemes have no case";
  for (const HttpAccess& other :
       {HttpAccess{Credentials{"ops", "s3cret:with colo"}, {}},
        HttpAccess{Credentials{"ops", "s3cret:with colon "}, {}},
        HttpAccess{Credentials{"op", "s3cret:with colon"}, {}}, HttpAccess{Credentials{"", ""}, {}}, kToken}) {
    EXPECT_FALSE(is_allowed(kLogin, authorization_for(other)));
  }
  for (const char* header : {"", "Basic", "Basic ", "Basic ???", "Basic b3Bz", "Digest b3BzOnMzY3JldDp3aXRoIGNvbG9u",
                             "b3BzOnMzY3JldDp3aXRoIGNvbG9u", "Bearer ", "Bearer s3cret:with colon"}) {
    EXPECT_FALSE(is_allowed(kLogin, header)) << header;
  }
}

TEST(AccessTest, ATokenIsTakenAsABearerAndAsAPassword) {
  EXPECT_EQ(authorization_for(kToken), "Bearer t0ken");
  EXPECT_TRUE(is_allowed(kToken, "Bearer t0ken"));
  EXPECT_TRUE(is_allowed(kToken, "bearer t0ken"));
  EXPECT_TRUE(is_allowed(kToken, authorization_for({Credentials{"anyone", "t0ken"}, {}}))) << "browsers";
  for (const char* header : {"", "Bearer", "Bearer ", "Bearer t0ke", "Bearer t0ken ", "Bearer T0ken", "Basic t0ken"}) {
    EXPECT_FALSE(is_allowed(kToken, header)) << header;
  }
}

TEST(AccessTest, EitherSufficesWhereThereAreBoth) {
  const HttpAccess both{kLogin.credentials, kToken.token};
  EXPECT_TRUE(is_allowed(both, authorization_for(kLogin)));
  EXPECT_TRUE(is_allowed(both, authorization_for(kToken)));
  EXPECT_FALSE(is_allowed(both, authorization_for({Credentials{"ops", "t0ke"}, {}})));
}

}  // namespace
}  // namespace interconnect
