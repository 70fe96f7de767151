#include "domain/group_findings.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Weight = GroupFinding::Weight;

auto note(const std::string& begin, const std::string& part = "") {
  return AllOf(Field(&GroupFinding::weight, Weight::kNote),
               Field(&GroupFinding::text, AllOf(StartsWith(begin), HasSubstr(part))));
}
auto promise(const std::string& begin, const std::string& part = "") {
  return AllOf(Field(&GroupFinding::weight, Weight::kPromise),
               Field(&GroupFinding::text, AllOf(StartsWith(begin), HasSubstr(part))));
}

// What PUT /subscriptions/STREAM/GROUP makes of "{}" on 5.0.1, and the UI of both generations much the same.
GroupSettings http_defaults() {
  GroupSettings settings;
  settings.resolve_link_tos = false;
  settings.start_from = 0;
  settings.message_timeout = 10s;
  settings.max_retry_count = 10;
  settings.live_buffer_size = 500;
  settings.history_buffer_size = 500;
  settings.read_batch_size = 20;
  settings.checkpoint_after = 1s;
  settings.min_checkpoint_count = 10;
  settings.max_checkpoint_count = 500;
  settings.max_subscriber_count = 10;
  settings.consumer_strategy = ConsumerStrategy::kRoundRobin;
  return settings;
}

std::vector<GroupFinding> of(const GroupSettings& has, const GroupCircumstances& circumstances = {}) {
  return group_findings(has, GroupSettings{}, circumstances);
}

TEST(GroupFindingsTest, OfOurOwnGroupsThereIsNothingToSay) { EXPECT_THAT(of({}), IsEmpty()); }

TEST(GroupFindingsTest, TellsEveryDifferenceOfAGroupByTheHttpApisDefaults) {
  const auto findings = of(http_defaults());
  EXPECT_THAT(findings, ElementsAre(note("resolveLinkTos is false (wanted: true)", "slower"),
                                    promise("maxRetryCount is 10 (wanted: 1000000)", "\"nothing is lost\""),
                                    promise("messageTimeout is 10000 (wanted: 3600000)", "35000 ms"),
                                    promise("namedConsumerStrategy is RoundRobin (wanted: Pinned)", "order"),
                                    note("maxSubscriberCount is 10 (wanted: 0)", "refuses"),
                                    note("liveBufferSize is 500 (wanted: 10000), readBatchSize is 20 (wanted: 500), "
                                         "historyBufferSize is 500 (wanted: 10000), checkPointAfter is 1000 (wanted: "
                                         "2000), maxCheckPointCount is 500 (wanted: 1000)",
                                         "no promise")));
}

TEST(GroupFindingsTest, AWeakSettingBreaksAPromiseEvenIfItIsWanted) {
  GroupSettings weak;
  weak.max_retry_count = 1;
  EXPECT_THAT(group_findings(weak, weak, {}), ElementsAre(promise("maxRetryCount is 1 (as configured)", "parks")));
}

TEST(GroupFindingsTest, ATimeoutIsJudgedByHowLongEventsAreHeld) {
  GroupSettings has;
  has.message_timeout = 30s;
  EXPECT_THAT(of(has, {.held_for = 20s}), ElementsAre(note("messageTimeout is 30000")));
  EXPECT_THAT(of(has, {.held_for = 30s}), ElementsAre(promise("messageTimeout is 30000", "order")));
  EXPECT_THAT(of(has, {.held_for = 30s}), Not(Contains(promise("messageTimeout", "parked"))));
  has.max_retry_count = 99;
  EXPECT_THAT(of(has, {.held_for = 30s}), Contains(promise("messageTimeout", "it is parked")));
  has = {};
  has.message_timeout = 0s;
  EXPECT_THAT(of(has, {.zero_timeout_is_never = true}), ElementsAre(note("messageTimeout is 0")));
  EXPECT_THAT(of(has), ElementsAre(promise("messageTimeout is 0")));
}

TEST(GroupFindingsTest, AStartInTheMiddleOfHistoryLeavesEventsOut) {
  GroupSettings has;
  has.start_from = -1;
  EXPECT_THAT(of(has, {.end = 7}), ElementsAre(promise("startFrom is -1 (wanted: 0)", "nothing is lost")));
  EXPECT_THAT(of(has), ElementsAre(promise("startFrom is -1"))) << "history is likely where it is not known";
  EXPECT_THAT(of(has, {.end = kNoStream}), IsEmpty());
  has.start_from = 5;
  EXPECT_THAT(of(has, {.end = 7}), ElementsAre(promise("startFrom is 5", "not there yet")));
  EXPECT_THAT(group_findings(has, has, {.end = 7}), ElementsAre(note("startFrom is 5 (as configured)", "not copied")));
  EXPECT_THAT(group_findings({}, has, {.end = 7}), ElementsAre(note("startFrom is 0 (wanted: 5)", "whole stream")));
}

