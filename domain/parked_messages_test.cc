#include "domain/parked_messages.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

TEST(ParkedMessagesTest, TellsWhoParked) {
  EXPECT_TRUE(
      is_parked_by_consumer("{\n  \"added\": \"2024-01-01T00:00:00.0+00:00\",\n  \"reason\": \"Client explicitly "
                            "NAK'ed message.\\nno JSON\"\n}"));
  EXPECT_TRUE(is_parked_by_consumer(R"({"reason":"Client explicitly NAK\u0027ed message.\n"})"));
  EXPECT_FALSE(
      is_parked_by_consumer(R"({"added":"x","reason":"Reached retry count of 1","subscriptionEventNumber":7})"));
  for (const char* metadata : {"", "{}", "[]", R"({"reason":null})", R"({"reason":"Client explicitly NAK'ed)"}) {
    EXPECT_FALSE(is_parked_by_consumer(metadata)) << metadata;
  }
}

TEST(ParkedMessagesTest, NamesTheirStream) {
  EXPECT_EQ(parked_stream("$ce-hero", "data"), "$persistentsubscription-$ce-hero::data-parked");
}

}  // namespace
}  // namespace interconnect
