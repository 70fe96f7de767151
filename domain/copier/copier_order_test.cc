// Order within a stream, and what an event that comes late or again costs.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "domain/copier/copier_script.h"

namespace interconnect {
namespace {

using Texts = CopierScript::Texts;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Copies event 0 on a connection that then breaks, and connects again.
void copy_one_and_reconnect(CopierScript& script) {
  script.start();
  script.deliver({0});
  script.advance();
  script.appended(0);
  script.advance();
  script.drop();
  script.start(GroupState::kCreated);  // as it was found first
}

// Copies event 0, connects again, and gets 2, which is to wait for 1.
void deliver_two_before_one(CopierScript& script) {
  copy_one_and_reconnect(script);
  script.deliver({2});
  script.advance();
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
}

TEST(CopierOrderTest, AGapAfterAReconnectionIsWaitedOutUntilTheMissingEventComes) {
  CopierScript script;
  copy_one_and_reconnect(script);
  script.deliver({2, 3});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 1"}));
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  EXPECT_EQ(script.advance(seconds(1)), Texts{});
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2 3]"}));
}

// The look-up of 2 told nothing of 1, which is therefore looked up itself; but nothing has overtaken it.
TEST(CopierOrderTest, WhatComesAfterALookUpOfNewerOnesIsNotOutOfOrder) {
  CopierScript script;
  script.start(GroupState::kUnchanged);
  script.deliver({2});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 1"}));
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts{});
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 0"}));
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"}));
  script.appended(2);
  script.advance();
  EXPECT_EQ(script.observer.out_of_order, 0);
}

TEST(CopierOrderTest, WhatComesAfterNewerOnesWereCopiedIsOutOfOrder) {
  CopierScript script;
  deliver_two_before_one(script);
  EXPECT_EQ(script.advance(CopierSettings{}.predecessor_wait), Texts({"read source s forward 1"}));
  script.show({.events = {{.id = 2, .revision = 2}}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [2]"}));
  script.appended(1);
  script.advance();
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 1, .ids = {2, 0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [1]"}));
  script.appended(2);
  script.advance();
  EXPECT_EQ(script.observer.out_of_order, 1);
}

TEST(CopierOrderTest, AGapIsNotWaitedOutForEver) {
  CopierSettings settings;
  settings.predecessor_wait = seconds(15);
  CopierScript script({.settings = settings});
  deliver_two_before_one(script);
  for (int i = 0; i < 14; ++i) EXPECT_EQ(script.advance(seconds(1)), Texts{});
  EXPECT_EQ(script.advance(seconds(1)), Texts({"read source s forward 1"}));
  script.show({.events = {{.id = 1, .revision = 1}}, .next = 2});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"})) << "what did not come is read";
}

TEST(CopierOrderTest, AGapIsWaitedOutAsLongAsOlderConsumersAreSuspected) {
  CopierScript script;
  copy_one_and_reconnect(script);
  script.deliver({2, 3});
  script.advance();
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(script.advance(seconds(1)), Texts{});
    if (i % 10 == 0) script.suspect_older_consumers();
  }
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2 3]"}));
}

TEST(CopierOrderTest, AWaitThatIsOverIsNotRenewed) {
  CopierSettings settings;
  settings.predecessor_wait = seconds(15);
  CopierScript script({.settings = settings});
  copy_one_and_reconnect(script);
  script.advance(seconds(15));
  script.suspect_older_consumers();
  script.deliver({2});
  EXPECT_EQ(script.advance(), Texts({"read source s forward 1"}));
}

TEST(CopierOrderTest, AGapOfRefusedEventsIsNone) {
  CopierScript script;
  copy_one_and_reconnect(script);
  script.deliver_one({.id = 1, .type = "Other"});
  script.deliver({2});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [2]"}));
}

TEST(CopierOrderTest, ARefusedEventDoesNotHideAGap) {
  CopierScript script;
  copy_one_and_reconnect(script);
  script.deliver_one({.id = 2, .type = "Other"});
  script.deliver({3});
  const Texts actions = script.advance();
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ(actions[0], "read source s backward 2");
}

TEST(CopierOrderTest, AGapBehindAGapIsWaitedOutAsWell) {
  CopierScript script;
  copy_one_and_reconnect(script);
  script.deliver({9, 2, 4});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 1"}));
  script.page({.first = 1, .ids = {1}});
  EXPECT_EQ(script.advance(), Texts{});
  script.deliver({1});
  const Texts actions = script.advance();
  EXPECT_EQ(actions, Texts({"append s @0 [1 2]"}));
  script.appended(2);
  const Texts next = script.advance();
  ASSERT_FALSE(next.empty());
  EXPECT_EQ(next[0], "read source s backward 3");
}

TEST(CopierOrderTest, WhileDisconnectedAGapIsWaitedOut) {
  CopierScript script;
  deliver_two_before_one(script);
  script.advance();
  script.drop();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(script.advance(seconds(1)), Texts{});
  script.start(GroupState::kUnchanged);
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"}));
}

TEST(CopierOrderTest, AFullWindowOfWaitingEventsIsReconnected) {
  CopierScript script({.buffer_size = 2});
  copy_one_and_reconnect(script);
  script.deliver({2, 3});  // the window is full: 1 cannot come
  script.advance();
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  Texts actions = script.advance();
  for (int i = 0; i < 5 && actions.empty(); ++i) actions = script.advance(seconds(1));
  EXPECT_EQ(actions, Texts({"resubscribe 0 buffer 2"}));
  EXPECT_EQ(script.copier().load().held_events, 0u);
  script.start(GroupState::kUnchanged);
  script.deliver({1, 2});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"}));
}

// The server may hold what it had sent to the connection that was given up, and notices that late.
TEST(CopierOrderTest, AReconnectionWithASmallerBufferWaitsAsLongAsAnyOther) {
  CopierSettings settings;
  settings.max_held_bytes = 1'000;
  CopierScript script({.settings = settings});
  script.start(GroupState::kCreated);
  script.deliver({0});
  script.advance();
  script.appended(0);
  script.advance(seconds(5));
  for (int n = 1; n < 12; ++n) script.deliver({n});
  Texts actions = script.advance();
  ASSERT_FALSE(actions.empty());
  ASSERT_TRUE(actions.back().starts_with("resubscribe 0 buffer ")) << actions.back();
  script.start(GroupState::kCreated);
  script.deliver({7});
  actions = script.advance();
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_TRUE(actions[0].starts_with("read ")) << actions[0];
  script.page({.first = 6, .ids = {6, 5, 4, 3, 2, 1, 0}, .is_end = true});
  for (int i = 0; i < 29; ++i) EXPECT_EQ(script.advance(seconds(1)), Texts{});
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1]"}));
}

