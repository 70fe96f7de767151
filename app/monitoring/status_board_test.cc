#include "app/monitoring/status_board.h"

#include <glog/logging.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

class ManualClock final : public Clock {
 public:
  Time now() const override { return time; }
  void set_alarm(Time, std::function<void()>) override {}
  Time time = 100s;
};

class StatusBoardTest : public ::testing::Test {
 protected:
  CopyStatus status(CopyPhase phase, std::uint64_t copied = 0) {
    CopyStatus status;
    status.at = clock.time;
    status.state.phase = phase;
    status.counts = {{"copied", copied}};
    return status;
  }

  ManualClock clock;
  StatusBoard board{clock, {{"http.port", "9090", "file:3"}}, {"a warning of before"}};
};

TEST_F(StatusBoardTest, TellsAllInOne) {
  board.publish(status(CopyPhase::kLive, 7));
  EXPECT_THAT(board.json(), AllOf(HasSubstr(R"("name":"live")"), HasSubstr(R"("copied":7)"),
                                  HasSubstr(R"("settings":[{"name":"http.port","value":"9090","origin":"file:3"}])"),
                                  HasSubstr(R"("message":"a warning of before")")));
  EXPECT_EQ(board.all(), "event: all\ndata: " + board.json() + "\n\n");
}

TEST_F(StatusBoardTest, TellsOnlyWhatHasChanged) {
  board.publish(status(CopyPhase::kLive, 7));
  EXPECT_TRUE(board.news());
  EXPECT_EQ(board.news(), std::nullopt);
  clock.time += 1s;
  board.publish(status(CopyPhase::kLive, 7));
  EXPECT_EQ(board.news(), std::nullopt) << "a page of an idle copy costs nothing";
  board.publish(status(CopyPhase::kLive, 8));
  EXPECT_THAT(board.news(), Optional(AllOf(HasSubstr("event: overview\n"), HasSubstr(R"("copied":8)"),
                                           Not(HasSubstr("event: warnings")))));
}

TEST_F(StatusBoardTest, OfListsItTellsWhatIsNew) {
  CopyStatus before = status(CopyPhase::kLive);
  before.history = {{90s, 5, std::nullopt, std::nullopt}};
  board.publish(before);
  EXPECT_THAT(board.news(), Optional(HasSubstr(R"("eventsPerSecond":5)")));
  before.history.push_back({95s, 5, std::nullopt, std::nullopt});
  board.publish(before);
  EXPECT_EQ(board.news(), std::nullopt) << "the chart is drawn the same without it";
  before.history.push_back({100s, 6, std::nullopt, std::nullopt});
  board.publish(before);
  const auto news = board.news();
  EXPECT_THAT(news, Optional(AllOf(HasSubstr(R"("eventsPerSecond":6)"), Not(HasSubstr(R"("eventsPerSecond":5)")))));
  LOG(INFO) << "no warning";
  EXPECT_EQ(board.news(), std::nullopt);
  LOG(WARNING) << "a new\nwarning";
  EXPECT_THAT(board.news(), Optional(AllOf(HasSubstr("event: warnings\n"), HasSubstr(R"("message":"a new warning")"),
                                           Not(HasSubstr("a warning of before")))));
}

TEST_F(StatusBoardTest, SaysThatTheCopyingThreadHangs) {
  board.publish(status(CopyPhase::kLive));
  clock.time += 9s;
  EXPECT_THAT(board.json(), HasSubstr(R"("name":"live")"));
  clock.time += 2s;
  EXPECT_THAT(board.json(), AllOf(HasSubstr(R"("name":"hanging")"), HasSubstr("not turned for 11 s")));
  EXPECT_THAT(board.news(), Optional(HasSubstr(R"("name":"hanging")")));
  board.publish(status(CopyPhase::kLive));
  EXPECT_THAT(board.json(), HasSubstr(R"("name":"live")"));
}

TEST_F(StatusBoardTest, TellsTheEnd) {
  CopyStatus last = status(CopyPhase::kEnded);
  last.end = CopyEnd{1, "why"};
  board.publish(last);
  EXPECT_THAT(board.end_event(), AllOf(HasSubstr("event: end\n"), HasSubstr(R"("exitCode":1)")));
}

}  // namespace
}  // namespace interconnect
