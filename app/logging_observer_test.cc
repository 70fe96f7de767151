#include "app/logging_observer.h"

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace interconnect {
namespace {

class StillClock final : public Clock {
 public:
  Time now() const override { return Time(1); }
  void set_alarm(Time, std::function<void()>) override {}
};

// A producer chooses stream and type: none of them may look like a line of our own.
TEST(LoggingObserverTest, AnEventIsNamedOnOneLine) {
  StillClock clock;
  LoggingObserver observer(clock, true);
  EventView view;
  view.type = "T\nE0101 00:00:00.000000     1 forged.cc:1] type";
  view.stream = "s\nE0101 00:00:00.000000     1 forged.cc:1] stream";
  FLAGS_logtostderr = true;
  google::InitGoogleLogging("test");
  testing::internal::CaptureStderr();
  std::vector<Event> copied;
  copied.emplace_back(view);
  observer.on_events_copied(copied);
  observer.on_event_invalid(view, "why");
  observer.on_event_skipped(view, {});
  observer.on_event_parked(view, "why");
  observer.on_event_already_present(view);
  observer.on_event_redelivered(view);
  observer.on_event_filled_from_source(view);
  observer.on_event_may_be_doubled(view);
  observer.on_link_target_gone({view.stream, 0, "why"});
  observer.on_gap_left({view.stream, 0, 1});
  observer.on_duplicate_id(view);
  observer.on_event_out_of_order(view);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 12) << log;
  EXPECT_EQ(log.find("\nE0101"), std::string::npos) << log;
}

class GroupLogTest : public testing::Test {
 protected:
  // What the log says of a group that is `found` so.
  std::string log_of(GroupState state, const GroupSettings& has) {
    FLAGS_logtostderr = true;
    testing::internal::CaptureStderr();
    observer.on_subscription_started({.stream = "$ce-cat", .group = "g", .settings = {}},
                                     {.group = state, .effective = has});
    return testing::internal::GetCapturedStderr();
  }

  StillClock clock;
  LoggingObserver observer{clock, false, {.circumstances = {}, .url = [](const Subscription& subscription) {
                                            return "http://a.example/" + subscription.group;
                                          }}};
};

TEST_F(GroupLogTest, AGroupWithTheWantedSettingsIsOneLine) {
  const std::string log = log_of(GroupState::kUnchanged, {});
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(GroupLogTest, AGroupThatKeepsOtherSettingsIsExplainedOnce) {
  GroupSettings has;
  has.resolve_link_tos = false;
  has.start_from = -1;
  has.max_retry_count = 1;
  const std::string log = log_of(GroupState::kKept, has);
  EXPECT_NE(log.find("group 'g' of '$ce-cat': resolveLinkTos is false (wanted: true)"), std::string::npos) << log;
  EXPECT_NE(log.find("group 'g' of '$ce-cat': maxRetryCount is 1 (wanted: 1000000)"), std::string::npos) << log;
  EXPECT_NE(log.find("keeps them"), std::string::npos) << log;
  EXPECT_NE(log.find("-X POST 'http://a.example/g'"), std::string::npos) << log;
  const std::string again = log_of(GroupState::kKept, has);
  EXPECT_EQ(again.find("maxRetryCount"), std::string::npos) << "a reconnection: " << again;
  has.max_retry_count = 2;
  EXPECT_NE(log_of(GroupState::kKept, has).find("maxRetryCount is 2"), std::string::npos);
}

// Its settings are not known: what is handed over is what was asked for.
TEST_F(GroupLogTest, AGroupThatCannotBeReadIsNotJudged) {
  GroupSettings weak;
  weak.max_retry_count = 1;
  EXPECT_EQ(log_of(GroupState::kUnread, weak).find("maxRetryCount"), std::string::npos);
}

}  // namespace
}  // namespace interconnect
