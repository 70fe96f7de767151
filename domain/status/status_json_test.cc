#include "domain/status/status_json.h"

#include <limits>

#include "domain/json_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Write>
std::string json_of(Write write) {
  JsonWriter json;
  json.object();
  write(json);
  json.end_object();
  EXPECT_TRUE(is_json(json.text(), 8, 40)) << json.text();
  return json.text();
}

std::string overview(const CopyStatus& status, bool with_looks = true) {
  return json_of([&](JsonWriter& json) { write_overview(json, status, with_looks); });
}

// 2026-11-29T09:30:00Z.
constexpr std::int64_t kEpoch = 1'795'944'600'000;

CopyStatus a_status() {
  CopyStatus status;
  status.version = "1.2.3";
  status.connection_name = "interconnect-1";
  status.epoch = kEpoch;
  status.at = 90s;
  status.state = {CopyPhase::kCatchingUp, "copying"};
  status.state_since = 61s;
  status.counts = {{"copied", 12}, {"filtered", 0}};
  SubscriptionStatus one;
  one.stream = "$ce-hero";
  one.group = "copy";
  one.is_connected = true;
  one.position = 4;
  one.end = 9;
  one.end_as_of = 89s;
  one.lag = Lag{5, 1'234ms};
  one.projections = {{"$by_category", true, 99.5, ""}};
  status.subscriptions = {one};
  return status;
}

TEST(StatusJsonTest, TimesAreUtc) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(kEpoch + 61'005), "2026-11-29T09:31:01.005Z");
}

TEST(StatusJsonTest, TheOverviewOfNothingIsJson) { EXPECT_THAT(overview({}), HasSubstr("\"format\":1")); }

TEST(StatusJsonTest, TellsHowTheCopyGoes) {
  CopyStatus status = a_status();
  status.share = 0.5;
  status.seconds_left = 7;
  status.events_per_second = 12.345;
  status.lag = Lag{5, 1'234ms};
  status.lag_bytes = 500;
  const std::string json = overview(status);
  EXPECT_THAT(json, HasSubstr(R"("at":"2026-11-29T09:31:30.000Z")"));
  EXPECT_THAT(json, HasSubstr(R"("state":{"name":"catchingUp","text":"copying","since":"2026-11-29T09:31:01.000Z",)"
                              R"("exitCode":null})"));
  EXPECT_THAT(json, HasSubstr(R"("progress":{"share":0.5,"secondsLeft":7,"eventsPerSecond":12.3,)"
                              R"("lag":{"events":5,"bytes":500,"seconds":1.2},"lagUnknownBecause":null})"));
  EXPECT_THAT(json, HasSubstr(R"("counts":{"copied":12,"filtered":0})"));
  EXPECT_THAT(json, HasSubstr(R"("stream":"$ce-hero","group":"copy","connected":true,)"));
  EXPECT_THAT(json, HasSubstr(R"("start":null,"position":4,"end":9,"endAsOf":"2026-11-29T09:31:29.000Z",)"
                              R"("lag":{"events":5,"bytes":null,"seconds":1.2})"));
  EXPECT_THAT(json,
              HasSubstr(R"("projections":[{"name":"$by_category","running":true,"percent":99.5,"trouble":null}])"));
}

TEST(StatusJsonTest, TellsTheEnd) {
  CopyStatus status = a_status();
  status.state = {CopyPhase::kEnded, "asked to stop"};
  status.end = CopyEnd{3, "asked to stop"};
  EXPECT_THAT(overview(status), HasSubstr(R"("exitCode":3})"));
}

// Else a page of an idle copy would be told something every second.
TEST(StatusJsonTest, WithoutTheTimesOfLooksNothingChangesWhileNothingHappens) {
  CopyStatus status = a_status();
  const std::string before = overview(status, false);
  status.at += 5s;
  *status.subscriptions[0].end_as_of += 5s;
  status.cpu_percent = 0.3;
  EXPECT_EQ(overview(status, false), before);
  EXPECT_NE(overview(status, true), before);
}

TEST(StatusJsonTest, NamesThatMeanHarmAreText) {
  CopyStatus status = a_status();
  status.subscriptions[0].stream = "\"},</script>\x1b\xff\n";
  status.stores[0].problem = "\xc3(";
  EXPECT_THAT(overview(status), Not(HasSubstr("\n")));
}

TEST(StatusJsonTest, OfListsOnlyWhatIsNew) {
  CopyStatus status = a_status();
  status.troubles_total = 2;
  status.trouble_counts =
      std::make_shared<const std::vector<TroubleCount>>(std::vector<TroubleCount>{{TroubleKind::kParked, "why", 2}});
  status.troubles = std::make_shared<const std::vector<EventTrouble>>(std::vector<EventTrouble>{
      {1, TroubleKind::kParked, "s", 3, "T", "why", 1s}, {2, TroubleKind::kParked, "s", 4, "T", "why", 2s}});
  EXPECT_EQ(
      json_of([&](JsonWriter& json) { write_troubles(json, status, 1); }),
      R"({"troubles":{"total":2,"byReason":[{"kind":"parked","reason":"why","events":2}],"last":[{"number":2,)"
      R"("kind":"parked","stream":"s","revision":4,"type":"T","reason":"why","at":"2026-11-29T09:30:02.000Z"}]}})");
  status.history = {{5s, 1.5, std::nullopt, std::nullopt}, {10s, 0, Lag{1, 2s}, 3}};
  EXPECT_EQ(json_of([&](JsonWriter& json) { write_history(json, status, 5s); }),
            R"({"history":{"intervalSeconds":5,"samples":[{"at":"2026-11-29T09:30:10.000Z","eventsPerSecond":0,)"
            R"("lag":{"events":1,"bytes":3,"seconds":2}}]}})");
  const std::vector<LogWarning> warnings{{1, 0, "warning", "a"}, {2, 1, "error", "b"}};
  EXPECT_EQ(json_of([&](JsonWriter& json) { write_warnings(json, warnings, 2, 1); }),
            R"({"warnings":{"total":2,"last":[{"number":2,"at":"1970-01-01T00:00:00.001Z","severity":"error",)"
            R"("message":"b"}]}})");
}

TEST(StatusJsonTest, WhatIsNoNumberIsNull) {
  JsonWriter json;
  json.array().value(std::numeric_limits<double>::quiet_NaN()).value(1e300).value(-0.5).end_array();
  EXPECT_EQ(json.text(), "[null,1e+300,-0.5]");
}

}  // namespace
}  // namespace interconnect
