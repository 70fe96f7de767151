// What arrives is what was there, in every direction.

#include <string>
#include <vector>

#include "testing/end_to_end/fixture.h"

namespace interconnect::testing {
namespace {

class CopyTest : public EndToEndTest {};

// The three members that the copy adds to a hero-1 event of type Changed.
std::string copy_members(int n) {
  return R"("eventStreamId":"hero-1","eventId":")" + event_id(n) + R"(","eventType":"Changed")";
}

struct Case {
  StoredEvent event;     // as it is written to hero-1 of the source
  std::string metadata;  // as it arrives
};

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&all](bool is_json, const std::string& data, const std::string& metadata,
                          const std::string& arrives) {
    all.push_back({{event_id(static_cast<int>(all.size())), "Changed", is_json, data, metadata}, arrives});
  };
  const auto members = [&all] { return copy_members(static_cast<int>(all.size())); };

  // JSON, whose spaces, numbers and order are not to be touched.
  add(true, "{ \"b\" : 1.0,\n \"a\":[ 1e400, 123456789012345678901234567890 ], \"b\":2 }", R"({"user":"ann"})",
      R"({"user":"ann",)" + members() + "}");
  add(true, R"({"name":"Größe 𝄞 \u00e9"})", "{ }", "{" + members() + " }");
  // Data that are said to be JSON, and are none.
  add(true, "not JSON at all", "", "{" + members() + "}");
  add(true, "", "", "{" + members() + "}");
  // Binary.
  add(false, all_bytes(), "", "{" + members() + "}");
  add(false, "", "", "{" + members() + "}");
  add(false, all_bytes(), R"({"kept":true})", R"({"kept":true,)" + members() + "}");
  // Metadata that are no JSON object.
  add(true, "{}", "\xff\xfe\x80 not UTF-8 \xc3", "\xff\xfe\x80 not UTF-8 \xc3");
  add(true, "{}", all_bytes(), all_bytes());
  add(false, "x", "[1,2]", "[1,2]");
  add(true, "{}", R"({"a":1} trailing)", R"({"a":1} trailing)");
  // Members of the same names are replaced where they stand, every other byte stays.
  const std::string id = event_id(static_cast<int>(all.size()));
  add(true, "{}",
      "{\n  \"eventId\" : {\"was\": [\"deep\", 1.0]},\t\"n\": 1.0, \"eventType\":null, \"n\": 2.50, "
      "\"huge\":123456789012345678901234567890.000, \"e\":1E+999,\"eventStreamId\": \"other\" }",
      "{\n  \"eventId\" : \"" + id +
          "\",\t\"n\": 1.0, \"eventType\":\"Changed\", \"n\": 2.50, "
          "\"huge\":123456789012345678901234567890.000, \"e\":1E+999,\"eventStreamId\": \"hero-1\" }");
  // As large as the next generation takes.
  add(false, std::string(1 << 20, '\x7f'), "", "{" + members() + "}");
  add(true, "{\"text\":\"" + std::string((1 << 20) - 11, 'x') + "\"}", R"({"a":1})", R"({"a":1,)" + members() + "}");
  return all;
}

TEST_P(CopyTest, EveryByteArrives) {
  std::vector<StoredEvent> written;
  std::vector<StoredEvent> expected;
  for (const Case& one : cases()) {
    written.push_back(one.event);
    expected.push_back(one.event);
    expected.back().metadata = one.metadata;
  }
  source.append("hero-1", written);
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));

  const std::vector<StoredEvent> arrived = destination.dump("hero-1");
  ASSERT_EQ(arrived.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(arrived[i] == expected[i]) << arrived[i] << "\n instead of \n" << expected[i];
  }
}