TEST(GroupFindingsTest, AnyNegativeStartIsTheEndAndTimesHaveThirtyTwoBits) {
  GroupSettings has;
  GroupSettings wanted;
  has.start_from = -2;
  wanted.start_from = -1;
  has.message_timeout = std::chrono::milliseconds(2'147'483'647);
  wanted.message_timeout = 1'000h;
  EXPECT_THAT(group_findings(has, wanted, {.end = 7}), ElementsAre(note("startFrom is -1 (as configured)")));
}

TEST(GroupFindingsTest, OneConsumerAloneKeepsTheOrderUnderDispatchToSingle) {
  GroupSettings has;
  has.consumer_strategy = ConsumerStrategy::kDispatchToSingle;
  EXPECT_THAT(of(has), ElementsAre(promise("namedConsumerStrategy is DispatchToSingle", "order")));
  EXPECT_THAT(of(has, {.consumers = 2}), ElementsAre(promise("namedConsumerStrategy is DispatchToSingle")));
  EXPECT_THAT(of(has, {.consumers = 1}), ElementsAre(note("namedConsumerStrategy is DispatchToSingle", "second")));
  has.consumer_strategy = ConsumerStrategy::kRoundRobin;
  EXPECT_THAT(of(has, {.consumers = 1}), ElementsAre(promise("namedConsumerStrategy is RoundRobin")));
}

// The call that mends a group by hand has to say it so.
TEST(GroupFindingsTest, TheLargestNumberOfSubscribersIsAnyNumber) {
  GroupSettings has;
  has.max_subscriber_count = 2'147'483'647;
  EXPECT_THAT(of(has), IsEmpty());
  EXPECT_EQ(group_at_start(has, {}, -1, true).group, GroupState::kUnchanged);
}

TEST(GroupAtStartTest, IsUpdatedWhereItMayBeAndLosesNothing) {
  const GroupSettings present = http_defaults();
  EXPECT_EQ(group_at_start({}, {}, -1, true).group, GroupState::kUnchanged);
  EXPECT_EQ(group_at_start(present, {}, -1, true).group, GroupState::kUpdated);
  EXPECT_EQ(group_at_start(present, {}, -1, true).effective, GroupSettings{});
  EXPECT_EQ(group_at_start(present, {}, -1, false).group, GroupState::kKept);
  EXPECT_EQ(group_at_start(present, {}, -1, false).effective, present);
  GroupSettings at_end = present;
  at_end.start_from = -1;
  EXPECT_EQ(group_at_start(at_end, {}, -1, true).group, GroupState::kKept);
  EXPECT_EQ(group_at_start(at_end, {}, 3, true).group, GroupState::kUpdated);
  EXPECT_EQ(group_at_start(at_end, {}, 3, true).effective.start_from, -1) << "an update keeps the start";
}

TEST(GroupUpdateAdviceTest, IsACallThatHasEverySettingAndTheWarning) {
  GroupSettings present = http_defaults();
  present.start_from = -1;
  const std::string advice = group_update_advice("http://a.example:2113/subscriptions/%24ce-cat/g", present, {});
  EXPECT_THAT(advice, HasSubstr("curl -i -u USER -X POST 'http://a.example:2113/subscriptions/%24ce-cat/g'"));
  EXPECT_THAT(advice,
              HasSubstr(R"({"resolveLinktos":true,"startFrom":-1,"extraStatistics":false,)"
                        R"("messageTimeoutMilliseconds":3600000,"maxRetryCount":1000000,"liveBufferSize":10000,)"
                        R"("bufferSize":10000,"readBatchSize":500,"checkPointAfterMilliseconds":2000,)"
                        R"("minCheckPointCount":10,"maxCheckPointCount":1000,"maxSubscriberCount":2147483647,)"
                        R"("namedConsumerStrategy":"Pinned"})"));
  EXPECT_THAT(advice, HasSubstr("begin anew"));
}

}  // namespace
}  // namespace interconnect
