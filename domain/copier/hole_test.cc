// What a subscription leaves out of a stream, through the copier.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/copier/copier_script.h"
#include "domain/copier/hole_fill.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = CopierScript::Texts;

constexpr const char* kNotJson = "plain text";

class HoleTest : public ::testing::Test {
 protected:
  // The first event of s-1 is copied.
  void SetUp() override {
    script_.begins_at_start = true;
    script_.start();
    deliver(0);
    script_.advance();
    script_.appended(0);
    script_.advance();
  }
  void deliver(int number, std::string_view type = "Good") {
    script_.deliver_one({.id = number, .stream = "s-1", .type = type});
  }

  CopierScript script_{{.streams = {"$ce-s"}}};
};

TEST_F(HoleTest, WhatIsLeftOutBetweenTwoEventsIsCopiedInItsPlace) {
  deliver(3);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 1"}));
  EXPECT_EQ(script_.last_read_count, 2);
  script_.show(
      {.events = {{.id = 1, .revision = 1, .data = kNotJson}, {.id = 2, .revision = 2, .data = ""}}, .next = 3});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [1 2 3]"}));
  script_.appended(3);
  EXPECT_EQ(script_.advance(), Texts({"ack [3]"})) << "nothing is owed for what was not delivered";
  EXPECT_EQ(script_.observer.filled, std::vector({1, 2}));
}

TEST_F(HoleTest, WhatTheRulesLeaveOutIsNotFilledIn) {
  deliver(3);
  script_.advance();
  script_.show(
      {.events = {{.id = 1, .revision = 1, .type = "Other"}, {.id = 2, .revision = 2, .type = "Bad"}}, .next = 3});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [3]"}));
}

TEST_F(HoleTest, OneThatIsGoneIsNoHole) {
  deliver(3);
  script_.advance();
  script_.show({.events = {{.id = 3, .revision = 3}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [3]"}));
}

TEST_F(HoleTest, WhatIsDeliveredAfterAllIsNotCopiedAgain) {
  deliver(2);
  script_.advance();
  script_.show({.events = {{.id = 1, .revision = 1}}, .next = 2});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [1 2]"}));
  deliver(1);
  script_.appended(2);
  EXPECT_EQ(script_.advance(), Texts({"ack [1 2]"}));
}

TEST_F(HoleTest, WhatArrivesWhileTheSourceIsReadIsNotTakenFromIt) {
  deliver(2);
  script_.advance();
  deliver(1);
  script_.show({.events = {{.id = 1, .revision = 1}}, .next = 2});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [1 2]"}));
  EXPECT_TRUE(script_.observer.filled.empty());
}

TEST_F(HoleTest, AFilteredEventIsNoHole) {
  deliver(1, "Other");
  deliver(2);
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [2]"}));
}

TEST_F(HoleTest, ALongHoleIsReadPageByPage) {
  deliver(100);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 1"}));
  EXPECT_EQ(script_.last_read_count, HoleFill::kFirstPage);
  script_.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 33});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [1]"}));
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 33"}));
  script_.show({.is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @1 [100]"}));
}

TEST_F(HoleTest, AnAppendThatFailsBetweenTwoPagesIsSentAgain) {
  deliver(100);
  script_.advance();
  script_.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 33});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [1]"}));
  script_.fail(ErrorKind::kUnavailable);
  EXPECT_EQ(script_.advance(), Texts());
  EXPECT_EQ(script_.advance(milliseconds(20)), Texts({"append s-1 @0 [1]"}));
}

TEST_F(HoleTest, AReadThatFailsIsTriedAgain) {
  deliver(2);
  script_.advance();
  script_.fail_read(ErrorKind::kUnavailable);
  EXPECT_EQ(script_.advance(), Texts());
  EXPECT_EQ(script_.advance(milliseconds(20)), Texts({"read source s-1 forward 1"}));
}

TEST_F(HoleTest, AStreamThatMayNotBeReadGoesOnInTheEnd) {
  deliver(2);
  script_.advance();
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts()) << "a server that has just started denies what it will allow";
  EXPECT_EQ(script_.advance(CopierSettings{}.writer_timeout), Texts({"read source s-1 forward 1"}));
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [2]"}));
}

