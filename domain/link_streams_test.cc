#include "domain/link_streams.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(LinkStreamsTest, TheNameTellsTheProjection) {
  EXPECT_EQ(projection_of("$ce-hero"), "$by_category");
  EXPECT_EQ(projection_of("$et-HeroCreated"), "$by_event_type");
  EXPECT_EQ(projection_of("$bc-7"), "$by_correlation_id");
  EXPECT_EQ(projection_of("$category-hero"), "$stream_by_category");
  EXPECT_EQ(projection_of("$projections-my count-result"), "my count");
  EXPECT_EQ(projection_of("$projections-result"), std::nullopt);
  EXPECT_EQ(projection_of("hero-$ce-1"), std::nullopt);
  EXPECT_TRUE(is_system_projections("$ce-hero"));
  EXPECT_FALSE(is_system_projections("$projections-a-result"));
}

TEST(LinkStreamsTest, ADefinitionNamesItsStreamsByLiterals) {
  const auto writes = [](std::string query) { return writes_to({std::move(query), ""}, "mine"); };
  EXPECT_TRUE(writes("fromAll().when({$any: function(s, e) { linkTo('mine', e); }})"));
  EXPECT_TRUE(writes("emit(\"mine\", 'T', {})"));
  EXPECT_TRUE(writes("copyTo ( `mine` , e)"));
  EXPECT_TRUE(writes("linkTo('other', e); linkTo('mine', e)"));
  EXPECT_FALSE(writes("linkTo('mine-' + e.streamId, e)"));
  EXPECT_FALSE(writes("linkTo('mine' + x, e)"));
  EXPECT_FALSE(writes("linkTo('min', e)"));
  EXPECT_FALSE(writes("fromStream('mine')"));
  EXPECT_FALSE(writes("emit"));
  EXPECT_FALSE(writes("emit('mine"));
  EXPECT_TRUE(writes_to({"", "mine"}, "mine"));
  EXPECT_FALSE(writes_to({"", ""}, ""));
}

TEST(LinkStreamsTest, TellsWhatOtherThanCategoriesLeaveOut) {
  EXPECT_THAT(left_out_of("$et-T", "21.2.0.0"), Optional(HasSubstr("do not parse")));
  EXPECT_THAT(left_out_of("$et-T", "21.2.0.0"), Optional(HasSubstr("$ce-")));
  EXPECT_THAT(left_out_of("$bc-1", "20.10.2.0"), Optional(HasSubstr("$bc-1")));
  EXPECT_TRUE(left_out_of("$et-T", "")) << "not known: may be";
  EXPECT_EQ(left_out_of("$et-T", "5.0.1.0"), std::nullopt);
  EXPECT_EQ(left_out_of("$et-T", "20.10.0.0"), std::nullopt);
  EXPECT_EQ(left_out_of("$ce-hero", "21.2.0.0"), std::nullopt);
  EXPECT_EQ(left_out_of("hero-1", "21.2.0.0"), std::nullopt);
  EXPECT_THAT(left_out_of("$category-hero", "5.0.1.0"), Optional(HasSubstr("$ce-hero")));
}

}  // namespace
}  // namespace interconnect
