// Two stores are compared: a copy is equal, and what somebody has done to it is named.

#include <rapidjson/document.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "testing/end_to_end/fixture.h"
#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

struct Report {
  int exit_code = -2;
  rapidjson::Document json;
  std::string output;

  std::string result() const { return json.IsObject() ? json["summary"]["result"].GetString() : "no JSON"; }
  std::uint64_t aside(const char* name) const { return json["summary"]["asides"][name].GetUint64(); }
  // "missing 1 @2", of each stream that differs.
  std::map<std::string, std::string> differing() const {
    std::map<std::string, std::string> all;
    if (!json.IsObject()) return all;
    for (const auto& stream : json["streams"].GetArray()) {
      std::string text;
      for (const auto& kind : stream["differences"].GetObject()) {
        text += (text.empty() ? "" : ", ") + std::string(kind.name.GetString()) + " " +
                std::to_string(kind.value["events"].GetInt()) + " @" + std::to_string(kind.value["first"].GetInt());
      }
      all[stream["stream"].GetString()] = text;
    }
    return all;
  }
};

class VerifyTest : public EndToEndTest {
 protected:
  // Copied to its end, and stopped.
  void copy(const std::string& events = "[{type: '*'}]", const std::string& more = "") {
    const auto copier = start(configuration(more, kGroup, events));
    ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
    copier->signal(SIGTERM);
    ASSERT_EQ(copier->exit_code(), 0);
  }