TEST_F(HoleTest, WhatCannotBeParkedIsSkipped) {
  deliver(2);
  script_.advance();
  script_.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 2});
  script_.advance();
  script_.safety_net.on_write_failure = SafetyAction::kPark;
  script_.fail(ErrorKind::kInvalid);
  for (int i = 0; i < 3; ++i) {
    for (const std::string& action : script_.advance()) {
      if (action.starts_with("append")) script_.fail(ErrorKind::kInvalid);
    }
  }
  EXPECT_EQ(script_.observer.skipped, 1) << "nobody delivered it: the server cannot park it";
  EXPECT_EQ(script_.observer.parked, 1);
}

// A process that has just started: what it is delivered first may follow what nobody was delivered.
class HoleBeforeTest : public HoleTest {
 protected:
  void SetUp() override {}
  void begin(bool at_start = true) {
    script_.begins_at_start = at_start;
    script_.start();
    deliver(5);
  }
};

TEST_F(HoleBeforeTest, WhatIsLeftOutBeforeTheFirstEventIsCopiedBeforeIt) {
  begin();
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 backward 4"}));
  script_.show({.events = {{.id = 4, .revision = 4, .data = kNotJson},
                           {.id = 3, .revision = 3, .type = "Other"},
                           {.id = 2, .revision = 2, .data = kNotJson},
                           {.id = 1, .revision = 1},
                           {.id = 0, .revision = 0, .data = kNotJson}},
                .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 2"})) << "1 was delivered to somebody";
  script_.show({.events = {{.id = 2, .revision = 2, .data = kNotJson},
                           {.id = 3, .revision = 3, .type = "Other"},
                           {.id = 4, .revision = 4, .data = kNotJson}},
                .next = 5});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [2 4 5]"}));
}

TEST_F(HoleBeforeTest, WhatWasDeliveredToSomebodyIsNot) {
  begin();
  script_.advance();
  script_.show({.events = {{.id = 4, .revision = 4}}, .next = 3});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [5]"}));
}

// However many events that are not to be copied lie between.
TEST_F(HoleBeforeTest, IsLookedForPageByPageUpToTheLastOneThatWasCopied) {
  script_.begins_at_start = true;
  script_.start();
  script_.deliver_one({.id = 1, .revision = 20'000, .stream = "s-1"});
  Revision next = 19'999;
  while (next > 3) {
    ASSERT_EQ(script_.advance(), Texts({"read source s-1 backward " + std::to_string(next)}));
    CopierScript::Answer answer;
    for (std::int32_t i = 0; i < script_.last_read_count && next > 3; ++i, --next) {
      answer.events.push_back({.id = 3, .revision = next, .type = "Other", .data = kNotJson});
    }
    answer.next = next;
    script_.show(answer);
  }
  script_.advance();
  script_.show({.events = {{.id = 3, .revision = 3, .data = kNotJson}, {.id = 2, .revision = 2}}, .next = 1});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 3"}));
}

// It does not parse, and is waited for all the same: it was delivered to a consumer that is gone.
TEST_F(HoleBeforeTest, WhatIsNotJsonIsAwaitedOfAStreamThatIsSubscribedToItself) {
  CopierScript script({.streams = {"s-1"}});
  script.begins_at_start = true;
  script.start(GroupState::kUnchanged);
  script.deliver_one({.id = 5, .stream = "s-1"});
  EXPECT_EQ(script.advance(), Texts({"read source s-1 backward 4"}));
  script.show({.events = {{.id = 4, .revision = 4, .data = kNotJson}}, .next = 3});
  EXPECT_EQ(script.advance(), Texts({"read destination s-1 backward -1"}));
  script.page({.first = 1, .ids = {3, 2}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts());
}

TEST_F(HoleBeforeTest, AStreamThatIsSubscribedToItselfLeavesOutNothing) {
  CopierScript script({.streams = {"s-1"}});
  script.begins_at_start = true;
  script.start();
  script.deliver_one({.id = 5, .stream = "s-1"});
  EXPECT_EQ(script.advance(), Texts({"append s-1 @-1 [5]"}));
}

// It was parked, or skipped, or is with another consumer: the stall ends with a word.
TEST_F(HoleBeforeTest, OneThatIsWaitedForInVainIsTold) {
  script_.begins_at_start = true;
  script_.start(GroupState::kUnchanged);
  deliver(5);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 backward 4"}));
  script_.show({.events = {{.id = 4, .revision = 4}}, .next = 3});
  EXPECT_EQ(script_.advance(), Texts({"read destination s-1 backward -1"}));
  script_.page({.first = 1, .ids = {3, 2}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts());
  EXPECT_TRUE(script_.observer.gaps_left.empty());
  EXPECT_EQ(script_.advance(CopierSettings{}.predecessor_wait), Texts({"append s-1 @1 [5]"}));
  EXPECT_EQ(script_.observer.gaps_left, (std::vector<std::pair<Revision, Revision>>{{4, 5}}));
}

// The projection cuts the names of streams at another character: its own link tells the stream's category.
TEST(HoleOfAnotherSeparatorTest, AStreamThatTheCategorysLinkNamesIsCarriedWhole) {
  CopierScript script({.streams = {"$ce-s"}});
  script.start();
  script.deliver_one({.id = 0, .stream = "s_1", .link = "0@s_1"});
  script.advance();
  script.appended(0);
  script.deliver_one({.id = 2, .stream = "s_1", .link = "2@s_1"});
  EXPECT_EQ(script.advance().back(), "read source s_1 forward 1");
  script.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 2});
  EXPECT_EQ(script.advance(), Texts({"append s_1 @0 [1 2]"}));
}

TEST(HoleOfAnotherSeparatorTest, AStreamThatIsReachedByALinkToALinkIsNot) {
  CopierScript script({.streams = {"$ce-s"}});
  script.start();
  script.deliver_one({.id = 0, .stream = "s_1"});
  script.advance();
  script.appended(0);
  script.deliver_one({.id = 2, .stream = "s_1"});
  EXPECT_EQ(script.advance().back(), "append s_1 @0 [2]");
}

TEST_F(HoleBeforeTest, AGroupThatBeganInTheMiddleLeavesOutWhatPrecedes) {
  begin(false);
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [5]"}));
}

TEST(HoleOfAnotherStreamTest, OnlyAStreamThatIsCarriedWholeHasHoles) {
  for (const char* const stream : {"$et-Good", "$bc-1", "$ce-t", "all-of-mine"}) {
    CopierScript script({.streams = {stream}});
    script.start();
    script.deliver_one({.id = 0, .stream = "s-1"});
    script.advance();
    script.appended(0);
    script.deliver_one({.id = 2, .stream = "s-1"});
    EXPECT_EQ(script.advance().back(), "append s-1 @0 [2]") << stream;
  }
}

TEST(HoleOfASharedGroupTest, OnlyWhatNobodyIsDeliveredIsFilledIn) {
  CopierScript script({.streams = {"s-1"}});
  script.strategy = ConsumerStrategy::kRoundRobin;
  script.start();
  script.deliver_one({.id = 0, .stream = "s-1"});
  script.advance();
  script.appended(0);
  script.deliver_one({.id = 3, .stream = "s-1"});
  script.advance();
  script.show({.events = {{.id = 1, .revision = 1}, {.id = 2, .revision = 2, .data = kNotJson}}, .next = 3});
  EXPECT_EQ(script.advance(), Texts({"append s-1 @0 [2 3]"})) << "1 is with another consumer";
}

class HoleInTheGlobalOrderTest : public ::testing::Test {
 protected:
  // The first event of each is copied.
  void begin(CopierSettings settings, const std::vector<std::string_view>& streams) {
    settings.ordering = CopierSettings::Ordering::kGlobal;
    script_.emplace(ScriptSetup{.settings = settings, .streams = {"$ce-s"}});
    script_->start();
    for (const std::string_view stream : streams) {
      script_->deliver_one({.id = 0, .stream = stream});
      script_->advance();
      script_->no_stream();
      script_->advance();
      script_->appended(0);
      script_->advance();
    }
  }

  std::optional<CopierScript> script_;
};

TEST_F(HoleInTheGlobalOrderTest, IsFilledDirectlyBeforeTheEventThatFollows) {
  begin({}, {"s-1"});
  script_->deliver_one({.id = 2, .stream = "s-1"});
  script_->deliver_one({.id = 9, .revision = 3, .stream = "s-1"});
  EXPECT_EQ(script_->advance(), Texts({"read source s-1 forward 1"}));
  script_->show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 2});
  EXPECT_EQ(script_->advance(), Texts({"append s-1 @0 [1 2 9]"}));
  script_->appended(3);
  EXPECT_EQ(script_->advance(), Texts({"ack [2 9]"}));
}

// It was copied by an earlier process, and the destination shows nothing of the stream by now.
TEST(HoleInTheGlobalOrderAfterARestartTest, WhatFillsItIsLookedForWhereTheDestinationHidesIt) {
  CopierSettings settings;
  settings.ordering = CopierSettings::Ordering::kGlobal;
  settings.predecessor_wait = seconds(0);
  CopierScript script({.settings = settings, .streams = {"$ce-s"}});
  script.begins_at_start = true;
  script.start();
  script.deliver_one({.id = 2, .stream = "s-1"});
  EXPECT_EQ(script.advance(), Texts({"read source s-1 backward 1"}));
  script.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}, {.id = 0, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"read source s-1 forward 1"}));
  script.show({.events = {{.id = 1, .revision = 1, .data = kNotJson}}, .next = 2});
  EXPECT_EQ(script.advance(), Texts({"read destination s-1 backward -1"}));
  script.page({.is_end = true});
  const Texts asked = script.advance();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_TRUE(asked[0].starts_with("append s-1 @4611686018427387903 [1")) << asked[0];
  script.wrong(1);
  Texts appends;
  for (int i = 0; i < 20 && appends.empty(); ++i) {
    for (const std::string& action : script.advance(milliseconds(500))) {
      if (action.starts_with("append")) appends.push_back(action);
      if (action == "read destination s-1 backward -1") script.page({.is_end = true});
      if (action == "read source s-1 forward 0") {
        script.show({.events = {{.id = 0, .revision = 0}, {.id = 1, .revision = 1, .data = kNotJson}}, .next = 2});
      }
    }
  }
  EXPECT_EQ(appends, Texts({"append s-1 @1 [2]"}));
}

