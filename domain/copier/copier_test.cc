#include "domain/copier/copier.h"

#include <gtest/gtest.h>

#include "domain/copier/copier_script.h"

namespace interconnect {
namespace {

using Texts = CopierScript::Texts;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(CopierTest, WhatArrivesWhileAnAppendIsInFlightLeavesAsTheNext) {
  CopierScript script;
  script.start();
  script.deliver({0});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts{});
  script.deliver({2, 3});
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2 3]"}));
  script.appended(3);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1 2 3]"}));
}

TEST(CopierTest, ExpectsTheLastConfirmedRevisionWhateverTheSourceNumbers) {
  CopierScript script;
  script.start();
  script.deliver_one(1, 40);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
  script.appended(0);
  script.deliver_one(2, 41);
  EXPECT_EQ(script.advance(), Texts({"append s @0 [2]"}));
}

TEST(CopierTest, StreamsGoAtTheSameTime) {
  CopierScript script;
  script.start();
  script.deliver_one(1, 0, "Good", 0, "a");
  script.deliver_one(2, 0, "Good", 0, "b");
  EXPECT_EQ(script.advance(), Texts({"append a @-1 [1]", "append b @-1 [2]"}));
}

TEST(CopierTest, AWrongExpectedVersionIsLookedUpAndWhatIsThereIsDropped) {
  CopierScript script;
  script.start();
  script.deliver({0, 1, 2});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.wrong(1);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.page(1, {1, 0}, true);
  EXPECT_EQ(script.advance(), Texts({"append s @1 [2]"}));
  script.appended(2);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1 2]"}));
}

TEST(CopierTest, AWrongExpectedVersionOfAKnownStreamReadsOnlyWhatIsNew) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.appended(0);
  script.deliver({1});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1]"}));
  script.wrong(1);
  EXPECT_EQ(script.advance(), Texts({"read destination forward 1"}));
  script.page(1, {99}, true);
  EXPECT_EQ(script.advance(), Texts({"append s @1 [1]"}));
}

TEST(CopierTest, ReadsThatLagBehindWritesAreReadAgain) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(0);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts{}) << "an append at 0 would double the event";
  EXPECT_EQ(script.advance(milliseconds(20)), Texts({"read destination backward -1"}));
  script.page(0, {0}, true);
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
}

TEST(CopierTest, WhatTheDestinationTellsAnewHasItsOwnTimeToBeSeen) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kRetry;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(4);
  Texts actions = script.advance();
  script.no_stream();
  for (int i = 0; i < 100 && script.safety_net.failed.empty(); ++i) {
    actions = script.advance(milliseconds(100));
    if (!actions.empty()) script.fail_read(ErrorKind::kUnavailable);
  }
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.advance(seconds(1)), Texts({"append s @-1 [0]"}));
  script.wrong(5);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts{}) << "an append at 5 would double the event";
}

TEST(CopierTest, WhatTheDestinationDoesNotShowForLongIsGone) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(4);  // soft deleted: the numbering goes on
  Texts actions = script.advance();
  for (int i = 0; i < 300 && actions != Texts({"append s @4 [0]"}); ++i) {
    if (actions == Texts({"read source forward 0"})) {
      script.page(0, {0}, true);
    } else if (!actions.empty()) {
      script.no_stream();
    }
    actions = script.advance(milliseconds(20));
  }
  EXPECT_EQ(actions, Texts({"append s @4 [0]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 1);
  EXPECT_LT(script.now, seconds(5));
}

TEST(CopierTest, AReadThatDoesNotComeIsMadeSmaller) {
  for (const ErrorKind kind : {ErrorKind::kTimeout, ErrorKind::kUnavailable}) {
    CopierScript script;
    script.start();
    script.deliver({0});
    script.advance();
    script.wrong(100);
    EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
    const std::int32_t first = script.last_read_count;
    script.fail_read(kind);
    EXPECT_EQ(script.advance(milliseconds(20)), Texts({"read destination backward -1"}));
    EXPECT_LT(script.last_read_count, first);
  }
}

TEST(CopierTest, ATimeoutSendsTheSameAppendAgain) {
  CopierScript script;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.deliver({2});
  script.fail(ErrorKind::kUnavailable);
  EXPECT_EQ(script.advance(), Texts{});
  EXPECT_EQ(script.advance(milliseconds(20)), Texts({"append s @-1 [0 1]"}));
}

TEST(CopierTest, TheWriterTimeoutIsLookedUpBeforeTheSafetyNetIsAsked) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  EXPECT_EQ(script.advance(seconds(5)), Texts({"read destination backward -1"}));
  EXPECT_TRUE(script.safety_net.failed.empty());
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"exit 1"}));
  EXPECT_NE(script.last_words.find(to_string(id_of(0))), std::string::npos);
}

