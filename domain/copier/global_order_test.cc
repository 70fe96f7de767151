// One order over all streams.
#include <gtest/gtest.h>

#include "domain/copier/copier_script.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using Texts = CopierScript::Texts;

CopierSettings global(std::size_t max_held_bytes = CopierSettings{}.max_held_bytes) {
  CopierSettings settings;
  settings.ordering = CopierSettings::Ordering::kGlobal;
  settings.max_held_bytes = max_held_bytes;
  return settings;
}

class GlobalOrderTest : public testing::Test {
 protected:
  explicit GlobalOrderTest(const CopierSettings& settings = global(), int buffer_size = 100,
                           GroupState group = GroupState::kCreated)
      : script_({.settings = settings, .streams = {"$ce-x"}, .buffer_size = buffer_size}) {
    script_.start(group);
  }

  void deliver(const CopierScript::Arriving& arriving) { script_.deliver_one(arriving); }
  void reconnect() {
    script_.drop();
    script_.start(GroupState::kUnchanged);
  }
  // Both streams are there, with a first event each.
  void begin_streams() {
    for (const auto& [stream, number] : {std::pair("a", 1), {"b", 2}}) {
      deliver({.id = number, .revision = 0, .stream = stream});
      script_.advance();
      script_.no_stream();
      script_.advance();
      script_.appended(0);
      script_.advance(1s);
    }
  }

  CopierScript script_;
};

class GlobalOrderOverBudgetTest : public GlobalOrderTest {
 protected:
  GlobalOrderOverBudgetTest() : GlobalOrderTest(global(1'500)) {}
};

class GlobalOrderSmallBufferTest : public GlobalOrderTest {
 protected:
  GlobalOrderSmallBufferTest() : GlobalOrderTest(global(), 2) {}
};

class GlobalOrderRestartTest : public GlobalOrderTest {
 protected:
  GlobalOrderRestartTest() : GlobalOrderTest(global(), 2, GroupState::kUnchanged) { script_.retry_count = 1; }
};

class GlobalOrderRestartWithRoomTest : public GlobalOrderTest {
 protected:
  GlobalOrderRestartWithRoomTest() : GlobalOrderTest(global(), 100, GroupState::kUnchanged) { script_.retry_count = 1; }
};

class GlobalOrderShortOfMemoryTest : public GlobalOrderTest {
 protected:
  GlobalOrderShortOfMemoryTest() : GlobalOrderTest(settings(), 100, GroupState::kUnchanged) {}

  static CopierSettings settings() {
    CopierSettings settings = global();
    settings.look_up_memory = 1;
    settings.look_up_depth = 1;
    return settings;
  }
};

TEST_F(GlobalOrderTest, WhereNothingIsGuaranteedRunsGoOneAfterTheOther) {
  begin_streams();
  deliver({.id = 3, .revision = 1, .stream = "a"});
  deliver({.id = 4, .revision = 2, .stream = "a"});
  deliver({.id = 5, .revision = 1, .stream = "b"});
  deliver({.id = 6, .revision = 3, .stream = "a"});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3 4]"});
  script_.appended(2);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [5]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @2 [6]"});
}

TEST_F(GlobalOrderTest, WhereTheSinkKeepsTheOrderRunsFollowEachOtherAtOnce) {
  script_.order_of_sink(1 << 20);
  begin_streams();
  deliver({.id = 3, .revision = 1, .stream = "a"});
  deliver({.id = 4, .revision = 1, .stream = "b"});
  deliver({.id = 5, .revision = 2, .stream = "a"});
  deliver({.id = 6, .revision = 2, .stream = "b"});
  // One at most for each stream; and what waits for its stream holds up what follows.
  EXPECT_EQ(script_.advance(), (Texts{"append a @0 [3]", "append b @0 [4]"}));
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [5]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @1 [6]"});
}

TEST_F(GlobalOrderTest, AStreamOfWhichNothingIsKnownIsLookedUpFirst) {
  script_.order_of_sink(1 << 20);
  begin_streams();
  deliver({.id = 3, .revision = 1, .stream = "a"});
  deliver({.id = 4, .revision = 0, .stream = "new"});
  deliver({.id = 5, .revision = 1, .stream = "b"});
  EXPECT_EQ(script_.advance(), (Texts{"append a @0 [3]", "read destination new backward -1"}));
  EXPECT_EQ(script_.advance(), Texts{});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), (Texts{"append new @-1 [4]", "append b @0 [5]"}));
}