TEST_F(HoleInTheGlobalOrderTest, TheOneForWhichAllWaitHasRoom) {
  CopierSettings settings;
  settings.max_held_bytes = 2'000;
  begin(settings, {"s-1", "s-2"});
  const std::string large(3'000, 'x');
  script_->deliver_one({.id = 2, .stream = "s-2", .position = 6});
  EXPECT_EQ(script_->advance(), Texts({"read source s-2 forward 1"}));
  script_->deliver_one({.id = 2, .stream = "s-1", .position = 5});  // late
  EXPECT_EQ(script_->advance(), Texts({"read source s-1 forward 1"}));
  script_->show({.events = {{.id = 1, .revision = 1, .data = large}}, .next = 2});
  EXPECT_EQ(script_->advance(), Texts());
  script_->show({.events = {{.id = 1, .revision = 1, .data = large}}, .next = 2});
  EXPECT_EQ(script_->advance(), Texts({"append s-1 @0 [1 2]"}));
}

// Nobody delivers it again.
TEST_F(HoleInTheGlobalOrderTest, WhatFilledItAndIsTriedAgainOutlivesAReconnection) {
  CopierSettings settings;
  settings.max_append_events = 1;
  settings.max_held_bytes = 2'000;
  begin(settings, {"s-1"});
  script_->safety_net.on_write_failure = SafetyAction::kRetry;
  script_->deliver_one({.id = 3, .stream = "s-1", .position = 1});
  script_->advance();
  script_->show(
      {.events = {{.id = 1, .revision = 1, .data = kNotJson}, {.id = 2, .revision = 2, .data = kNotJson}}, .next = 3});
  EXPECT_EQ(script_->advance(), Texts({"append s-1 @0 [1]"}));
  script_->fail(ErrorKind::kInvalid);
  const std::string large(3'000, 'x');
  script_->deliver_one({.id = 4, .stream = "s-1", .data = large, .position = 2});
  EXPECT_EQ(script_->advance(), Texts({"resubscribe 0 buffer 6"}));
  script_->start(GroupState::kUnchanged);
  script_->deliver_one({.id = 3, .stream = "s-1", .position = 1});
  Texts appends;
  for (int i = 0; i < 20 && appends.size() < 3; ++i) {
    for (const std::string& action : script_->advance(seconds(1))) {
      if (action.starts_with("append")) {
        appends.push_back(action);
        script_->appended(static_cast<Revision>(appends.size()));
      } else if (action.starts_with("read source s-1 backward")) {
        script_->show({.events = {{.id = 2, .revision = 2, .data = kNotJson},
                                  {.id = 1, .revision = 1, .data = kNotJson},
                                  {.id = 0, .revision = 0}},
                       .is_end = true});
      } else if (action.starts_with("read source s-1 forward")) {
        script_->show({.events = {{.id = 2, .revision = 2, .data = kNotJson}}, .next = 3});
      }
    }
  }
  EXPECT_EQ(appends, Texts({"append s-1 @0 [1]", "append s-1 @1 [2]", "append s-1 @2 [3]"}));
}

}  // namespace
}  // namespace interconnect