TEST(CopierTest, WhatTheWriterTimeoutFindsWrittenIsSettled) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.advance(seconds(5));
  script.page(0, {0}, true);
  EXPECT_EQ(script.advance(), Texts{}) << "the append that was given up is still under way";
  script.fail(ErrorKind::kTimeout);
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
  EXPECT_TRUE(script.safety_net.failed.empty());
}

TEST(CopierTest, TheWaitInALaneDoesNotCount) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.deliver({1});
  script.advance(seconds(4));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1]"}));
  EXPECT_EQ(script.advance(seconds(4)), Texts({"ack [0]"}));
}

TEST(CopierTest, SkippingAcknowledgesAndGoesOn) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kSkip;
  script.start();
  script.deliver({0});
  script.advance();
  script.deliver({1});
  script.advance(seconds(5));
  script.no_stream();
  EXPECT_EQ(script.advance(milliseconds(10)), Texts{}) << "the append that was given up is still under way";
  EXPECT_EQ(script.advance(milliseconds(10)), Texts({"ack [0]"}));
  script.fail(ErrorKind::kTimeout);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
}

TEST(CopierTest, ParkingTellsTheSource) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kPark;
  script.start();
  script.deliver({0});
  script.advance();
  script.advance(seconds(5));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"park 0"}));
}

TEST(CopierTest, RetryingHoldsItsStreamBackUpToItsCap) {
  CopierSettings settings;
  settings.max_held_bytes = 4'000;
  CopierScript script(settings);
  script.safety_net.on_write_failure = SafetyAction::kRetry;
  script.start();
  script.deliver({0});
  script.advance();
  script.fail(ErrorKind::kTooLarge);
  EXPECT_EQ(script.advance(), Texts{});
  script.deliver({1});
  EXPECT_EQ(script.advance(seconds(1)), Texts({"append s @-1 [0 1]"}));
  script.outcome(StoreError{ErrorKind::kTooLarge, ""});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.fail(ErrorKind::kTooLarge);
  for (int n = 2; n < 20; ++n) script.deliver({n});
  EXPECT_EQ(script.advance(), Texts({"exit 1"}));
}

TEST(CopierTest, RevisionsHave64Bits) {
  CopierScript script;
  script.start();
  script.deliver_one(0, 3'000'000'000);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.deliver_one(1, 3'000'000'001);
  EXPECT_EQ(script.advance(), Texts{});
  script.wrong(5'000'000'000);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.page(5'000'000'000, {99}, false);
  EXPECT_EQ(script.advance(), Texts({"read source backward 2999999999"}));
  script.page(2'999'999'999, {99}, true);
  EXPECT_EQ(script.advance(), Texts({"read destination backward 4999999999"}));
  script.page(4'999'999'999, {98}, true);
  EXPECT_EQ(script.advance(), Texts({"append s @5000000000 [0 1]"}));
}

TEST(CopierTest, TooLargeIsSplitAndLearned) {
  CopierScript script;
  script.start();
  script.deliver({0, 1, 2, 3});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2 3]"}));
  script.fail(ErrorKind::kTooLarge);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1]"}));
  script.appended(1);
  EXPECT_EQ(script.advance(), Texts({"append s @1 [2 3]"}));
  EXPECT_TRUE(script.safety_net.failed.empty());
}

TEST(CopierTest, OnlyTheEventThatSpoilsAnAppendFails) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kSkip;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.fail(ErrorKind::kInvalid);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.fail(ErrorKind::kInvalid);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.safety_net.failed[0], std::pair(0, WriteFailureReason::kRejected));
}

TEST(CopierTest, RightsThatAreRefusedForTheWriterTimeoutEndWithTheirOwnCode) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  while (script.now < seconds(5)) {
    script.fail(ErrorKind::kAccessDenied);
    Texts actions = script.advance();
    while (actions.empty()) actions = script.advance(milliseconds(10));
    if (actions.front().starts_with("read")) break;
  }
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"exit 3"}));
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.safety_net.failed[0].second, WriteFailureReason::kRefused);
}

TEST(CopierTest, WhatCannotBeLookedUpInTimeIsNotTakenForMissing) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.fail(ErrorKind::kTimeout);
  Texts actions = script.advance();
  while (script.safety_net.failed.empty() && script.now < seconds(10)) {
    if (!actions.empty() && actions.front().starts_with("read")) script.fail_read(ErrorKind::kUnavailable);
    actions = script.advance(milliseconds(100));
  }
  EXPECT_EQ(actions, Texts({"exit 1"}));
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.safety_net.failed[0].second, WriteFailureReason::kUnreachable);
}

