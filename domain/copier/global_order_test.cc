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
      : script_(settings, {"$ce-x"}, buffer_size) {
    script_.start(group);
  }

  void deliver(std::string_view stream, int number, Revision revision, std::string_view data = "{}") {
    script_.deliver_one(number, revision, "Good", 0, stream, data);
  }
  void deliver_at(Revision position, std::string_view stream, int number, Revision revision,
                  std::string_view data = "{}") {
    script_.next_position = position;
    deliver(stream, number, revision, data);
  }
  void reconnect() {
    script_.drop();
    script_.start(GroupState::kUnchanged);
  }
  // Both streams are there, with a first event each.
  void begin_streams() {
    for (const auto& [stream, number] : {std::pair("a", 1), {"b", 2}}) {
      deliver(stream, number, 0);
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
  deliver("a", 3, 1);
  deliver("a", 4, 2);
  deliver("b", 5, 1);
  deliver("a", 6, 3);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3 4]"});
  script_.appended(2);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [5]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @2 [6]"});
}

TEST_F(GlobalOrderTest, WhereTheSinkKeepsTheOrderRunsFollowEachOtherAtOnce) {
  script_.copier().on_sink_order(1 << 20);
  begin_streams();
  deliver("a", 3, 1);
  deliver("b", 4, 1);
  deliver("a", 5, 2);
  deliver("b", 6, 2);
  // One at most for each stream; and what waits for its stream holds up what follows.
  EXPECT_EQ(script_.advance(), (Texts{"append a @0 [3]", "append b @0 [4]"}));
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [5]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @1 [6]"});
}

TEST_F(GlobalOrderTest, AStreamOfWhichNothingIsKnownIsLookedUpFirst) {
  script_.copier().on_sink_order(1 << 20);
  begin_streams();
  deliver("a", 3, 1);
  deliver("new", 4, 0);
  deliver("b", 5, 1);
  EXPECT_EQ(script_.advance(), (Texts{"append a @0 [3]", "read destination backward -1"}));
  EXPECT_EQ(script_.advance(), Texts{});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), (Texts{"append new @-1 [4]", "append b @0 [5]"}));
}