  std::unique_ptr<Copier> start_verify(const std::vector<std::string>& options, const Variables& more = {},
                                       const std::string& events = "[{type: '*'}]", const std::string& settings = "") {
    std::vector<std::string> arguments{"verify"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return start(configuration(settings, kGroup, events), more, Copier::kProgram, arguments);
  }

  Report verify(std::vector<std::string> options = {}, const Variables& more = {},
                const std::string& events = "[{type: '*'}]", const std::string& settings = "") {
    options.emplace_back("--json");
    const auto process = start_verify(options, more, events, settings);
    Report report;
    report.exit_code = process->exit_code();
    report.output = process->output();
    const std::size_t begin = report.output.find("{\"format\":1");
    if (begin != std::string::npos) report.json.Parse(report.output.c_str() + begin);
    EXPECT_TRUE(begin != std::string::npos && !report.json.HasParseError()) << report.output;
    return report;
  }
};

TEST_P(VerifyTest, ACopyIsEqual) {
  source.load("hero-", 20, 500);
  source.append("hero-odd ü", {{event_id(1), "Changed", false, std::string("\0\xff", 2), "[no object"},
                               {event_id(2), "Changed", true, "no JSON", R"({"eventId":1,"a":1.0})"},
                               {event_id(3), "Changed", true, "", ""},
                               {event_id(4), "Changed", true, "{}", ""}});
  copy();
  const Report report = verify();
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_EQ(report.result(), "equal");
  EXPECT_EQ(report.json["summary"]["streams"].GetInt(), 21);
  EXPECT_EQ(report.json["summary"]["events"].GetInt(), 504);
  const auto text = start_verify({});
  EXPECT_EQ(text->exit_code(), 0);
  EXPECT_TRUE(text->says("equal: 21 streams and 504 events compared"));
}

TEST_P(VerifyTest, WhatSomebodyDidIsNamed) {
  source.load("hero-", 12, 60);
  copy();
  Store tampered(GetParam().to, {"--projections"});
  for (const auto& [stream, count] : destination.streams("hero-")) {
    std::vector<StoredEvent> events = destination.dump(stream);
    ASSERT_EQ(events.size(), 5u);
    if (stream == "hero-0") events.erase(events.begin() + 2);
    if (stream == "hero-1") events.push_back({event_id(1), "Changed", true, "{}", ""});
    if (stream == "hero-2") std::swap(events[1], events[2]);
    if (stream == "hero-3") events[1].data += " ";
    if (stream == "hero-4") events[3].metadata = "{}";
    if (stream == "hero-5") events[0].type += "d";
    if (stream == "hero-6") events[4].is_json = !events[4].is_json;
    // Something else was there before.
    if (stream == "hero-8") events.insert(events.begin(), {event_id(2), "Changed", true, "{}", ""});
    if (stream != "hero-7") tampered.append(stream, events);
    if (stream == "hero-8") tampered.set_metadata(stream, R"({"$tb":1})");
    if (stream == "hero-9") tampered.soft_delete(stream);
    if (stream == "hero-10") tampered.tombstone(stream);
  }
  const Report report = verify({}, tampered.environment("DST"));
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_EQ(report.result(), "different");
  std::map<std::string, std::string> expected{
      {"hero-0", "missing 1 @2"},     {"hero-1", "extra 1 @5"},    {"hero-2", "order 1 @1"},
      {"hero-3", "data 1 @1"},        {"hero-4", "metadata 1 @3"}, {"hero-5", "type 1 @0"},
      {"hero-6", "contentKind 1 @4"}, {"hero-7", "missing 5 @0"},  {"hero-8", "shifted 1 @1"},
      {"hero-9", "deletion 5 @0"},    {"hero-10", "deletion 5 @0"}};
  EXPECT_EQ(report.differing(), expected) << report.output;
  EXPECT_GT(report.json["nextSteps"].Size(), 0u);
  const auto text = start_verify({}, tampered.environment("DST"));
  EXPECT_EQ(text->exit_code(), 1);
  EXPECT_TRUE(text->says("different: 11 streams differ; 12 streams and 60 events compared"));
  const Report one = verify({"--stream", "hero-11", "--stream", "hero-3"}, tampered.environment("DST"));
  EXPECT_EQ(one.differing(), (std::map<std::string, std::string>{{"hero-3", "data 1 @1"}}));
  EXPECT_EQ(one.json["summary"]["streams"].GetInt(), 2);
}

TEST_P(VerifyTest, AnotherToolMayHaveFilledTheDestination) {
  source.append("hero-1", {{event_id(1), "Changed", true, R"({"a":1,"b":"ü"})", R"({"m":1})"}});
  const auto begin = start(configuration());  // the group
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  begin->signal(SIGTERM);
  EXPECT_EQ(begin->exit_code(), 0);
  Store filled(GetParam().to, {"--projections"});
  filled.append("hero-1", {{event_id(1), "Changed", true, R"({ "b": "\u00fc", "a": 1.0 })", R"({"m":1,"n":2})"}});
  const Variables environment = filled.environment("DST");
  EXPECT_EQ(verify({}, environment).differing(),
            (std::map<std::string, std::string>{{"hero-1", "data 1 @0, metadata 1 @0"}}));
  EXPECT_EQ(verify({"--json-equal"}, environment).differing(),
            (std::map<std::string, std::string>{{"hero-1", "metadata 1 @0"}}));
  EXPECT_EQ(verify({"--json-equal", "--ignore", "metadata"}, environment).exit_code, 0);
}

TEST_P(VerifyTest, WhatIsHiddenFilteredOrGoneIsToldApart) {
  source.load("hero-", 4, 40);
  source.append("hero-1", {{event_id(1), "Unwanted", true, "{}", ""}, {event_id(2), "Changed", true, "[1]", ""}});
  const std::string type = source.dump("hero-0").front().type;
  const std::string allowed = "[{type: Changed, dataSchema: {type: object}}, {type: " + type + "}]";
  copy(allowed, "safetyNet: {onInvalidEvent: park}\n");
  destination.set_metadata("hero-2", R"({"$maxCount":3})");
  source.set_metadata("hero-3", R"({"$tb":4})");
  const Report report = verify({}, {}, allowed);
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_EQ(report.aside("filtered"), 1u);
  EXPECT_EQ(report.aside("invalid"), 1u);
  EXPECT_EQ(report.aside("hidden"), 7u);
  EXPECT_EQ(report.aside("gone"), 4u);
}

TEST_P(VerifyTest, AParkedEventIsNotMissing) {
  source.append("hero-1", {{event_id(1), "Changed", true, "{}", ""}, {event_id(2), "Changed", true, "[]", ""}});
  copy("[{type: Changed, dataSchema: {type: object}}]", "safetyNet: {onInvalidEvent: park}\n");
  EXPECT_EQ(source.group(kStream, kGroup).parked, 1);
  // By these types it would be copied.
  const Report report = verify();
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_EQ(report.aside("parked"), 1u);
}

TEST_P(VerifyTest, DeletionsThatAreCopiedAreCompared) {
  source.load("hero-", 2, 10);
  copy("[{type: '*'}, {type: '$*'}]");
  source.soft_delete("hero-1");
  const Report before = verify({}, {}, "[{type: '*'}, {type: '$*'}]");
  EXPECT_EQ(before.differing(), (std::map<std::string, std::string>{{"$$hero-1", "deletion 1 @0"}})) << before.output;
  const auto copier = start(configuration("", kGroup, "[{type: '*'}, {type: '$*'}]"));
  ASSERT_TRUE(eventually([&] { return !destination.dump("$$hero-1").empty(); }));
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
  const Report after = verify({}, {}, "[{type: '*'}, {type: '$*'}]");
  EXPECT_EQ(after.exit_code, 0) << after.output;
}

TEST_P(VerifyTest, WhileTheCopyRunsThereIsNoFalseAlarm) {
  source.load("hero-", 10, 500);
  const auto copier = start(configuration());
  ASSERT_TRUE(copier->says("copying from"));
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).consumers > 0; }));
  const auto running = start_verify({}, {{kWriterTimeout, "1000"}});
  while (running->is_running()) source.load("hero-", 10, 100);
  EXPECT_EQ(running->exit_code(), 0) << running->output();
  EXPECT_TRUE(running->says("equal: "));
}