TEST(CopierTest, WhatIsOverdueIsLookedUpBeforeWhatWasNeverSent) {
  CopierSettings settings;
  settings.max_look_ups = 1;
  CopierScript script(settings, {"$ce-x"});
  script.start(GroupState::kUnchanged);
  script.deliver_one(1, 0, "Good", 0, "a");
  EXPECT_EQ(script.advance(), Texts({"append a @-1 [1]"}));
  for (const auto& [stream, number] : {std::pair("b", 2), {"c", 3}}) script.deliver_one(number, 9, "Good", 0, stream);
  EXPECT_EQ(script.advance(), Texts({"read source backward 8"})) << "of b; c waits for its place";
  EXPECT_EQ(script.advance(settings.writer_timeout), Texts{});
  script.fail_read(ErrorKind::kTimeout);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"})) << "of a";
}

TEST(CopierTest, ASourceThatRefusesForTheWriterTimeoutEndsWithThatCode) {
  CopierScript script;
  script.refuse();
  EXPECT_EQ(script.advance(seconds(4)), Texts{});
  script.refuse();
  EXPECT_EQ(script.advance(seconds(1)), Texts{}) << "the next attempt may succeed";
  script.refuse(DropReason::kAccessDenied);
  EXPECT_EQ(script.advance(), Texts({"exit 3"}));
}

TEST(CopierTest, OneRefusalEndsNothingHoweverLateTheNextAttempt) {
  CopierScript script;
  script.refuse();
  EXPECT_EQ(script.advance(seconds(10)), Texts{});
  script.start();
  script.refuse();
  EXPECT_EQ(script.advance(seconds(10)), Texts{});
  script.drop();  // the server answered otherwise since
  script.refuse();
  EXPECT_EQ(script.advance(seconds(1)), Texts{});
}

TEST(CopierTest, RefusedEventsAreAcknowledged) {
  CopierScript script;
  script.start();
  script.deliver_one(1, 0, "Other");
  script.deliver_one(2, 1, "Bad");
  EXPECT_EQ(script.advance(), Texts({"ack [1 2]"}));
}

TEST(CopierTest, InvalidEventsCanBeParkedOrEndTheProcess) {
  CopierScript parking;
  parking.safety_net.on_invalid = SafetyAction::kPark;
  parking.start();
  parking.deliver_one(2, 0, "Bad");
  EXPECT_EQ(parking.advance(), Texts({"park 2"}));

  CopierScript exiting;
  exiting.safety_net.on_invalid = SafetyAction::kExit;
  exiting.start();
  exiting.deliver_one(2, 0, "Bad");
  EXPECT_EQ(exiting.advance(), Texts({"exit 1"}));
  EXPECT_NE(exiting.last_words.find(to_string(id_of(2))), std::string::npos);
}

TEST(CopierTest, AnIdIsAcknowledgedWhenEveryDeliveryOfItIsSettled) {
  CopierScript script;
  script.start();
  script.deliver_one(1, 0);
  script.advance();
  script.deliver_one(1, 0, "Other");  // the same ack id, settled at once
  EXPECT_EQ(script.advance(milliseconds(10)), Texts{});
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
}

TEST(CopierTest, AnIdThatTheSourceHoldsTwiceIsCopiedOnce) {
  CopierScript script;
  script.start();
  script.deliver_one(1, 0);
  script.deliver_one(1, 1);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
  script.deliver_one(1, 2);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
}

TEST(CopierTest, StoppingFinishesWhatIsInFlight) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.deliver({1});
  script.copier().on_stop_requested(script.now + seconds(5));
  script.deliver({2});
  EXPECT_EQ(script.advance(), Texts{});
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [0]", "exit 0"}));
}

TEST(CopierTest, StoppingTakesNoLongerThanItMay) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.advance(seconds(1));
  script.copier().on_stop_requested(script.now + seconds(5));
  script.advance();
  EXPECT_LE(script.copier().next_deadline(), Time(seconds(6)));
  script.advance(seconds(4));
  EXPECT_EQ(script.advance(seconds(1)), Texts({"exit 0"}));
}

TEST(CopierTest, WhileStoppingNoDeadlineIsInThePast) {
  CopierSettings settings;
  settings.max_held_bytes = 1'000;
  CopierScript script(settings);
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.deliver({2, 3, 4, 5, 6, 7, 8, 9});  // over the budget: a reconnection is wanted
  script.copier().on_stop_requested(script.now + seconds(5));
  script.advance(seconds(1));
  EXPECT_GT(script.copier().next_deadline(), script.now);
}

