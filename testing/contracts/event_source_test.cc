// The contract of ports/event_source.h.

#include <algorithm>
#include <set>

#include "gtest/gtest.h"
#include "testing/contracts/recorders.h"
#include "testing/contracts/store_under_test.h"

namespace interconnect::testing {
namespace {

using Recorder = SourceRecorder;

class EventSourceContract : public ::testing::TestWithParam<Implementation> {
 protected:
  EventSourceContract() {
    subscription_.stream = "s";
    subscription_.group = "g";
  }
  ~EventSourceContract() override {
    if (source_ != nullptr) stop(*source_, *store_, guard_);
  }

  std::unique_ptr<EventSource> make(const Subscription& subscription, Recorder& recorder) {
    auto source = store_->make_source({subscription});
    guard_.call([&] { source->start(recorder); });
    return source;
  }
  // Connected to the group.
  void start(std::int32_t buffer_size = 10) {
    source_ = make(subscription_, recorder_);
    subscribe(*source_, recorder_, buffer_size);
  }
  void subscribe(EventSource& source, Recorder& recorder, std::int32_t buffer_size = 10) {
    const std::size_t before = recorder.started.size();
    guard_.call([&] { source.subscribe(0, buffer_size); });
    ASSERT_TRUE(store_->run_until([&] { return recorder.started.size() > before; }));
  }
  bool delivered(std::size_t count) {
    return store_->run_until([&] { return recorder_.handed_over >= count; });
  }
  std::vector<EventId> ack_ids(std::size_t first, std::size_t count) const {
    std::vector<EventId> ids;
    for (std::size_t i = first; i < first + count; ++i) ids.push_back(recorder_.deliveries[i].ack_id);
    return ids;
  }
  // Stops the source, which sends what is still to be sent, and starts another one.
  void start_again() {
    stop(*source_, *store_, guard_);
    recorder_ = Recorder(guard_);
    start();
  }

  void write(const std::string& stream, const std::vector<Event>& events) {
    SinkRecorder recorder{guard_};
    const auto sink = store_->make_sink();
    sink->start(recorder);
    ASSERT_TRUE(store_->run_until([&] { return probe(*sink, *store_, guard_) == std::nullopt; }));
    sink->append({1, stream, kNoStream, events});
    ASSERT_TRUE(store_->run_until([&] { return recorder.appends.contains(1); }));
    ASSERT_TRUE(std::holds_alternative<Appended>(recorder.appends.at(1)));
    stop(*sink, *store_, guard_);
  }

  std::unique_ptr<StoreUnderTest> store_ = GetParam().make();
  CallGuard guard_;
  Recorder recorder_{guard_};
  Subscription subscription_;
  std::unique_ptr<EventSource> source_;
};

TEST_P(EventSourceContract, CreatesAGroupLeavesItAloneAndUpdatesItOnlyIfItDiffers) {
  // With zeros, which are settings like any other.
  subscription_.settings.max_subscriber_count = 0;
  subscription_.settings.max_retry_count = 0;
  start();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kCreated);
  EXPECT_EQ(recorder_.started[0].effective, subscription_.settings);

  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnchanged);
  EXPECT_EQ(recorder_.started[0].effective, subscription_.settings);
  EXPECT_TRUE(recorder_.drops.empty());

  Subscription other = subscription_;
  other.settings = {.resolve_link_tos = false,
                    .extra_statistics = true,
                    .message_timeout = std::chrono::milliseconds(12'345),
                    .max_retry_count = 7,
                    .live_buffer_size = 300,
                    .read_batch_size = 30,
                    .history_buffer_size = 200,
                    .checkpoint_after = std::chrono::milliseconds(4'321),
                    .min_checkpoint_count = 5,
                    .max_checkpoint_count = 50,
                    .max_subscriber_count = 3,
                    .consumer_strategy = ConsumerStrategy::kRoundRobin};
  Recorder others{guard_};
  const auto another = make(other, others);
  subscribe(*another, others);
  EXPECT_EQ(others.started[0].group, GroupState::kUpdated);
  stop(*another, *store_, guard_);

  // Whoever was connected is told, and is connected again.
  ASSERT_TRUE(store_->run_until([&] { return recorder_.started.size() == 2; }));
  ASSERT_FALSE(recorder_.drops.empty());
  EXPECT_EQ(recorder_.drops[0], DropReason::kGroupChanged);

  subscription_ = other;
  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnchanged);
  EXPECT_EQ(recorder_.started[0].effective, other.settings);
}

TEST_P(EventSourceContract, AnUpdateDoesNotMoveAGroup) {
  start();
  subscription_.settings.start_from = 3;
  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnchanged);
  EXPECT_EQ(recorder_.started[0].effective.start_from, 0);

