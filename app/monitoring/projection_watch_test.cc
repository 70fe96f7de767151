#include "app/monitoring/projection_watch.h"

#include <glog/logging.h>

#include <deque>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::Pair;

class ManualClock final : public Clock {
 public:
  Time now() const override { return time; }
  void set_alarm(Time, std::function<void()>) override {}
  Time time{0};
};

// Answers what it was asked once it is told to.
class ScriptedInspector final : public StoreInspector {
 public:
  void server(Answer<ServerInfo> answer) override { later(std::move(answer), version); }
  void consumer_group(const std::string&, const std::string&, Answer<ConsumerGroupInfo>) override {}
  void projection(const std::string& name, Answer<ProjectionInfo> answer) override {
    asked.push_back(name);
    const auto known = statistics.find(name);
    later(std::move(answer), known != statistics.end() ? known->second : otherwise);
  }
  void projections(Answer<std::vector<std::string>> answer) override { later(std::move(answer), names); }
  void projection_definition(const std::string& name, Answer<ProjectionDefinition> answer) override {
    asked.push_back("definition of " + name);
    later(std::move(answer), std::variant<ProjectionDefinition, StoreError>(definitions[name]));
  }
  void user(Answer<UserInfo>) override {}

  void answer_all() {
    while (!answers.empty()) {
      const auto answer = std::move(answers.front());
      answers.pop_front();
      answer();
    }
  }

  std::variant<ServerInfo, StoreError> version = ServerInfo{"21.2.0.0", "leader"};
  std::map<std::string, std::variant<ProjectionInfo, StoreError>> statistics;
  std::variant<ProjectionInfo, StoreError> otherwise = StoreError{ErrorKind::kNotFound, "none"};
  std::variant<std::vector<std::string>, StoreError> names = std::vector<std::string>{};
  std::map<std::string, ProjectionDefinition> definitions;
  std::vector<std::string> asked;

 private:
  template <typename T>
  void later(Answer<T> answer, const std::variant<T, StoreError>& with) {
    answers.push_back([answer = std::move(answer), with] { answer(with); });
  }
  std::deque<std::function<void()>> answers;
};

Subscription of(const std::string& stream) { return {.stream = stream, .group = "g", .settings = {}}; }

class ProjectionWatchTest : public testing::Test {
 protected:
  // Asks, answers, and gives back what was logged.
  std::string look(ProjectionWatch& watch) {
    FLAGS_logtostderr = true;
    testing::internal::CaptureStderr();
    watch.ask();
    inspector.answer_all();
    return testing::internal::GetCapturedStderr();
  }

  const ProjectionInfo running{.status = "Running", .is_running = true, .progress = 100.0};
  const ProjectionInfo stopped{.status = "Stopped", .progress = 100.0};
  ManualClock clock;
  ScriptedInspector inspector;
};

TEST_F(ProjectionWatchTest, AStoppedProjectionIsTold) {
  ProjectionWatch watch(inspector, clock, {of("$ce-hero"), of("$ce-villain"), of("plain")});
  inspector.statistics = {{"$by_category", running}};
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_EQ(watch.doubt(0), std::nullopt);
  EXPECT_THAT(watch.progress(), ElementsAre(Pair("$by_category", ProjectionProgress{true, 100.0})));

  inspector.statistics = {{"$by_category", stopped}};
  EXPECT_THAT(look(watch), HasSubstr("projection $by_category is not running (Stopped): '$ce-hero', '$ce-villain'"));
  EXPECT_THAT(watch.doubt(0), Optional(HasSubstr("not running")));
  EXPECT_THAT(watch.doubt(1), Optional(HasSubstr("not running")));
  EXPECT_EQ(watch.doubt(2), std::nullopt);
  EXPECT_THAT(watch.progress(), ElementsAre(Pair("$by_category", ProjectionProgress{false, std::nullopt})));
  EXPECT_THAT(look(watch), IsEmpty()) << "once";
  EXPECT_EQ(watch.lasting_doubts(60s), std::nullopt);
  clock.time = 60s;
  EXPECT_THAT(watch.lasting_doubts(60s), Optional(HasSubstr("not running (Stopped), for 60 s")));

  inspector.statistics = {{"$by_category", running}};
  EXPECT_THAT(look(watch), HasSubstr("fills '$ce-hero', '$ce-villain' again"));
  EXPECT_EQ(watch.lasting_doubts(0s), std::nullopt);
}

