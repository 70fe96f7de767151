#include "domain/append.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

EventView event_of(std::string_view type, std::string_view data, std::string_view metadata) {
  EventView event;
  event.type = type;
  event.data = data;
  event.metadata = metadata;
  return event;
}

TEST(AppendSizeTest, OlderServersCountTheDataAlone) {
  EXPECT_EQ(append_size(event_of("type", "12345", "123"), AppendSizeRule::kData), 5u);
}

TEST(AppendSizeTest, LaterOnesCountMetadataAndTwoBytesForEachUtf16UnitOfTheType) {
  constexpr auto kAll = AppendSizeRule::kDataMetadataAndType;
  EXPECT_EQ(append_size(event_of("type", "12345", "123"), kAll), 16u);
  EXPECT_EQ(append_size(event_of("", "", ""), kAll), 0u);
  // Two bytes, three bytes, and four, which are two units.
  EXPECT_EQ(append_size(event_of("\xc3\xa9", "", ""), kAll), 2u);
  EXPECT_EQ(append_size(event_of("\xe2\x82\xac", "", ""), kAll), 2u);
  EXPECT_EQ(append_size(event_of("\xf0\x9f\x98\x80", "", ""), kAll), 4u);
}

}  // namespace
}  // namespace interconnect