  subscription_.settings.max_retry_count += 1;
  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUpdated);
  EXPECT_EQ(recorder_.started[0].effective.start_from, 0);
  EXPECT_EQ(recorder_.started[0].effective.max_retry_count, subscription_.settings.max_retry_count);
}

TEST_P(EventSourceContract, AGroupThatBeganAtTheEndAndHasNoCheckpointKeepsItsSettings) {
  subscription_.settings.start_from = -1;
  start();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kCreated);
  const GroupSettings created = subscription_.settings;

  subscription_.settings.max_retry_count += 1;
  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kKept);
  EXPECT_EQ(recorder_.started[0].effective, created);
}

TEST_P(EventSourceContract, ReadsTheSettingsOfAGroupOfAnyName) {
  subscription_.stream = "odd'percent%20&=+ /?#\\%2f";
  subscription_.group = "group%41/?#\\";
  start();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kCreated);

  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnchanged);

  subscription_.settings.max_retry_count += 1;
  start_again();
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUpdated);
}

TEST_P(EventSourceContract, DeliversInOrderAndTellsTheEnd) {
  write("s", events_of(1, 5));
  start();
  ASSERT_TRUE(delivered(5));
  for (int i = 0; i < 5; ++i) {
    const Recorder::Delivered& one = recorder_.deliveries[static_cast<std::size_t>(i)];
    EXPECT_EQ(one.position, i);
    EXPECT_EQ(one.retry_count, 0);
    EXPECT_EQ(one.ack_id, id_of(1 + i));
    ASSERT_TRUE(one.event.has_value());
    EXPECT_EQ(one.event->id(), id_of(1 + i));
    EXPECT_EQ(one.event->type(), "Happened");
    EXPECT_EQ(one.event->data(), R"({"a":1.0})");
    EXPECT_EQ(one.event->metadata(), R"({"b":2})");
  }
}

TEST_P(EventSourceContract, DeliversOnlyWhatIsNotAcknowledgedAgain) {
  write("s", events_of(1, 5));
  start();
  ASSERT_TRUE(delivered(5));
  guard_.call([&] { source_->acknowledge(0, ack_ids(0, 3)); });
  start_again();
  ASSERT_TRUE(delivered(2));
  EXPECT_EQ(recorder_.deliveries[0].ack_id, id_of(4));
  EXPECT_EQ(recorder_.deliveries[1].ack_id, id_of(5));
}

TEST_P(EventSourceContract, ConnectsAgainAfterACutAndIsGivenWhatIsNotAcknowledged) {
  write("s", events_of(1, 3));
  start();
  ASSERT_TRUE(delivered(3));
  store_->cut_connections();
  ASSERT_TRUE(delivered(6));
  EXPECT_GE(recorder_.started.size(), 2u);
  ASSERT_FALSE(recorder_.drops.empty());
  EXPECT_EQ(recorder_.drops[0], DropReason::kConnectionLost);
  std::set<EventId> again;
  for (std::size_t i = 3; i < 6; ++i) again.insert(recorder_.deliveries[i].ack_id);
  EXPECT_EQ(again, (std::set<EventId>{id_of(1), id_of(2), id_of(3)}));
}

