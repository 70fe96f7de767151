#include "domain/copier/copier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "domain/copier/copier_script.h"
#include "domain/event_metadata.h"

namespace interconnect {
namespace {

using ::testing::EndsWith;
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
  script.deliver_one({.id = 1, .revision = 40});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
  script.appended(0);
  script.deliver_one({.id = 2, .revision = 41});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [2]"}));
}

TEST(CopierTest, StreamsGoAtTheSameTime) {
  CopierScript script;
  script.start();
  script.deliver_one({.id = 1, .revision = 0, .stream = "a"});
  script.deliver_one({.id = 2, .revision = 0, .stream = "b"});
  EXPECT_EQ(script.advance(), Texts({"append a @-1 [1]", "append b @-1 [2]"}));
}

TEST(CopierTest, AWrongExpectedVersionIsLookedUpAndWhatIsThereIsDropped) {
  CopierScript script;
  script.start();
  script.deliver({0, 1, 2});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.wrong(1);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 1, .ids = {1, 0}, .is_end = true});
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
  EXPECT_EQ(script.advance(), Texts({"read destination s forward 1"}));
  script.page({.first = 1, .ids = {99}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [1]"}));
}

TEST(CopierTest, ReadsThatLagBehindWritesAreReadAgain) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(0);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts{}) << "an append at 0 would double the event";
  EXPECT_EQ(script.advance(milliseconds(20)), Texts({"read destination s backward -1"}));
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
}

TEST(CopierTest, WhatTheDestinationTellsAnewHasItsOwnTimeToBeSeen) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kRetry;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(4);
  script.advance();
  script.no_stream();
  EXPECT_EQ(script.advance_while({.reads = ErrorKind::kUnavailable}, seconds(6)), Texts{});
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.advance(seconds(1)), Texts({"append s @-1 [0]"}));
  script.wrong(5);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts{}) << "an append at 5 would double the event";
}

TEST(CopierTest, WhatTheDestinationDoesNotShowForLongIsGone) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.wrong(4);  // soft deleted: the numbering goes on
  script.advance();
  EXPECT_EQ(script.advance_while({.shows_nothing = true}, seconds(5)), Texts({"read source s forward 0"}));
  script.page({.first = 0, .ids = {0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @4 [0]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 1);
}

TEST(CopierTest, AReadThatDoesNotComeIsMadeSmaller) {
  for (const ErrorKind kind : {ErrorKind::kTimeout, ErrorKind::kUnavailable}) {
    CopierScript script;
    script.start();
    script.deliver({0});
    script.advance();
    script.wrong(100);
    EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
    const std::int32_t first = script.last_read_count;
    script.fail_read(kind);
    EXPECT_EQ(script.advance(milliseconds(20)), Texts({"read destination s backward -1"}));
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
  EXPECT_EQ(script.advance(seconds(5)), Texts({"read destination s backward -1"}));
  EXPECT_TRUE(script.safety_net.failed.empty());
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"exit 1"}));
  EXPECT_NE(script.last_words.find(to_string(id_of(0))), std::string::npos);
  EXPECT_NE(script.last_words.find("safetyNet.onWriteFailure: retry"), std::string::npos) << script.last_words;
}