TEST_P(CopyTest, StreamsKeepTheirNamesAndOrder) {
  source.load("hero-", 50, 3'000);
  const std::string odd = "hero-Größe/ü ?#%&+'\"\\ 🦸";
  source.append(odd, {{event_id(1), "Größe geändert ✓", true, "{}", ""}, {event_id(2), "%", false, "", ""}});
  const auto copier = start(configuration());
  // Some arrive while it runs.
  ASSERT_TRUE(eventually([&] { return destination_count() > 0; }));
  source.load("hero-", 50, 500);
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(CopyTest, AGlobalOrderIsCopiedToo) {
  source.load("hero-", 20, 500);
  const auto copier = start(configuration("ordering: global"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(CopyTest, NamesTypesAndIdsMayBeOfAnyKind) {
  std::string faces;
  for (int i = 0; i < 300; ++i) faces += "😀";
  const std::string controls = "hero-a\x01\x7f\tb";
  const std::string combining = "hero-e\u0301\u200d\u202e\u00a0";
  int n = 0;
  for (const std::string& stream : {"hero-" + faces, "hero-" + std::string(2'000, 'x'), controls, combining}) {
    source.append(stream, {{event_id(++n), faces, true, "{}", ""},
                           {event_id(++n), std::string(2'000, 't'), true, "{}", ""},
                           {event_id(++n), controls, false, "", ""}});
  }
  source.append("hero-1", {{"00000000-0000-0000-0000-000000000001", "Changed", true, "{}", ""},
                           {"ffffffff-ffff-ffff-ffff-ffffffffffff", "Changed", true, "{}", ""}});
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(CopyTest, OnlyAllowedTypesAndValidEventsArrive) {
  source.append("hero-1", {{event_id(1), "Exact", true, R"({"power":1})", ""},
                           {event_id(2), "Unwanted", true, "{}", ""},
                           {event_id(3), "Exact", true, R"({"power":"much"})", ""},
                           {event_id(4), "OrderPlaced", true, "{}", ""},
                           {event_id(5), "Exact", false, "no JSON", ""},
                           {event_id(6), "$Order", true, "{}", ""},
                           {event_id(7), "Exact", true, R"({"power":2})", ""}});
  const auto copier = start(configuration("", kGroup,
                                          "[{type: Exact, dataSchema: {type: object, required: [power], properties: "
                                          "{power: {type: integer}}}}, {type: 'Order*'}]"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  std::vector<std::string> arrived;
  for (const StoredEvent& event : destination.dump("hero-1")) arrived.push_back(event.id);
  EXPECT_EQ(arrived, (std::vector{event_id(1), event_id(4), event_id(7)}));
  EXPECT_EQ(source.group(kStream, kGroup).parked, 0);
  for (const int filtered : {2, 6}) EXPECT_TRUE(copier->says("filtered: event " + event_id(filtered)));
  for (const int invalid : {3, 5}) EXPECT_TRUE(copier->says("invalid: event " + event_id(invalid)));
}

TEST_P(CopyTest, LinksWithoutTargetAreAcknowledged) {
  source.append("hero-gone", {{event_id(1), "Changed", true, "{}", ""}, {event_id(2), "Changed", true, "{}", ""}});
  source.append("hero-soft", {{event_id(3), "Changed", true, "{}", ""}});
  source.append("hero-1", {{event_id(4), "Changed", true, "{}", ""}});
  source.tombstone("hero-gone");
  source.append("hero-\xc3\xb6", {{event_id(5), "Changed", true, "{}", ""}});
  source.tombstone("hero-\xc3\xb6");
  source.soft_delete("hero-soft");
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  EXPECT_EQ(destination.streams("hero-"), (std::map<std::string, int>{{"hero-1", 1}}));
  EXPECT_EQ(source.group(kStream, kGroup).parked, 0);
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
}

TEST_P(CopyTest, TheSourceKnowsThatAllIsAcknowledged) {
  source.load("hero-", 5, 100);
  const auto copier = start(
      "subscriptions:\n  - {stream: $ce-hero, group: copy, settings: {minCheckPointCount: 1, maxCheckPointCount: "
      "100}}\n"
      "events: [{type: '*'}]\n");
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  // As an operator sees it.
  const std::string info = source.group_info(kStream, kGroup);
  EXPECT_NE(info.find("\"totalInFlightMessages\": 0,"), std::string::npos) << info;
  EXPECT_NE(info.find("\"totalItemsProcessed\": 100,"), std::string::npos) << info;
  // And as the source will, should it be started again: from after the last link.
  ASSERT_TRUE(eventually([&] {
    const auto checkpoints = source.dump("$persistentsubscription-$ce-hero::copy-checkpoint");
    return !checkpoints.empty() && checkpoints.back().data == "99";
  }));
}

TEST_P(CopyTest, AnIdThatAStreamHasTwiceIsCopiedOnce) {
  source.append("hero-1", {{event_id(1), "Changed", true, "{\"n\":1}", ""}});
  source.append("hero-2", {{event_id(1), "Changed", true, "{\"n\":2}", ""}});
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  // The same id is another event in another stream.
  EXPECT_EQ(destination.streams("hero-"), (std::map<std::string, int>{{"hero-1", 1}, {"hero-2", 1}}));
}

TEST_P(CopyTest, SeveralSubscriptionsRunSideBySide) {
  source.load("hero-", 5, 200);
  source.load("town-", 5, 200);
  source.append("single", {{event_id(1), "Changed", true, "{}", ""}});
  const auto copier = start(
      "subscriptions:\n  - {stream: $ce-hero, group: a}\n  - {stream: $ce-town, group: b}\n"
      "  - {stream: single, group: c}\nevents: [{type: '*'}]\n");
  ASSERT_TRUE(eventually([&] {
    return destination.count("hero-") == 200 && destination.count("town-") == 200 && destination.count("single") == 1;
  }));
}

INSTANTIATE_TEST_SUITE_P(Directions, CopyTest, all_directions(), name_of);

// The next generation's later servers know more calls, and answer some of them otherwise.
class LaterServerTest : public EndToEndTest {
 protected:
  LaterServerTest() : EndToEndTest({}, {"--version=21.10"}) {}
};

TEST_P(LaterServerTest, IsCopiedFromAndTo) {
  source.load("hero-", 10, 500);
  source.append("hero-1", {{event_id(1), "Changed", false, all_bytes(), all_bytes()}});
  const auto first = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
  const auto fresh = start(configuration("", "fresh"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged("fresh"); }));
  expect_copied();
}

TEST_P(LaterServerTest, AGlobalOrderIsCopiedToo) {
  source.load("hero-", 20, 500);
  const auto copier = start(configuration("ordering: global"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
}

INSTANTIATE_TEST_SUITE_P(Directions, LaterServerTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy},
                                           Direction{Generation::kNext, Generation::kNext}),
                         name_of);

}  // namespace
}  // namespace interconnect::testing