TEST_P(VerifyTest, ACopyThatIsBehindIsWaitedFor) {
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).consumers > 0; }));
  destination.freeze();
  source.load("hero-", 5, 50);
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).in_flight > 0; }));
  destination.thaw();
  const Report report = verify();
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_EQ(report.json["summary"]["events"].GetInt(), 50);
}

TEST_P(VerifyTest, WithoutACopyItComparesAtOnceAndSaysSo) {
  source.load("hero-", 5, 50);
  copy();
  source.load("hero-", 5, 50);
  const Report report = verify();
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_EQ(report.differing().size(), 5u);
  ASSERT_EQ(report.json["summary"]["notes"].Size(), 1u) << report.output;
  EXPECT_NE(std::string(report.json["summary"]["notes"][0].GetString()).find("no copy runs"), std::string::npos);
}

TEST_P(VerifyTest, AGroupThatIsNotThereIsNoCopy) {
  source.load("hero-", 2, 10);
  const Report report = verify();
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_EQ(report.differing(),
            (std::map<std::string, std::string>{{"hero-0", "missing 5 @0"}, {"hero-1", "missing 5 @0"}}));
  ASSERT_EQ(report.json["summary"]["notes"].Size(), 2u) << report.output;
  EXPECT_NE(std::string(report.json["summary"]["notes"][0].GetString()).find("where it began is not known"),
            std::string::npos);
}

TEST_P(VerifyTest, AComparisonGoesOnFromItsState) {
  source.load("hero-", 5, 50);
  copy();
  const std::string file = ::testing::TempDir() + "/verify-state-" + std::to_string(static_cast<int>(GetParam().from)) +
                           std::to_string(static_cast<int>(GetParam().to));
  std::remove(file.c_str());
  const auto first = start_verify({"--state", file});
  EXPECT_EQ(first->exit_code(), 0);
  EXPECT_FALSE(std::ifstream(file).good()) << "it is done";
  std::ofstream(file) << "{}";
  const auto refused = start_verify({"--state", file});
  EXPECT_EQ(refused->exit_code(), 2);
  EXPECT_TRUE(refused->says("--state " + file));
}

TEST_P(VerifyTest, ASignalEndsItWithWhatWasFound) {
  source.load("hero-", 5, 50);
  const auto copier = start(configuration("monitoring: {stallAfter: 3600000}"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  destination.freeze();
  source.load("hero-", 5, 50);
  destination.thaw();
  const std::string refusal = GetParam().to == Generation::kLegacy ? "NotReady" : "RESOURCE_EXHAUSTED";
  destination.misbehave(R"({"refuseAppends": {"count": 1000000, "with": ")" + refusal + R"("}})");
  source.load("hero-", 5, 50);
  const auto waits = start_verify({}, {{kWriterTimeout, "3600000"}}, "[{type: '*'}]",
                                  "monitoring: {stallAfter: 3600000}\nsafetyNet: {onWriteFailure: retry}\n");
  ASSERT_TRUE(waits->says("waiting until the copy has passed"));
  waits->signal(SIGINT);
  EXPECT_EQ(waits->exit_code(), 1);
  EXPECT_TRUE(waits->says("unfinished: "));
  EXPECT_TRUE(waits->says("it was interrupted"));
}

TEST_P(VerifyTest, WhatIsWrongIsRefused) {
  source.load("hero-", 1, 1);
  copy();
  const auto unknown = start_verify({"--stream", "town-1"});
  EXPECT_EQ(unknown->exit_code(), 2);
  EXPECT_TRUE(unknown->says("--stream town-1: no such stream is copied"));
  const auto state = start_verify({"--state", "/no/such/folder/state"});
  EXPECT_EQ(state->exit_code(), 2);
}

INSTANTIATE_TEST_SUITE_P(Directions, VerifyTest, all_directions(), name_of);

class DeniedVerifyTest : public EndToEndTest {};

TEST_P(DeniedVerifyTest, WrongCredentialsAreToldByTheExitCode) {
  destination.change_password("another");
  const auto denied = start(configuration(), {{kWriterTimeout, "500"}}, Copier::kProgram, {"verify"});
  EXPECT_EQ(denied->exit_code(), 3);
  EXPECT_TRUE(denied->says("denied: "));
}

INSTANTIATE_TEST_SUITE_P(Directions, DeniedVerifyTest,
                         ::testing::Values(Direction{Generation::kNext, Generation::kLegacy}), name_of);

}  // namespace
}  // namespace interconnect::testing
