// The contract of ports/event_sink.h.

#include "gtest/gtest.h"
#include "testing/contracts/recorders.h"
#include "testing/contracts/store_under_test.h"

namespace interconnect::testing {
namespace {

using namespace std::chrono_literals;

class EventSinkContract : public ::testing::TestWithParam<Implementation> {
 protected:
  ~EventSinkContract() override {
    if (sink_ != nullptr) stop(*sink_, *store_, guard_);
  }

  // With a connection.
  void start() {
    sink_ = store_->make_sink();
    guard_.call([&] { sink_->start(recorder_); });
    ASSERT_TRUE(store_->run_until([&] { return probe(*sink_, *store_, guard_) == std::nullopt; }));
  }

  std::uint64_t send(std::string_view stream, Revision expected, const std::vector<Event>& events) {
    const std::uint64_t id = next_id_++;
    guard_.call([&] { sink_->append({id, stream, expected, events}); });
    return id;
  }
  AppendOutcome outcome_of(std::uint64_t id) {
    EXPECT_TRUE(store_->run_until([&] { return recorder_.appends.contains(id); }));
    return recorder_.appends.at(id);
  }
  AppendOutcome append(std::string_view stream, Revision expected, const std::vector<Event>& events) {
    return outcome_of(send(stream, expected, events));
  }
  const ReadRecord& read(const std::string& stream, ReadDirection direction, Revision from, std::int32_t count) {
    const std::uint64_t id = next_id_++;
    guard_.call([&] { sink_->read({id, stream, direction, from, count}); });
    EXPECT_TRUE(store_->run_until([&] { return recorder_.reads.contains(id); }));
    return recorder_.reads.at(id);
  }
  static std::optional<ErrorKind> kind_of(const AppendOutcome& outcome) {
    const auto* error = std::get_if<StoreError>(&outcome);
    return error == nullptr ? std::nullopt : std::optional(error->kind);
  }

