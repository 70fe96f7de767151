#include "domain/verify/event_print.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

EventView event() {
  EventView event;
  event.stream = "s";
  event.type = "Changed";
  event.content = ContentKind::kJson;
  event.data = R"({"a":1})";
  event.metadata = R"({"m":1})";
  return event;
}

TEST(EventPrintTest, EachPartCountsAndTheRevisionDoesNot) {
  const EventPrint print = print_of(event(), {});
  EventView other = event();
  other.revision = 7;
  EXPECT_EQ(print_of(other, {}), print);
  other.type = "changed";
  EXPECT_NE(print_of(other, {}).type, print.type);
  other.data = R"({"a":2})";
  EXPECT_NE(print_of(other, {}).data, print.data);
  other.metadata = "";
  EXPECT_NE(print_of(other, {}).metadata, print.metadata);
  other.content = ContentKind::kBinary;
  EXPECT_NE(print_of(other, {}).content, print.content);
}

TEST(EventPrintTest, MetadataMayBeIgnored) {
  EventView other = event();
  other.metadata = "else";
  EXPECT_EQ(print_of(other, {.ignores_metadata = true}), print_of(event(), {.ignores_metadata = true}));
}

TEST(EventPrintTest, JsonMayBeComparedByWhatItSays) {
  EventView other = event();
  other.data = "{ \"a\": 1.0 }";
  EXPECT_EQ(print_of(other, {.compares_json = true}), print_of(event(), {.compares_json = true}));
  EXPECT_NE(print_of(other, {}), print_of(event(), {}));
  other.data = "no JSON";
  EXPECT_NE(print_of(other, {.compares_json = true}), print_of(event(), {.compares_json = true}));
}

TEST(StreamPrintTest, OrderCounts) {
  EventView second = event();
  second.data = "{}";
  StreamPrint forward;
  forward.add(print_of(event(), {}));
  forward.add(print_of(second, {}));
  StreamPrint backward;
  backward.add(print_of(second, {}));
  backward.add(print_of(event(), {}));
  EXPECT_EQ(forward.events(), 2u);
  EXPECT_NE(forward, backward);
  StreamPrint again;
  again.add(print_of(event(), {}));
  EXPECT_NE(again, forward);
  again.add(print_of(second, {}));
  EXPECT_EQ(again, forward);
}

}  // namespace
}  // namespace interconnect