TEST_F(GlobalOrderTest, WhatIsLargerThanTheSinkKeepsInOrderGoesAlone) {
  script_.order_of_sink(1'000);
  begin_streams();
  script_.deliver_one({.id = 3, .revision = 1, .stream = "a", .data = std::string(2'000, 'x')});
  deliver({.id = 4, .revision = 1, .stream = "b"});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, WhatFailedGoesBeforeAllThatFollows) {
  script_.order_of_sink(1 << 20);
  begin_streams();
  deliver({.id = 3, .revision = 1, .stream = "a"});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.fail(ErrorKind::kUnavailable);
  deliver({.id = 4, .revision = 1, .stream = "b"});
  EXPECT_EQ(script_.advance(), Texts{});
  EXPECT_EQ(script_.advance(1s), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, APositionThatMayStillComeIsWaitedFor) {
  begin_streams();
  reconnect();
  deliver({.id = 4, .revision = 1, .stream = "b", .position = 3});
  EXPECT_EQ(script_.advance(), Texts{});
  deliver({.id = 3, .revision = 1, .stream = "a", .position = 2});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, WithinARunAPositionIsWaitedForAsWell) {
  begin_streams();
  reconnect();
  deliver({.id = 3, .revision = 1, .stream = "a", .position = 2});
  deliver({.id = 5, .revision = 2, .stream = "a", .position = 4});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver({.id = 4, .revision = 1, .stream = "b", .position = 3});
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [5]"});
}

TEST_F(GlobalOrderOverBudgetTest, TheEventThatDidNotFitIsWaitedForAsWell) {
  begin_streams();
  deliver({.id = 3, .revision = 1, .stream = "a", .data = std::string(1'000, 'x')});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  deliver({.id = 4, .revision = 2, .stream = "a", .data = std::string(1'000, 'x')});
  const Texts actions = script_.advance();
  ASSERT_FALSE(actions.empty());
  EXPECT_TRUE(actions[0].starts_with("resubscribe 0")) << actions[0];
  script_.start(GroupState::kUnchanged);
  script_.appended(1);
  deliver({.id = 5, .revision = 1, .stream = "b"});
  EXPECT_EQ(script_.advance(), Texts{});
  deliver({.id = 4, .revision = 2, .stream = "a", .position = 3});
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [4]"});
}

// Replayed parked messages have the positions of the parked stream.
TEST_F(GlobalOrderOverBudgetTest, APositionFarBackComesAgainAtNoCost) {
  deliver({.id = 1, .revision = 0, .stream = "a", .position = Revision{1} << 40});
  script_.advance();
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"append a @-1 [1]"});
  deliver({.id = 2, .revision = 0, .stream = "b", .position = 2});
  for (int n = 3; n < 10; ++n) {
    deliver({.id = n,
             .revision = n - 2,
             .stream = "a",
             .data = std::string(200, 'x'),
             .position = (Revision{1} << 40) + n - 2});
  }
  script_.appended(0);
  const Texts actions = script_.advance();
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0], "ack [1]") << "while the connection is there that delivered it";
  EXPECT_TRUE(actions[1].starts_with("resubscribe 0")) << actions[1];
  script_.start(GroupState::kUnchanged);
  deliver({.id = 3, .revision = 1, .stream = "a", .position = (Revision{1} << 40) + 1});
  EXPECT_EQ(script_.advance(), Texts{});
  deliver({.id = 2, .revision = 0, .stream = "b", .position = 2});
  EXPECT_EQ(script_.advance(), Texts{"read destination b backward -1"}) << "of b, whose turn it is";
}

// What comes first is chosen by the events' own revisions: on every connection the same.
TEST_F(GlobalOrderSmallBufferTest, APositionThatFindsNoPlaceInTheBufferComesWithALargerOne) {
  begin_streams();
  reconnect();
  deliver({.id = 4, .revision = 1, .stream = "b", .position = 3});
  deliver({.id = 5, .revision = 2, .stream = "b", .position = 4});
  script_.advance();
  EXPECT_EQ(script_.advance(), Texts{"resubscribe 0 buffer 4"});
  script_.start(GroupState::kUnchanged);
  deliver({.id = 4, .revision = 1, .stream = "b", .position = 3});
  deliver({.id = 5, .revision = 2, .stream = "b", .position = 4});
  EXPECT_EQ(script_.advance(), Texts{});
  deliver({.id = 3, .revision = 1, .stream = "a", .position = 2});
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
}

TEST_F(GlobalOrderRestartTest, WhatAFormerProcessLeftIsAskedForWithABufferThatHoldsIt) {
  deliver({.id = 2, .revision = 0, .stream = "b", .position = 7});
  deliver({.id = 3, .revision = 1, .stream = "b", .position = 8});
  script_.advance();
  EXPECT_EQ(script_.advance(), Texts{"resubscribe 0 buffer 4"});
  script_.start(GroupState::kUnchanged);
  deliver({.id = 2, .revision = 0, .stream = "b", .position = 7});
  deliver({.id = 3, .revision = 1, .stream = "b", .position = 8});
  deliver({.id = 1, .revision = 0, .stream = "a", .position = 5});
  EXPECT_EQ(script_.advance(), Texts{}) << "more may come";
  script_.advance(1s);
  script_.no_stream();
  script_.advance();
  script_.wrong(kNoStream);  // it had been delivered before, and the stream may have been deleted since
  EXPECT_EQ(script_.advance(), Texts{"append a @-1 [1]"});
}

TEST_F(GlobalOrderRestartTest, ALinkThatIsBeingReadTakesAPlaceOfTheBuffer) {
  script_.next_position = 5;
  script_.deliver_link(1, "0@a");
  deliver({.id = 3, .revision = 1, .stream = "b", .position = 8});
  EXPECT_EQ(script_.advance(), Texts{"read source a forward 0"});
  EXPECT_EQ(script_.advance(), Texts{"resubscribe 0 buffer 4"});
}

TEST_F(GlobalOrderRestartWithRoomTest, WhatBeganBeforeALinkThatIsDroppedWaitsForTheNextConnection) {
  script_.next_position = 5;
  script_.deliver_link(1, "0@a");
  deliver({.id = 3, .revision = 1, .stream = "b", .position = 8});
  EXPECT_EQ(script_.advance(), Texts{"read source a forward 0"});
  script_.drop();
  EXPECT_EQ(script_.advance(10s), Texts{});
  script_.start(GroupState::kUnchanged);
  deliver({.id = 1, .revision = 0, .stream = "a", .position = 5});
  deliver({.id = 3, .revision = 1, .stream = "b", .position = 8});
  EXPECT_EQ(script_.advance(), Texts{}) << "more may come";
  EXPECT_EQ(script_.advance(1s), Texts{"read destination a backward -1"});
}

// The place from which the destination is read on is that of the newest event met, whose turn may be later.
TEST_F(GlobalOrderShortOfMemoryTest, WhatComesBeforeAnEventThatWasFoundIsLookedUpAgain) {
  deliver({.id = 0, .position = 0});
  deliver({.id = 5, .position = 2});
  EXPECT_EQ(script_.advance(), Texts{"read destination s backward -1"});
  script_.page({.first = 9, .ids = {23, 22, 21, 20, 5, 4, 3, 2, 1, 0}, .is_end = true});
  script_.advance();
  EXPECT_EQ(script_.advance(1s), Texts{"ack [0]"});
  deliver({.id = 1, .position = 1});
  EXPECT_EQ(script_.advance(), Texts{"read destination s backward -1"});
  script_.page({.first = 9, .ids = {23, 22, 21, 20, 5, 4, 3, 2, 1, 0}, .is_end = true});
  EXPECT_EQ(script_.advance(1s), Texts{"ack [1 5]"});
}

TEST_F(GlobalOrderTest, APositionThatMayStillComeIsNotWaitedForForEver) {
  begin_streams();
  reconnect();
  deliver({.id = 4, .revision = 1, .stream = "b", .position = 3});
  EXPECT_EQ(script_.advance(), Texts{});
  ASSERT_TRUE(script_.next_deadline());
  EXPECT_EQ(*script_.next_deadline(), script_.now + CopierSettings{}.predecessor_wait);
  EXPECT_EQ(script_.advance(CopierSettings{}.predecessor_wait), Texts{"append b @0 [4]"});
}

// An older event that comes meanwhile takes the turn, and waits for what precedes it.
class GlobalOrderTurnTakenTest : public GlobalOrderTest {
 protected:
  GlobalOrderTurnTakenTest() : GlobalOrderTest(global(), 100, GroupState::kUnchanged) {
    deliver({.id = 3, .revision = 0, .stream = "a", .position = 7});
    script_.advance();
    script_.no_stream();
    EXPECT_EQ(script_.advance(), Texts{"append a @-1 [3]"});
    deliver({.id = 4, .revision = 2, .stream = "b", .position = 5});
  }

  void refuse_after(Duration passed) {
    EXPECT_EQ(script_.advance(passed), Texts{});
    script_.fail(ErrorKind::kNotReady);
    EXPECT_EQ(script_.advance(), Texts{"read source b backward 1"}) << "of b, whose turn it is";
    script_.page({.first = 1, .ids = {2, 1}, .is_end = true});
    script_.advance();
    script_.no_stream();
  }
};

TEST_F(GlobalOrderTurnTakenTest, WhatIsOverdueIsGivenUp) {
  refuse_after(4'990ms);
  EXPECT_EQ(script_.advance(10ms), Texts{"read destination a forward 0"});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"exit 1"});
}

TEST_F(GlobalOrderTurnTakenTest, WhatBecomesOverdueIsGivenUpThen) {
  refuse_after(1s);
  EXPECT_EQ(script_.advance(1s), Texts{});
  EXPECT_EQ(script_.advance(2'999ms), Texts{});
  EXPECT_EQ(script_.advance(1ms), Texts{"read destination a forward 0"});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"exit 1"});
}

TEST_F(GlobalOrderTurnTakenTest, WhatIsOverdueAndThereIsKept) {
  refuse_after(1s);
  EXPECT_EQ(script_.advance(4s), Texts{"read destination a forward 0"});
  script_.page({.first = 0, .ids = {3}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts{});
  EXPECT_EQ(script_.advance(10s), Texts{}) << "its turn is still to come";
}

}  // namespace
}  // namespace interconnect