TEST(CopierTest, OverTheBudgetItReconnectsWithASmallerBuffer) {
  CopierSettings settings;
  settings.max_held_bytes = 1'000;
  CopierScript script(settings);
  script.start();
  script.deliver({0});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  for (int n = 1; n < 10; ++n) script.deliver({n});
  EXPECT_LE(script.copier().load().held_bytes, settings.max_held_bytes);
  const Texts actions = script.advance();
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_TRUE(actions[0].starts_with("resubscribe 0 buffer ")) << actions[0];
  EXPECT_EQ(script.copier().load().held_events, 1u) << "what was never sent comes again";
  script.deliver({3});  // of the old connection
  script.start(GroupState::kUnchanged);
  script.deliver({0, 1});
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1]", "ack [0]"}));
  script.appended(1);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
}

// 5.0.1 pushes a whole buffer at once, and closes the connection if more than 10 MiB are pending to it.
TEST(CopierTest, ABufferThatTheServerCannotGetRidOfBecomesSmaller) {
  const std::string data(4 << 10, 'x');
  CopierScript script({}, {"s"}, 4'096);
  std::size_t buffer_size = 4'096;
  int next = 0;
  int connections = 0;
  script.start();
  while (buffer_size * data.size() > 10 << 20) {
    ASSERT_LT(++connections, 5);
    for (int i = 0; i < 100; ++i, ++next) script.deliver_one(next, next, "Good", 0, "s", data);
    script.advance();
    script.drop();
    for (const std::string& action : script.advance(milliseconds(10))) {
      if (action.starts_with("resubscribe 0 buffer ")) buffer_size = std::stoul(action.substr(21));
    }
    script.start(GroupState::kUnchanged);
  }
  EXPECT_GT(buffer_size * data.size(), 7u << 20) << "not smaller than it needs to be";
}

TEST(CopierTest, AConnectionThatIsLostWithLittleUnderWayKeepsItsBuffer) {
  CopierScript script({}, {"s"}, 4'096);
  script.start();
  script.deliver({0, 1, 2});
  script.advance();
  script.drop();
  EXPECT_EQ(script.advance(), Texts{});
  // Nor is one that was there for long lost for that.
  script.start(GroupState::kUnchanged);
  script.deliver_one(3, 3, "Good", 0, "s", std::string(1 << 20, 'x'));
  script.now += std::chrono::hours(1);
  script.drop();
  for (const std::string& action : script.advance()) EXPECT_FALSE(action.starts_with("resubscribe")) << action;
}

TEST(CopierTest, IdsThatComeAgainBeforeTheyAreSettledCostTheirPlacesInTheWindow) {
  CopierScript script({}, {"s"}, 8);
  script.start();
  Revision revision = 0;
  for (int pair = 0; pair < 3; ++pair) {
    script.deliver_one(pair, revision++);
    script.deliver_one(pair, revision++);
  }
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.deliver_one(2, revision++);
  EXPECT_EQ(script.advance(), Texts({"resubscribe 0 buffer 8"}));
  script.start(GroupState::kUnchanged);
  for (int i = 0; i < 5; ++i) script.deliver_one(3, revision++);
  EXPECT_EQ(script.advance(), Texts{}) << "not in a tight loop";
  EXPECT_EQ(script.advance(seconds(1)), Texts({"resubscribe 0 buffer 8"}));
}

TEST(CopierTest, ReconnectionsAreNotMadeInATightLoop) {
  CopierSettings settings;
  settings.max_held_bytes = 600;
  CopierScript script(settings, {"$ce-a", "$ce-b"});
  script.start(GroupState::kCreated, 0);
  script.start(GroupState::kCreated, 1);
  script.deliver_one(1, 0, "Good", 0, "a-1");
  script.advance();
  int reconnections = 0;
  for (int i = 0; i < 100; ++i) {
    script.deliver_one(2, 0, "Good", 1, "b-1", std::string(500, 'x'));
    for (const std::string& action : script.advance(milliseconds(20))) {
      if (!action.starts_with("resubscribe")) continue;
      ++reconnections;
      script.start(GroupState::kCreated, 1);
    }
  }
  EXPECT_GE(reconnections, 1);
  EXPECT_LE(reconnections, 3);
}

TEST(CopierTest, RetriesKeepWithinTheBytesInFlight) {
  CopierSettings settings;
  settings.max_in_flight_bytes = 400;
  settings.append_queue_target = Duration{0};
  CopierScript script(settings);
  script.start();
  script.deliver_one(1, 0, "Good", 0, "a", std::string(200, 'x'));
  script.deliver_one(2, 0, "Good", 0, "b", std::string(200, 'x'));
  EXPECT_EQ(script.advance().size(), 2u);
  script.fail(ErrorKind::kUnavailable);
  script.fail(ErrorKind::kUnavailable);
  EXPECT_EQ(script.advance(milliseconds(20)).size(), 1u);
}

TEST(CopierTest, WhatIsRetriedTogetherHasItsWholeTimeAgain) {
  CopierSettings settings;
  settings.writer_timeout = seconds(1);
  CopierScript script(settings);
  script.safety_net.on_write_failure = SafetyAction::kRetry;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.fail(ErrorKind::kInvalid);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.advance(milliseconds(900));
  script.appended(0);
  script.deliver({2});
  EXPECT_EQ(script.advance().front(), "append s @0 [1 2]");
  EXPECT_EQ(script.advance(milliseconds(100)).front(), "read destination forward 1");
  script.page(1, {}, true);
  script.advance();
  EXPECT_EQ(script.safety_net.failed.size(), 1u) << "2 was sent later";
  script.fail(ErrorKind::kUnavailable);  // the append that was given up
  EXPECT_EQ(script.advance(seconds(1)), Texts({"append s @0 [1 2]"}));
  EXPECT_EQ(script.advance(), Texts{}) << "it is not given up at once";
}

TEST(CopierTest, AnAppendIsNotTakenBackInTheStepThatSendsIt) {
  // Of two events in one append the older was sent later: the writer timeout is the younger's.
  CopierScript script;
  script.start();
  script.deliver({1});
  script.advance();
  script.advance(seconds(3));
  script.deliver_one(0, 0);
  script.wrong(std::nullopt);
  script.advance();  // looks up
  script.no_stream();
  const Texts sent = script.advance();
  ASSERT_FALSE(sent.empty());
  if (sent[0].starts_with("read")) script.no_stream();
  while (script.now < seconds(8)) {
    for (const std::string& action : script.advance(milliseconds(500))) {
      EXPECT_FALSE(action.starts_with("append") && script.now > seconds(5)) << action;
      if (action.starts_with("exit")) return;
      if (action.starts_with("read")) script.no_stream();
      if (action.starts_with("append")) script.fail(ErrorKind::kUnavailable);
    }
  }
  FAIL() << "no exit";
}

TEST(CopierTest, StreamsOfTheServerAreNotWrittenUnlessTheyAreNamed) {
  CopierScript script({}, {"$et-Good", "$mine"});
  script.start();
  script.start(GroupState::kCreated, 1);
  script.deliver_one(0, 0, "Good", 0, "$persistentSubscriptionConfig");
  script.deliver_one(1, 0, "Good", 0, "$$$mine");
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  script.deliver_one(2, 0, "Good", 0, "$$a");
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"})) << "metadata of a stream";
  script.no_stream();
  script.advance();
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"append $$a @-1 [2]"}));
  script.appended(0);
  script.deliver_one(3, 0, "Good", 1, "$mine");
  EXPECT_EQ(script.advance(), Texts({"append $mine @-1 [3]", "ack [2]"}));
}

TEST(CopierTest, ASuccessAtAnotherRevisionIsLookedUp) {
  CopierScript script;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.appended(8);  // a soft-deleted stream takes an append that expects none, at its end
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.page(8, {1, 0}, true);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
}

TEST(CopierTest, WhatTheDestinationHidesWasThereIfALaterOneIs) {
  CopierScript script;
  script.start(GroupState::kUnchanged);
  script.deliver({0, 1, 2, 3});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2 3]"}));
  script.wrong(2);
  EXPECT_EQ(script.advance(), Texts({"read destination backward -1"}));
  script.page(2, {2}, true);  // $maxCount 1
  EXPECT_EQ(script.advance(), Texts({"append s @2 [3]"}));
  script.appended(3);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1 2 3]"}));
}

TEST(CopierTest, WhatCannotBeParkedAnyMoreIsNotCountedAsParked) {
  CopierScript script;
  script.start();
  script.safety_net.on_write_failure = SafetyAction::kPark;
  script.deliver({0});
  script.advance();
  script.drop();
  script.fail(ErrorKind::kInvalid);
  script.advance();
  EXPECT_EQ(script.observer.parked, 0) << "it comes again, and is parked then";
}

}  // namespace
}  // namespace interconnect