TEST(CopierTest, WhatTheWriterTimeoutFindsWrittenIsSettled) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.advance(seconds(5));
  script.page({.first = 0, .ids = {0}, .is_end = true});
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
  CopierScript script({.settings = settings});
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
  script.deliver_one({.id = 0, .revision = 3'000'000'000});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.deliver_one({.id = 1, .revision = 3'000'000'001});
  EXPECT_EQ(script.advance(), Texts{});
  script.wrong(5'000'000'000);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 5'000'000'000, .ids = {99}});
  EXPECT_EQ(script.advance(), Texts({"read source s backward 2999999999"}));
  script.page({.first = 2'999'999'999, .ids = {99}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward 4999999999"}));
  script.page({.first = 4'999'999'999, .ids = {98}, .is_end = true});
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

// Of an event of the script, in its metadata.
std::size_t bytes_added() {
  EventView event;
  event.stream = "s";
  event.id = id_of(0);
  event.type = "Good";
  return with_copy_metadata(event).metadata().size();
}

TEST(CopierTest, BatchesAreFilledAsTheDestinationCounts) {
  CopierSettings settings;
  settings.max_append_bytes = 1'000;
  const std::string data = "\"" + std::string(298, 'x') + "\"";
  ASSERT_GT(3 * (data.size() + bytes_added()), settings.max_append_bytes);
  const auto deliver_four = [&data](CopierScript& script) {
    script.start();
    for (int i = 0; i < 4; ++i) script.deliver_one({.id = i, .data = data});
  };
  CopierScript unknown({.settings = settings});
  deliver_four(unknown);
  EXPECT_EQ(unknown.advance(), Texts({"append s @-1 [0 1]"}));
  CopierScript all({.settings = settings});
  all.size_rule_of_sink(AppendSizeRule::kDataMetadataAndType);
  deliver_four(all);
  EXPECT_EQ(all.advance(), Texts({"append s @-1 [0 1]"}));
  CopierScript data_alone({.settings = settings});
  data_alone.size_rule_of_sink(AppendSizeRule::kData);
  deliver_four(data_alone);
  EXPECT_EQ(data_alone.advance(), Texts({"append s @-1 [0 1 2]"}));
}

TEST(CopierTest, ALimitThatIsToldIsKept) {
  CopierScript script;
  script.start();
  const std::string data(300, ' ');
  for (int i = 0; i < 8; ++i) script.deliver_one({.id = i, .data = data});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2 3 4 5 6 7]"}));
  script.outcome(StoreError{ErrorKind::kTooLarge, "", SizeLimit{3 * (300 + bytes_added() + 8)}});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
}

TEST(CopierTest, ALimitOfEachEventDoesNotMakeAppendsSmallerForGood) {
  CopierScript script;
  script.safety_net.on_write_failure = SafetyAction::kSkip;
  script.start();
  script.deliver({0, 1});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1]"}));
  script.outcome(StoreError{ErrorKind::kTooLarge, "", SizeLimit{1, SizeLimit::Of::kEvent}});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.outcome(StoreError{ErrorKind::kTooLarge, "", SizeLimit{1, SizeLimit::Of::kEvent}});
  script.advance();
  script.appended(0);
  script.deliver({2, 3, 4});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [2 3 4]"}));
}

TEST(CopierTest, WhatIsTooLargeBecauseOfItsAdditionsIsToldWithBothSizes) {
  const std::string data(1'000, ' ');
  const auto last_words = [&data](AppendSizeRule rule, std::optional<SizeLimit> limit) {
    CopierScript script;
    script.size_rule_of_sink(rule);
    script.start();
    script.deliver_one({.id = 0, .data = data});
    script.advance();
    script.outcome(StoreError{ErrorKind::kTooLarge, "said the server", limit});
    script.advance();
    const std::string next_step = "; safetyNet.onWriteFailure: park or skip goes on without it";
    EXPECT_THAT(script.last_words, EndsWith(next_step));
    return script.last_words.substr(0, script.last_words.rfind(next_step));
  };
  constexpr auto kAll = AppendSizeRule::kDataMetadataAndType;
  const std::string sizes = "said the server; the event counts " + std::to_string(1'008 + bytes_added()) +
                            " bytes, and 1008 without the metadata that the copy adds";
  EXPECT_THAT(last_words(kAll, SizeLimit{1'010}),
              EndsWith(sizes + "; the destination's limit is 1010: 'copyMetadata: none' copies it without additions, "
                               "or raise MaxAppendSize there"));
  EXPECT_THAT(last_words(kAll, SizeLimit{1'007}),
              EndsWith(sizes + "; the destination's limit is 1007: raise MaxAppendSize there"));
  EXPECT_THAT(last_words(kAll, SizeLimit{1'010, SizeLimit::Of::kEvent}), EndsWith("or raise MaxAppendEventSize there"));
  EXPECT_THAT(last_words(kAll, SizeLimit{1'010, SizeLimit::Of::kRecord}), EndsWith("copies it without additions"));
  EXPECT_THAT(last_words(kAll, std::nullopt), EndsWith(sizes + ": 'copyMetadata: none' copies it without additions"));
  EXPECT_THAT(last_words(AppendSizeRule::kData, SizeLimit{999}),
              EndsWith("said the server; the event counts 1000 bytes; the destination's limit is 999: raise "
                       "MaxAppendSize there"));
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
  EXPECT_EQ(script.advance_while({.appends = ErrorKind::kAccessDenied}, seconds(6)),
            Texts({"read destination s backward -1"}));
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
  EXPECT_EQ(script.advance_while({.appends = ErrorKind::kTimeout, .reads = ErrorKind::kUnavailable}, seconds(11)),
            Texts({"exit 1"}));
  ASSERT_EQ(script.safety_net.failed.size(), 1u);
  EXPECT_EQ(script.safety_net.failed[0].second, WriteFailureReason::kUnreachable);
}

TEST(CopierTest, WhatIsOverdueIsLookedUpBeforeWhatWasNeverSent) {
  CopierSettings settings;
  settings.max_look_ups = 1;
  CopierScript script({.settings = settings, .streams = {"$ce-x"}});
  script.start(GroupState::kUnchanged);
  script.deliver_one({.id = 1, .revision = 0, .stream = "a"});
  EXPECT_EQ(script.advance(), Texts({"append a @-1 [1]"}));
  for (const auto& [stream, number] : {std::pair("b", 2), {"c", 3}})
    script.deliver_one({.id = number, .revision = 9, .stream = stream});
  EXPECT_EQ(script.advance(), Texts({"read source b backward 8"})) << "of b; c waits for its place";
  EXPECT_EQ(script.advance(settings.writer_timeout), Texts{});
  script.fail_read(ErrorKind::kTimeout);
  EXPECT_EQ(script.advance(), Texts({"read destination a backward -1"})) << "of a";
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
  script.deliver_one({.id = 1, .revision = 0, .type = "Other"});
  script.deliver_one({.id = 2, .revision = 1, .type = "Bad"});
  EXPECT_EQ(script.advance(), Texts({"ack [1 2]"}));
}

TEST(CopierTest, InvalidEventsCanBeParkedOrEndTheProcess) {
  CopierScript parking;
  parking.safety_net.on_invalid = SafetyAction::kPark;
  parking.start();
  parking.deliver_one({.id = 2, .revision = 0, .type = "Bad"});
  EXPECT_EQ(parking.advance(), Texts({"park 2"}));

  CopierScript exiting;
  exiting.safety_net.on_invalid = SafetyAction::kExit;
  exiting.start();
  exiting.deliver_one({.id = 2, .revision = 0, .type = "Bad"});
  EXPECT_EQ(exiting.advance(), Texts({"exit 1"}));
  EXPECT_NE(exiting.last_words.find(to_string(id_of(2))), std::string::npos);
  EXPECT_NE(exiting.last_words.find("; safetyNet.onInvalidEvent: "), std::string::npos) << exiting.last_words;
}

TEST(CopierTest, AnIdIsAcknowledgedWhenEveryDeliveryOfItIsSettled) {
  CopierScript script;
  script.start();
  script.deliver_one({.id = 1, .revision = 0});
  script.advance();
  script.deliver_one({.id = 1, .revision = 0, .type = "Other"});  // the same ack id, settled at once
  EXPECT_EQ(script.advance(milliseconds(10)), Texts{});
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
}

TEST(CopierTest, AnIdThatTheSourceHoldsTwiceIsCopiedOnce) {
  CopierScript script;
  script.start();
  script.deliver_one({.id = 1, .revision = 0});
  script.deliver_one({.id = 1});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [1]"}));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
  script.deliver_one({.id = 1, .revision = 2});
  EXPECT_EQ(script.advance(), Texts({"ack [1]"}));
}

TEST(CopierTest, StoppingFinishesWhatIsInFlight) {
  CopierScript script;
  script.start();
  script.deliver({0});
  script.advance();
  script.deliver({1});
  script.stop(seconds(5));
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
  script.stop(seconds(5));
  script.advance();
  EXPECT_LE(script.next_deadline(), Time(seconds(6)));
  script.advance(seconds(4));
  EXPECT_EQ(script.advance(seconds(1)), Texts({"exit 0"}));
}

TEST(CopierTest, WhileStoppingNoDeadlineIsInThePast) {
  CopierSettings settings;
  settings.max_held_bytes = 1'000;
  CopierScript script({.settings = settings});
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.deliver({2, 3, 4, 5, 6, 7, 8, 9});  // over the budget: a reconnection is wanted
  script.stop(seconds(5));
  script.advance(seconds(1));
  EXPECT_GT(script.next_deadline(), script.now);
}

TEST(CopierTest, OverTheBudgetItReconnectsWithASmallerBuffer) {
  CopierSettings settings;
  settings.max_held_bytes = 1'000;
  CopierScript script({.settings = settings});
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
  CopierScript script({.buffer_size = 4'096});
  std::size_t buffer_size = 4'096;
  int next = 0;
  int connections = 0;
  script.start();
  while (buffer_size * data.size() > 10 << 20) {
    ASSERT_LT(++connections, 5);
    for (int i = 0; i < 100; ++i, ++next) script.deliver_one({.id = next, .data = data});
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
  CopierScript script({.buffer_size = 4'096});
  script.start();
  script.deliver({0, 1, 2});
  script.advance();
  script.drop();
  EXPECT_EQ(script.advance(), Texts{});
  // Nor is one that was there for long lost for that.
  script.start(GroupState::kUnchanged);
  script.deliver_one({.id = 3, .data = std::string(1 << 20, 'x')});
  script.now += std::chrono::hours(1);
  script.drop();
  for (const std::string& action : script.advance()) EXPECT_FALSE(action.starts_with("resubscribe")) << action;
}

TEST(CopierTest, IdsThatComeAgainBeforeTheyAreSettledCostTheirPlacesInTheWindow) {
  CopierScript script({.buffer_size = 8});
  script.start();
  Revision revision = 0;
  for (int pair = 0; pair < 3; ++pair) {
    script.deliver_one({.id = pair, .revision = revision++});
    script.deliver_one({.id = pair, .revision = revision++});
  }
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.deliver_one({.id = 2, .revision = revision++});
  EXPECT_EQ(script.advance(), Texts({"resubscribe 0 buffer 8"}));
  script.start(GroupState::kUnchanged);
  for (int i = 0; i < 5; ++i) script.deliver_one({.id = 3, .revision = revision++});
  EXPECT_EQ(script.advance(), Texts{}) << "not in a tight loop";
  EXPECT_EQ(script.advance(seconds(1)), Texts({"resubscribe 0 buffer 8"}));
}

TEST(CopierTest, ReconnectionsAreNotMadeInATightLoop) {
  CopierSettings settings;
  settings.max_held_bytes = 600;
  CopierScript script({.settings = settings, .streams = {"$ce-a", "$ce-b"}});
  script.start(GroupState::kCreated, 0);
  script.start(GroupState::kCreated, 1);
  script.deliver_one({.id = 1, .revision = 0, .stream = "a-1"});
  script.advance();
  int reconnections = 0;
  for (int i = 0; i < 100; ++i) {
    script.deliver_one({.id = 2, .revision = 0, .stream = "b-1", .data = std::string(500, 'x'), .subscription = 1});
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
  CopierScript script({.settings = settings});
  script.start();
  script.deliver_one({.id = 1, .revision = 0, .stream = "a", .data = std::string(200, 'x')});
  script.deliver_one({.id = 2, .revision = 0, .stream = "b", .data = std::string(200, 'x')});
  EXPECT_EQ(script.advance().size(), 2u);
  script.fail(ErrorKind::kUnavailable);
  script.fail(ErrorKind::kUnavailable);
  EXPECT_EQ(script.advance(milliseconds(20)).size(), 1u);
}

TEST(CopierTest, WhatIsRetriedTogetherHasItsWholeTimeAgain) {
  CopierSettings settings;
  settings.writer_timeout = seconds(1);
  CopierScript script({.settings = settings});
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
  EXPECT_EQ(script.advance(milliseconds(100)).front(), "read destination s forward 1");
  script.page({.first = 1, .is_end = true});
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
  script.deliver_one({.id = 0});
  script.wrong(std::nullopt);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1]"}));
  EXPECT_EQ(script.advance_while({.appends = ErrorKind::kUnavailable}, seconds(4)),
            Texts({"read destination s backward -1"}));
  EXPECT_EQ(script.now, seconds(5)) << "when the younger one is overdue";
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"exit 1"}));
}

TEST(CopierTest, StreamsOfTheServerAreNotWrittenUnlessTheyAreNamed) {
  CopierScript script({.streams = {"$et-Good", "$mine"}});
  script.start();
  script.start(GroupState::kCreated, 1);
  script.deliver_one({.id = 0, .stream = "$persistentSubscriptionConfig"});
  script.deliver_one({.id = 1, .revision = 0, .stream = "$$$mine"});
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  script.deliver_one({.id = 2, .revision = 0, .stream = "$$a"});
  EXPECT_EQ(script.advance(), Texts({"read destination $$a backward -1"})) << "metadata of a stream";
  script.no_stream();
  script.advance();
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"append $$a @-1 [2]"}));
  script.appended(0);
  script.deliver_one({.id = 3, .revision = 0, .stream = "$mine", .subscription = 1});
  EXPECT_EQ(script.advance(), Texts({"append $mine @-1 [3]", "ack [2]"}));
}

TEST(CopierTest, ASuccessAtAnotherRevisionIsLookedUp) {
  CopierScript script;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.appended(8);  // a soft-deleted stream takes an append that expects none, at its end
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 8, .ids = {1, 0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  EXPECT_EQ(script.observer.copied, 2u) << "the append wrote them";
  EXPECT_EQ(script.observer.already_present, 0u);
}

TEST(CopierTest, ARepeatAtAnotherRevisionHasWrittenNothing) {
  CopierScript script;
  script.start();
  script.deliver({0, 1});
  script.advance();
  script.outcome(Appended{.last_revision = 8, .was_repeated = true});
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 8, .ids = {1, 0}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  EXPECT_EQ(script.observer.copied, 0u);
  EXPECT_EQ(script.observer.already_present, 2u);
}

TEST(CopierTest, WhatTheDestinationHidesWasThereIfALaterOneIs) {
  CopierScript script;
  script.start(GroupState::kUnchanged);
  script.deliver({0, 1, 2, 3});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2 3]"}));
  script.wrong(2);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  script.page({.first = 2, .ids = {2}, .is_end = true});  // $maxCount 1
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
