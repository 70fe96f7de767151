#include "domain/stream_metadata.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

bool is_deletion(std::string_view data, ContentKind content = ContentKind::kJson) {
  EventView event;
  event.content = content;
  event.data = data;
  return is_soft_deletion(event);
}

TEST(StreamMetadataTest, ASoftDeletionTruncatesBeforeTheLargestRevision) {
  EXPECT_TRUE(is_deletion(R"({"$tb":9223372036854775807})"));
  EXPECT_TRUE(is_deletion(R"({"$maxCount": 5, "$tb": 9223372036854775807 })"));
  EXPECT_TRUE(is_deletion(R"({"\u0024tb":9223372036854775807})"));
  EXPECT_FALSE(is_deletion(R"({"$tb":9223372036854775806})"));
  EXPECT_FALSE(is_deletion(R"({"$maxCount":5})"));
  EXPECT_FALSE(is_deletion(R"({"inner":{"$tb":9223372036854775807}})"));
}

TEST(StreamMetadataTest, OfTwoMembersTheLastCounts) {
  EXPECT_TRUE(is_deletion(R"({"$tb":1,"$tb":9223372036854775807})"));
  EXPECT_FALSE(is_deletion(R"({"$tb":9223372036854775807,"$tb":1})"));
}

TEST(StreamMetadataTest, WhatIsNoJsonObjectDeletesNothing) {
  EXPECT_FALSE(is_deletion(R"({"$tb":9223372036854775807)"));
  EXPECT_FALSE(is_deletion(R"({"$tb":9223372036854775807})", ContentKind::kBinary));
  EXPECT_FALSE(is_deletion(""));
}

TEST(StreamMetadataTest, NamesLeadThereAndBack) {
  EXPECT_EQ(metadata_stream("a-1"), "$$a-1");
  EXPECT_EQ(original_stream("$$a-1"), "a-1");
  EXPECT_TRUE(is_metadata_stream("$$a-1"));
  EXPECT_FALSE(is_metadata_stream("$a-1"));
}

}  // namespace
}  // namespace interconnect