// What one subscription's reconnection lets go of another's lane leaves a gap there.
TEST(CopierOrderTest, AReconnectionElsewhereLetsNothingOvertake) {
  CopierScript script({.streams = {"s", "t"}, .buffer_size = 4});
  script.start(GroupState::kUnchanged, 1);
  copy_one_and_reconnect(script);
  script.deliver({2, 3});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 1"}));
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  script.advance();
  script.drop();
  script.start(GroupState::kUnchanged);
  script.deliver({3});  // 2 is still with the connection that broke
  for (int i = 0; i < 3; ++i) script.deliver_one({.id = 9, .revision = 5, .stream = "t", .subscription = 1});
  Texts actions;
  for (int i = 0; i < 5 && std::ranges::find(actions, "resubscribe 1 buffer 4") == actions.end(); ++i) {
    std::ranges::copy(script.advance(seconds(1)), std::back_inserter(actions));
  }
  ASSERT_NE(std::ranges::find(actions, "resubscribe 1 buffer 4"), actions.end());
  std::ranges::copy(script.advance(seconds(1)), std::back_inserter(actions));
  for (const std::string& action : actions) EXPECT_FALSE(action.starts_with("append s")) << action;
}

TEST(CopierOrderTest, WithAFreshGroupNothingIsWaitedFor) {
  CopierScript script;
  script.start(GroupState::kCreated);
  script.deliver({5});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [5]"}));
}

TEST(CopierOrderTest, AnOlderEventThatComesDuringAnAppendIsLookedUpBeforeItGoes) {
  // Only what others wrote since is read after a WrongExpectedVersion: it tells nothing of an older event.
  CopierSettings settings;
  settings.remembered_events = 1;
  CopierScript script({.settings = settings});
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.appended(1);
  script.advance();
  script.deliver({2, 3});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [2 3]"}));
  script.deliver({0});  // again, and forgotten
  script.wrong(2);
  const Texts actions = script.advance();
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(actions[0], "read destination s backward -1");
  script.page({.first = 2, .ids = {99, 1, 0}, .is_end = true});
  EXPECT_EQ(script.advance().front(), "append s @2 [2 3]");
}

TEST(CopierOrderTest, AForgottenEventThatComesAgainIsFound) {
  CopierSettings settings;
  settings.remembered_events = 1;
  CopierScript script({.settings = settings});
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.appended(1);
  script.advance();
  script.deliver({0});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
}

TEST(CopierOrderTest, ALateConfirmationMakesItLookAgain) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kSkip;
  script.start();
  script.deliver({0});
  script.advance();
  EXPECT_EQ(script.advance(seconds(5)), Texts({"read destination s backward -1"}));
  script.appended(0);
  script.no_stream();  // read before it was written
  EXPECT_EQ(script.advance().size(), 1u);
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
  EXPECT_TRUE(script.safety_net.failed.empty());
}

}  // namespace
}  // namespace interconnect
