#include "app/commands/status_text.h"

#include "domain/status/status_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// As the copy tells it. Time 0 is 1970.
std::string json_of(const CopyStatus& status) {
  JsonWriter json;
  json.object();
  write_overview(json, status);
  json.end_object();
  return json.take();
}

CopyStatus at(Revision position, Revision end, Time end_as_of, bool has_projection = false) {
  CopyStatus status;
  status.state = {CopyPhase::kCatchingUp, "copying"};
  status.lag = Lag{end - position, 1s};
  status.share = 0.999;
  status.stores[0].address = "old:1113";
  status.stores[1].answers = false;
  status.stores[1].problem = "no answer";
  SubscriptionStatus one;
  one.stream = "$ce-hero";
  one.group = "copy";
  one.position = position;
  one.end = end;
  one.end_as_of = end_as_of;
  one.lag = Lag{end - position, 1s};
  if (has_projection) one.projections.push_back({"$by_category", true, std::nullopt, ""});
  status.subscriptions.push_back(one);
  return status;
}

TEST(StatusTextTest, SaysItForPeople) {
  const auto told = read_status(json_of(at(1'000, 1'234, 5s)));
  ASSERT_TRUE(told);
  EXPECT_THAT(told->text, HasSubstr("catchingUp since 1970-01-01T00:00:00.000Z: copying\n99.9 % done, 234 behind\n"));
  EXPECT_THAT(told->text, HasSubstr("source: old:1113 "));
  EXPECT_THAT(told->text, HasSubstr("does not answer: no answer\n"));
  EXPECT_THAT(told->text, HasSubstr("'$ce-hero' (group 'copy'): position 1,000, end 1,234, parked not known\n"));
}

TEST(StatusTextTest, WhatIsNoStatusIsNone) {
  for (const char* text : {"", "{}", "[]", "<html>", R"({"state":{},"progress":{},"stores":{},"subscriptions":1})"}) {
    EXPECT_EQ(read_status(text).has_value(), false) << text;
  }
}

bool is_reached(AwaitedEnds& ends, const CopyStatus& status) {
  return ends.are_reached(read_status(json_of(status)).value());
}

TEST(AwaitedEndsTest, AnEndOfBeforeDoesNotCount) {
  AwaitedEnds ends(utc_text(10'000), utc_text(13'000));
  EXPECT_FALSE(is_reached(ends, at(5, 5, 9s)));
  EXPECT_FALSE(is_reached(ends, at(5, 7, 10s)));
  EXPECT_FALSE(is_reached(ends, at(6, 9, 12s)));
  EXPECT_TRUE(is_reached(ends, at(7, 99, 13s))) << "what came later is not waited for";
}

TEST(AwaitedEndsTest, TellsHowManyEventsAreLeft) {
  AwaitedEnds ends(utc_text(10'000), utc_text(13'000));
  is_reached(ends, at(5, 5, 9s));
  EXPECT_EQ(ends.behind(), std::nullopt) << "the end is not known yet";
  is_reached(ends, at(5, 7, 10s));
  EXPECT_EQ(ends.behind(), 2u);
  is_reached(ends, at(6, 99, 12s));
  EXPECT_EQ(ends.behind(), 1u) << "what came later does not count";
  is_reached(ends, at(9, 99, 13s));
  EXPECT_EQ(ends.behind(), 0u);
}

TEST(AwaitedEndsTest, AProjectionIsGivenItsTime) {
  AwaitedEnds ends(utc_text(10'000), utc_text(13'000));
  EXPECT_FALSE(is_reached(ends, at(5, 5, 12s, true)));
  EXPECT_TRUE(is_reached(ends, at(7, 7, 13s, true)));
}

TEST(AwaitedEndsTest, AnEmptyStreamIsAtItsEnd) {
  AwaitedEnds ends(utc_text(10'000), utc_text(13'000));
  EXPECT_TRUE(is_reached(ends, at(-1, -1, 11s)));
  AwaitedEnds of_unknown(utc_text(10'000), utc_text(13'000));
  CopyStatus status = at(-1, -1, 11s);
  status.subscriptions[0].position.reset();
  EXPECT_FALSE(is_reached(of_unknown, status));
  status = at(5, 5, 14s);
  status.subscriptions[0].lag.reset();
  EXPECT_FALSE(is_reached(of_unknown, status)) << "its projection stands still";
}

}  // namespace
}  // namespace interconnect