  std::unique_ptr<StoreUnderTest> store_ = GetParam().make();
  CallGuard guard_;
  SinkRecorder recorder_{guard_};
  std::unique_ptr<EventSink> sink_;
  std::uint64_t next_id_ = 1;
};

TEST_P(EventSinkContract, AppendsToANewStreamThenAtItsExactRevision) {
  start();
  EXPECT_EQ(append("s", kNoStream, events_of(1, 2)), AppendOutcome(Appended{1}));
  EXPECT_EQ(append("s", 1, events_of(3, 1)), AppendOutcome(Appended{2}));
}

TEST_P(EventSinkContract, TellsTheCurrentRevisionWhereTheExpectedOneIsWrong) {
  start();
  EXPECT_EQ(append("s", 3, events_of(1, 1)), AppendOutcome(WrongExpectedVersion{kNoStream}));
  EXPECT_EQ(append("s", kNoStream, events_of(1, 2)), AppendOutcome(Appended{1}));
  EXPECT_EQ(append("s", kNoStream, events_of(3, 1)), AppendOutcome(WrongExpectedVersion{1}));
  EXPECT_EQ(append("s", 0, events_of(3, 1)), AppendOutcome(WrongExpectedVersion{1}));
}

TEST_P(EventSinkContract, TakesTheSameAppendAgainForTheSame) {
  start();
  EXPECT_EQ(append("s", kNoStream, events_of(1, 2)), AppendOutcome(Appended{1}));
  EXPECT_EQ(append("s", 1, events_of(3, 1)), AppendOutcome(Appended{2}));
  const Appended nothing_written{.last_revision = 1, .was_repeated = true};
  EXPECT_EQ(append("s", kNoStream, events_of(1, 2)), AppendOutcome(nothing_written));
  EXPECT_EQ(read("s", ReadDirection::kForward, 0, 10).events.size(), 3u);
}

TEST_P(EventSinkContract, KeepsManyStreamsUnderWayAtOnce) {
  start();
  std::vector<std::uint64_t> ids;
  for (int n = 0; n < 50; ++n) ids.push_back(send("s" + std::to_string(n), kNoStream, events_of(n, 1)));
  for (const std::uint64_t id : ids) EXPECT_EQ(outcome_of(id), AppendOutcome(Appended{0}));
}

TEST_P(EventSinkContract, RefusesWhatIsTooLargeAndGoesOn) {
  start();
  EXPECT_EQ(kind_of(append("s", kNoStream, events_of(1, 1, std::string(store_->too_many_bytes(), 'x')))),
            ErrorKind::kTooLarge);
  EXPECT_EQ(append("s", kNoStream, events_of(1, 1)), AppendOutcome(Appended{0}));
}

TEST_P(EventSinkContract, TellsThatAStreamIsTombstoned) {
  start();
  EXPECT_EQ(append("s", kNoStream, events_of(1, 1)), AppendOutcome(Appended{0}));
  store_->delete_stream("s", true);
  EXPECT_EQ(kind_of(append("s", kNoStream, events_of(2, 1))), ErrorKind::kStreamDeleted);
  const ReadRecord& page = read("s", ReadDirection::kBackward, kStreamEnd, 1);
  ASSERT_TRUE(page.error.has_value());
  EXPECT_EQ(page.error->kind, ErrorKind::kStreamDeleted);
}

// Servers of gRPC cannot send such a name in their answer.
TEST_P(EventSinkContract, TellsThatAStreamOfAnyNameIsTombstoned) {
  start();
  const std::string stream = "s-\xc3\xb6";
  EXPECT_EQ(append(stream, kNoStream, events_of(1, 1)), AppendOutcome(Appended{0}));
  store_->delete_stream(stream, true);
  EXPECT_EQ(kind_of(append(stream, kNoStream, events_of(2, 1))), ErrorKind::kStreamDeleted);
  const ReadRecord& page = read(stream, ReadDirection::kBackward, kStreamEnd, 1);
  ASSERT_TRUE(page.error.has_value());
  EXPECT_EQ(page.error->kind, ErrorKind::kStreamDeleted);
}

TEST_P(EventSinkContract, ReadsForwardPageByPage) {
  start();
  ASSERT_EQ(append("s", kNoStream, events_of(1, 3)), AppendOutcome(Appended{2}));
  const ReadRecord& first = read("s", ReadDirection::kForward, 0, 2);
  EXPECT_EQ(first.revisions, (std::vector<Revision>{0, 1}));
  EXPECT_TRUE(first.page.stream_exists);
  ASSERT_FALSE(first.page.end_of_stream);
  EXPECT_EQ(first.page.next, 2);
  const ReadRecord& second = read("s", ReadDirection::kForward, first.page.next, 2);
  ASSERT_EQ(second.revisions, (std::vector<Revision>{2}));
  EXPECT_EQ(second.events[0].id(), id_of(3));
  EXPECT_EQ(second.events[0].type(), "Happened");
  EXPECT_EQ(second.events[0].content(), ContentKind::kJson);
  EXPECT_EQ(second.events[0].data(), R"({"a":1.0})");
  EXPECT_EQ(second.events[0].metadata(), R"({"b":2})");
}

TEST_P(EventSinkContract, ReadsBackwardFromTheEnd) {
  start();
  ASSERT_EQ(append("s", kNoStream, events_of(1, 3)), AppendOutcome(Appended{2}));
  const ReadRecord& last = read("s", ReadDirection::kBackward, kStreamEnd, 2);
  EXPECT_EQ(last.revisions, (std::vector<Revision>{2, 1}));
  ASSERT_FALSE(last.page.end_of_stream);
  EXPECT_EQ(last.page.next, 0);
  EXPECT_EQ(read("s", ReadDirection::kBackward, 0, 2).revisions, (std::vector<Revision>{0}));
}

TEST_P(EventSinkContract, ReadsNothingPastTheEnd) {
  start();
  ASSERT_EQ(append("s", kNoStream, events_of(1, 1)), AppendOutcome(Appended{0}));
  const ReadRecord& past = read("s", ReadDirection::kForward, 7, 2);
  EXPECT_EQ(past.error, std::nullopt);
  EXPECT_TRUE(past.events.empty());
  EXPECT_TRUE(past.page.stream_exists);
  EXPECT_TRUE(past.page.end_of_stream);
}

TEST_P(EventSinkContract, ReadsThatAStreamIsNotThere) {
  start();
  ASSERT_EQ(append("deleted", kNoStream, events_of(1, 1)), AppendOutcome(Appended{0}));
  store_->delete_stream("deleted", false);
  for (const char* stream : {"missing", "deleted"}) {
    const ReadRecord& page = read(stream, ReadDirection::kBackward, kStreamEnd, 1);
    EXPECT_EQ(page.error, std::nullopt) << stream;
    EXPECT_FALSE(page.page.stream_exists) << stream;
    EXPECT_TRUE(page.page.end_of_stream) << stream;
  }
}

TEST_P(EventSinkContract, AnswersEveryAppendOnceThoughTheConnectionIsCut) {
  start();
  store_->delay_answers(200ms);
  std::vector<std::uint64_t> ids;
  for (int n = 0; n < 5; ++n) ids.push_back(send("s" + std::to_string(n), kNoStream, events_of(n, 1)));
  store_->cut_connections();
  for (const std::uint64_t id : ids) outcome_of(id);  // the recorder objects to a second one
  store_->delay_answers(0ms);
  // The connection comes back by itself, and no answer of the old one with it.
  ASSERT_TRUE(store_->run_until([&] { return probe(*sink_, *store_, guard_) == std::nullopt; }));
  EXPECT_EQ(append("t", kNoStream, events_of(9, 1)), AppendOutcome(Appended{0}));
  EXPECT_EQ(recorder_.appends.size(), ids.size() + 1);
}

TEST_P(EventSinkContract, KeepsNothingForLaterWithoutAConnection) {
  start();
  store_->stop_server();
  EXPECT_EQ(kind_of(append("s", kNoStream, events_of(1, 1))), ErrorKind::kUnavailable);
  EXPECT_TRUE(read("s", ReadDirection::kForward, 0, 1).error.has_value());
  EXPECT_NE(probe(*sink_, *store_, guard_), std::nullopt);
}

TEST_P(EventSinkContract, CallsNobodyAfterStop) {
  start();
  store_->delay_answers(50ms);
  send("s", kNoStream, events_of(1, 1));
  stop(*sink_, *store_, guard_);
  const std::size_t told = recorder_.appends.size();
  // What another one is told later has passed the time of the first one's answer.
  SinkRecorder later{guard_};
  const auto another = store_->make_sink();
  another->start(later);
  ASSERT_TRUE(store_->run_until([&] { return probe(*another, *store_, guard_) == std::nullopt; }));
  const std::vector<Event> events = events_of(2, 1);
  another->append({1, "t", kNoStream, events});
  ASSERT_TRUE(store_->run_until([&] { return later.appends.contains(1); }));
  stop(*another, *store_, guard_);
  EXPECT_EQ(recorder_.appends.size(), told);
  sink_.reset();
}

TEST_P(EventSinkContract, SaysThatItsPasswordIsRefused) {
  if (!store_->checks_passwords()) GTEST_SKIP() << "this server takes every password";
  store_->use_password("wrong-7351");
  sink_ = store_->make_sink();
  guard_.call([&] { sink_->start(recorder_); });
  const auto error = probe(*sink_, *store_, guard_);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kNotAuthenticated);
  EXPECT_EQ(error->message.find("7351"), std::string::npos) << "the password is not to be told";
}

INSTANTIATE_TEST_SUITE_P(Adapters, EventSinkContract, ::testing::ValuesIn(implementations()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace interconnect::testing
