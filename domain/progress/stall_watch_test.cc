#include "domain/progress/stall_watch.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Optional;

class StallWatchTest : public testing::Test {
 protected:
  StallWatch watch{"'s' (group 'g')", 60s};
};

TEST_F(StallWatchTest, NothingToDoIsWell) {
  watch.look({.settled = 7}, 1s);
  watch.look({.settled = 7}, 1000s);
  EXPECT_EQ(watch.stall(1001s), std::nullopt);
}

TEST_F(StallWatchTest, HeldEventsThatDoNotSettleAreAStall) {
  watch.look({.settled = 7, .held = 3}, 10s);
  watch.look({.settled = 7, .held = 3}, 69s);
  EXPECT_EQ(watch.stall(69s), std::nullopt);
  EXPECT_THAT(watch.stall(70s), Optional(HasSubstr("settled for 60 s, with 3 events of 's' (group 'g') held")));
}

TEST_F(StallWatchTest, EachSettledEventBeginsAnew) {
  watch.look({.settled = 7, .held = 3}, 10s);
  watch.look({.settled = 8, .held = 3}, 60s);
  EXPECT_EQ(watch.stall(119s), std::nullopt);
  EXPECT_NE(watch.stall(120s), std::nullopt);
}

TEST_F(StallWatchTest, WorkThatComesAfterARestBeginsAnew) {
  watch.look({.settled = 7}, 10s);
  watch.look({.settled = 7}, 500s);
  watch.look({.settled = 7, .held = 1}, 501s);
  EXPECT_EQ(watch.stall(559s), std::nullopt);
  EXPECT_NE(watch.stall(560s), std::nullopt);
}

TEST_F(StallWatchTest, ASourceThatIsAheadAndDeliversNothingIsAStall) {
  watch.look({.lag_events = 500}, 10s);
  watch.look({.lag_events = 510}, 60s);
  EXPECT_THAT(watch.stall(70s), Optional(HasSubstr("delivered for 60 s, though 's' (group 'g') is 510 events behind")));
}

TEST_F(StallWatchTest, AGroupThatDeliversNothingIsToldFromACopyThatDoesNotSettle) {
  watch.look({.lag_events = 500}, 10s);
  EXPECT_FALSE(watch.gets_nothing(69s));
  EXPECT_TRUE(watch.gets_nothing(70s));
  EXPECT_THAT(watch.stall(70s), Optional(HasSubstr("has come to a standstill, which an update of it ends")));
  watch.look({.held = 1, .lag_events = 500}, 71s);
  EXPECT_FALSE(watch.gets_nothing(72s));
  watch.look({.is_connected = false, .lag_events = 500}, 73s);
  EXPECT_FALSE(watch.gets_nothing(74s)) << "an update could not be asked for, or would be too much";
}

// The kill of a consumer can bring a group of either generation to that; an update ends it, if anything does.
TEST_F(StallWatchTest, AGroupIsMendedOnceInThePatience) {
  watch.look({.lag_events = 500}, 10s);
  EXPECT_FALSE(watch.takes_turn_to_mend(69s));
  EXPECT_TRUE(watch.takes_turn_to_mend(70s));
  for (const Time now : {71s, 100s, 129s}) {
    watch.look({.lag_events = 500}, now);
    EXPECT_FALSE(watch.takes_turn_to_mend(now));
  }
  EXPECT_TRUE(watch.takes_turn_to_mend(130s));
  // It delivers for a moment, and no more.
  watch.look({.settled = 1, .lag_events = 499}, 131s);
  EXPECT_FALSE(watch.takes_turn_to_mend(190s));
  EXPECT_TRUE(watch.takes_turn_to_mend(191s));
}

TEST_F(StallWatchTest, AnotherCopierThatWorksOffTheGroupExcusesThisOne) {
  watch.look({.lag_events = 500, .group_activity = 1}, 10s);
  watch.look({.lag_events = 400, .group_activity = 2}, 60s);
  EXPECT_EQ(watch.stall(100s), std::nullopt);
}

TEST_F(StallWatchTest, EventsThatAnotherCopierHoldsExcuseThisOneButNotForEver) {
  watch.look({.lag_events = 500}, 10s);
  watch.look({.lag_events = 500, .others_hold = true}, 70s);
  EXPECT_EQ(watch.stall(609s), std::nullopt);
  EXPECT_NE(watch.stall(610s), std::nullopt);
}

TEST_F(StallWatchTest, ConnectionsThatComeAndGoAreNoProgress) {
  watch.look({.held = 3}, 10s);
  watch.look({.is_connected = false}, 40s);
  watch.look({.held = 3}, 50s);
  EXPECT_NE(watch.stall(70s), std::nullopt);
}

TEST_F(StallWatchTest, AnotherCopierDoesNotExcuseWhatIsHeldHere) {
  watch.look({.held = 1, .lag_events = 500, .group_activity = 1}, 10s);
  watch.look({.held = 1, .lag_events = 400, .group_activity = 2}, 60s);
  EXPECT_NE(watch.stall(70s), std::nullopt);
}

TEST_F(StallWatchTest, AStoreThatDoesNotAnswerExcuses) {
  watch.look({.held = 1, .lag_events = 5}, 10s);
  watch.look({.held = 1, .lag_events = 5, .links_answer = false}, 500s);
  EXPECT_EQ(watch.stall(501s), std::nullopt);
  watch.look({.held = 1, .lag_events = 5}, 501s);
  EXPECT_EQ(watch.stall(559s), std::nullopt);
  EXPECT_NE(watch.stall(560s), std::nullopt);
}

TEST_F(StallWatchTest, AWaitForOlderConsumersExcuses) {
  watch.look({.held = 1, .lag_events = 5}, 10s);
  watch.look({.held = 1, .lag_events = 5, .waits_for_older = true}, 100s);
  EXPECT_EQ(watch.stall(101s), std::nullopt);
  watch.look({.held = 1, .lag_events = 5}, 101s);
  EXPECT_EQ(watch.stall(159s), std::nullopt);
  EXPECT_NE(watch.stall(160s), std::nullopt);
}

}  // namespace
}  // namespace interconnect