TEST_F(GlobalOrderTest, WhatIsLargerThanTheSinkKeepsInOrderGoesAlone) {
  script_.copier().on_sink_order(1'000);
  begin_streams();
  script_.deliver_one(3, 1, "Good", 0, "a", std::string(2'000, 'x'));
  deliver("b", 4, 1);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, WhatFailedGoesBeforeAllThatFollows) {
  script_.copier().on_sink_order(1 << 20);
  begin_streams();
  deliver("a", 3, 1);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.fail(ErrorKind::kUnavailable);
  deliver("b", 4, 1);
  EXPECT_EQ(script_.advance(), Texts{});
  EXPECT_EQ(script_.advance(1s), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, APositionThatMayStillComeIsWaitedFor) {
  begin_streams();
  reconnect();
  deliver_at(3, "b", 4, 1);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver_at(2, "a", 3, 1);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
}

TEST_F(GlobalOrderTest, WithinARunAPositionIsWaitedForAsWell) {
  begin_streams();
  reconnect();
  deliver_at(2, "a", 3, 1);
  deliver_at(4, "a", 5, 2);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver_at(3, "b", 4, 1);
  EXPECT_EQ(script_.advance(), Texts{"append b @0 [4]"});
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [5]"});
}

TEST_F(GlobalOrderOverBudgetTest, TheEventThatDidNotFitIsWaitedForAsWell) {
  begin_streams();
  deliver("a", 3, 1, std::string(1'000, 'x'));
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
  deliver("a", 4, 2, std::string(1'000, 'x'));
  const Texts actions = script_.advance();
  ASSERT_FALSE(actions.empty());
  EXPECT_TRUE(actions[0].starts_with("resubscribe 0")) << actions[0];
  script_.start(GroupState::kUnchanged);
  script_.appended(1);
  deliver("b", 5, 1);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver_at(3, "a", 4, 2);
  EXPECT_EQ(script_.advance(), Texts{"append a @1 [4]"});
}

// Replayed parked messages have the positions of the parked stream.
TEST_F(GlobalOrderOverBudgetTest, APositionFarBackComesAgainAtNoCost) {
  deliver_at(Revision{1} << 40, "a", 1, 0);
  script_.advance();
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"append a @-1 [1]"});
  deliver_at(2, "b", 2, 0);
  for (int n = 3; n < 10; ++n) {
    deliver_at((Revision{1} << 40) + n - 2, "a", n, n - 2, std::string(200, 'x'));
  }
  script_.appended(0);
  const Texts actions = script_.advance();
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0], "ack [1]") << "while the connection is there that delivered it";
  EXPECT_TRUE(actions[1].starts_with("resubscribe 0")) << actions[1];
  script_.start(GroupState::kUnchanged);
  deliver_at((Revision{1} << 40) + 1, "a", 3, 1);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver_at(2, "b", 2, 0);
  EXPECT_EQ(script_.advance(), Texts{"read destination backward -1"}) << "of b, whose turn it is";
}

// What comes first is chosen by the events' own revisions: on every connection the same.
TEST_F(GlobalOrderSmallBufferTest, APositionThatFindsNoPlaceInTheBufferComesWithALargerOne) {
  begin_streams();
  reconnect();
  deliver_at(3, "b", 4, 1);
  deliver_at(4, "b", 5, 2);
  script_.advance();
  EXPECT_EQ(script_.advance(), Texts{"resubscribe 0 buffer 4"});
  script_.start(GroupState::kUnchanged);
  deliver_at(3, "b", 4, 1);
  deliver_at(4, "b", 5, 2);
  EXPECT_EQ(script_.advance(), Texts{});
  deliver_at(2, "a", 3, 1);
  EXPECT_EQ(script_.advance(), Texts{"append a @0 [3]"});
}

TEST_F(GlobalOrderRestartTest, WhatAFormerProcessLeftIsAskedForWithABufferThatHoldsIt) {
  deliver_at(7, "b", 2, 0);
  deliver_at(8, "b", 3, 1);
  script_.advance();
  EXPECT_EQ(script_.advance(), Texts{"resubscribe 0 buffer 4"});
  script_.start(GroupState::kUnchanged);
  deliver_at(7, "b", 2, 0);
  deliver_at(8, "b", 3, 1);
  deliver_at(5, "a", 1, 0);
  EXPECT_EQ(script_.advance(), Texts{}) << "more may come";
  script_.advance(1s);
  script_.no_stream();
  script_.advance();
  script_.wrong(kNoStream);  // it had been delivered before, and the stream may have been deleted since
  EXPECT_EQ(script_.advance(), Texts{"append a @-1 [1]"});
}

// The place from which the destination is read on is that of the newest event met, whose turn may be later.
TEST_F(GlobalOrderShortOfMemoryTest, WhatComesBeforeAnEventThatWasFoundIsLookedUpAgain) {
  deliver_at(0, "s", 0, 0);
  deliver_at(2, "s", 5, 5);
  EXPECT_EQ(script_.advance(), Texts{"read destination backward -1"});
  script_.page(9, {23, 22, 21, 20, 5, 4, 3, 2, 1, 0}, true);
  script_.advance();
  EXPECT_EQ(script_.advance(1s), Texts{"ack [0]"});
  deliver_at(1, "s", 1, 1);
  EXPECT_EQ(script_.advance(), Texts{"read destination backward -1"});
  script_.page(9, {23, 22, 21, 20, 5, 4, 3, 2, 1, 0}, true);
  EXPECT_EQ(script_.advance(1s), Texts{"ack [1 5]"});
}

TEST_F(GlobalOrderTest, ButNotForEver) {
  begin_streams();
  reconnect();
  deliver_at(3, "b", 4, 1);
  EXPECT_EQ(script_.advance(), Texts{});
  ASSERT_TRUE(script_.copier().next_deadline());
  EXPECT_EQ(*script_.copier().next_deadline(), script_.now + CopierSettings{}.predecessor_wait);
  EXPECT_EQ(script_.advance(CopierSettings{}.predecessor_wait), Texts{"append b @0 [4]"});
}

// An older event that comes meanwhile takes the turn, and waits for what precedes it.
class GlobalOrderTurnTakenTest : public GlobalOrderTest {
 protected:
  GlobalOrderTurnTakenTest() : GlobalOrderTest(global(), 100, GroupState::kUnchanged) {
    deliver_at(7, "a", 3, 0);
    script_.advance();
    script_.no_stream();
    EXPECT_EQ(script_.advance(), Texts{"append a @-1 [3]"});
    deliver_at(5, "b", 4, 2);
  }

  void refuse_after(Duration passed) {
    EXPECT_EQ(script_.advance(passed), Texts{});
    script_.fail(ErrorKind::kNotReady);
    EXPECT_EQ(script_.advance(), Texts{"read source backward 1"}) << "of b, whose turn it is";
    script_.page(1, {2, 1}, true);
    script_.advance();
    script_.no_stream();
  }
};

TEST_F(GlobalOrderTurnTakenTest, WhatIsOverdueIsGivenUp) {
  refuse_after(4'990ms);
  EXPECT_EQ(script_.advance(10ms), Texts{"read destination forward 0"});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"exit 1"});
}

TEST_F(GlobalOrderTurnTakenTest, WhatBecomesOverdueIsGivenUpThen) {
  refuse_after(1s);
  EXPECT_EQ(script_.advance(1s), Texts{});
  EXPECT_EQ(script_.advance(2'999ms), Texts{});
  EXPECT_EQ(script_.advance(1ms), Texts{"read destination forward 0"});
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts{"exit 1"});
}

TEST_F(GlobalOrderTurnTakenTest, WhatIsOverdueAndThereIsKept) {
  refuse_after(1s);
  EXPECT_EQ(script_.advance(4s), Texts{"read destination forward 0"});
  script_.page(0, {3}, true);
  EXPECT_EQ(script_.advance(), Texts{});
  EXPECT_EQ(script_.advance(10s), Texts{}) << "its turn is still to come";
}

}  // namespace
}  // namespace interconnect