TEST_P(EventSourceContract, Parks) {
  write("s", events_of(1, 2));
  start();
  ASSERT_TRUE(delivered(2));
  guard_.call([&] { source_->park(0, ack_ids(0, 1), "it is in the way"); });
  start_again();
  ASSERT_TRUE(delivered(1));
  EXPECT_EQ(recorder_.deliveries[0].ack_id, id_of(2));
  guard_.call([&] { source_->read({1, "$persistentsubscription-s::g-parked", ReadDirection::kForward, 0, 10}); });
  ASSERT_TRUE(store_->run_until([&] { return recorder_.reads.contains(1); }));
  EXPECT_EQ(recorder_.reads.at(1).events.size(), 1u);
}

TEST_P(EventSourceContract, TakesANewBufferSize) {
  write("s", events_of(1, 5));
  start(2);
  ASSERT_TRUE(delivered(2));
  subscribe(*source_, recorder_, 10);
  std::set<EventId> seen;
  ASSERT_TRUE(store_->run_until([&] {
    for (const Recorder::Delivered& one : recorder_.deliveries) seen.insert(one.ack_id);
    return seen.size() == 5;
  }));
}

TEST_P(EventSourceContract, MakesAGroupAgainThatIsDeleted) {
  start();
  store_->delete_group("s", "g");
  ASSERT_TRUE(store_->run_until([&] { return recorder_.started.size() == 2; }));
  ASSERT_FALSE(recorder_.drops.empty());
  EXPECT_EQ(recorder_.drops[0], DropReason::kGroupChanged);
}

TEST_P(EventSourceContract, DeliversALinkWhoseTargetIsGoneWithoutAnEvent) {
  write("hero-1", events_of(1, 1));
  store_->delete_stream("hero-1", false);
  write("hero-2", events_of(2, 1));
  subscription_.stream = "$ce-hero";
  start();
  const auto of_hero2 = [](const Recorder::Delivered& one) { return one.event && one.event->id() == id_of(2); };
  ASSERT_TRUE(store_->run_until(
      [&] { return std::any_of(recorder_.deliveries.begin(), recorder_.deliveries.end(), of_hero2); }));
  EXPECT_EQ(recorder_.deliveries[0].event, std::nullopt);
  EXPECT_EQ(recorder_.deliveries[0].position, 0);
  const auto link = std::find_if(recorder_.deliveries.begin(), recorder_.deliveries.end(), of_hero2);
  EXPECT_NE(link->ack_id, id_of(2)) << "the link is what is acknowledged";
}

TEST_P(EventSourceContract, AnswersAProbe) {
  source_ = make(subscription_, recorder_);
  EXPECT_TRUE(store_->run_until([&] { return probe(*source_, *store_, guard_) == std::nullopt; }));
  store_->stop_server();
  EXPECT_TRUE(store_->run_until([&] { return probe(*source_, *store_, guard_) != std::nullopt; }));
}

TEST_P(EventSourceContract, SaysThatItsPasswordIsRefused) {
  if (!store_->checks_passwords()) GTEST_SKIP() << "this server takes every password";
  store_->use_password("wrong-7351");
  source_ = make(subscription_, recorder_);
  guard_.call([&] { source_->subscribe(0, 10); });
  ASSERT_TRUE(store_->run_until([&] { return !recorder_.drops.empty(); }));
  EXPECT_EQ(recorder_.drops[0], DropReason::kNotAuthenticated);
  EXPECT_TRUE(recorder_.started.empty());
}

TEST_P(EventSourceContract, CallsNobodyAfterStop) {
  write("s", events_of(1, 3));
  subscription_.settings.consumer_strategy = ConsumerStrategy::kRoundRobin;
  source_ = make(subscription_, recorder_);
  guard_.call([&] { source_->subscribe(0, 10); });
  stop(*source_, *store_, guard_);
  const auto told = [&] { return recorder_.started.size() + recorder_.deliveries.size() + recorder_.drops.size(); };
  const std::size_t before = told();
  Recorder later{guard_};
  const auto another = make(subscription_, later);
  subscribe(*another, later);
  ASSERT_TRUE(store_->run_until([&] { return later.deliveries.size() == 3; }));
  stop(*another, *store_, guard_);
  EXPECT_EQ(told(), before);
  source_.reset();
}

INSTANTIATE_TEST_SUITE_P(Adapters, EventSourceContract, ::testing::ValuesIn(implementations()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace interconnect::testing