TEST_F(ProjectionWatchTest, AsksNoQuestionTwiceAtOnce) {
  ProjectionWatch watch(inspector, clock, {of("$ce-hero")});
  watch.ask();
  watch.ask();
  EXPECT_THAT(inspector.asked, ElementsAre("$by_category"));
}

TEST_F(ProjectionWatchTest, WhereItMayNotAskItSaysSoOnce) {
  inspector.otherwise = StoreError{ErrorKind::kAccessDenied, "HTTP 403"};
  ProjectionWatch watch(inspector, clock, {of("$ce-hero"), of("$category-hero")});
  EXPECT_THAT(look(watch), IsEmpty()) << "it may be for a moment";
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_THAT(look(watch), HasSubstr("HTTP 403"));
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_EQ(watch.doubt(0), std::nullopt);
  EXPECT_EQ(watch.lasting_doubts(0s), std::nullopt);
  EXPECT_EQ(watch.progress().at("$by_category"), ProjectionProgress{});
}

// Such as the 500 of a node that has just become the leader.
TEST_F(ProjectionWatchTest, OneRefusalAmongAnswersChangesNothing) {
  ProjectionWatch watch(inspector, clock, {of("$ce-hero")});
  for (int i = 0; i < 5; ++i) {
    inspector.statistics = {{"$by_category", running}};
    EXPECT_THAT(look(watch), IsEmpty());
    inspector.statistics = {{"$by_category", StoreError{ErrorKind::kUnsupported, "HTTP 500"}}};
    EXPECT_THAT(look(watch), IsEmpty());
    EXPECT_THAT(watch.progress(), ElementsAre(Pair("$by_category", ProjectionProgress{true, 100.0})));
  }
}

TEST_F(ProjectionWatchTest, AServerThatIsAwayTellsNothingNew) {
  inspector.statistics = {{"$by_category", stopped}};
  ProjectionWatch watch(inspector, clock, {of("$ce-hero")});
  look(watch);
  inspector.statistics = {{"$by_category", StoreError{ErrorKind::kUnavailable, "away"}}};
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_TRUE(watch.doubt(0));
}

TEST_F(ProjectionWatchTest, AUsersProjectionIsWatchedWhereItsDefinitionNamesTheStream) {
  inspector.names = std::vector<std::string>{"$by_category", "other", "feed me"};
  inspector.definitions["feed me"] = {"fromAll().when({$any: (s, e) => linkTo('mine', e)})", ""};
  inspector.statistics = {{"feed me", ProjectionInfo{.status = "Faulted", .reason = "it threw"}}, {"other", running}};
  ProjectionWatch watch(inspector, clock, {of("mine")});
  look(watch);
  EXPECT_THAT(inspector.asked, ElementsAre("definition of other", "definition of feed me"));
  EXPECT_THAT(look(watch), HasSubstr("projection feed me is not running (Faulted): it threw: 'mine'"));
  EXPECT_TRUE(watch.doubt(0));

  // A second one that runs is enough.
  inspector.definitions["other"] = {"", "mine"};
  clock.time = 10min;
  look(watch);
  look(watch);
  EXPECT_EQ(watch.doubt(0), std::nullopt);
}

TEST_F(ProjectionWatchTest, SaysNothingOfAPlainStream) {
  inspector.names = StoreError{ErrorKind::kAccessDenied, "HTTP 403"};
  ProjectionWatch watch(inspector, clock, {of("plain")});
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_THAT(look(watch), IsEmpty());
  EXPECT_THAT(watch.progress(), IsEmpty());
}

TEST_F(ProjectionWatchTest, WarnsOnceOfWhatOtherThanCategoriesLeaveOut) {
  inspector.statistics = {{"$by_event_type", running}};
  ProjectionWatch watch(inspector, clock, {of("$et-T")});
  EXPECT_THAT(look(watch), HasSubstr("'$et-T' leaves out"));
  EXPECT_THAT(look(watch), IsEmpty());
  inspector.version = ServerInfo{"5.0.1.0", "master"};
  ProjectionWatch of_the_old(inspector, clock, {of("$et-T")});
  EXPECT_THAT(look(of_the_old), IsEmpty());
}

}  // namespace
}  // namespace interconnect
