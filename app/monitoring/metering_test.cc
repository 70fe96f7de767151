// The decorators of source and sink, and the watch of the lag over them.

#include <map>
#include <vector>

#include "app/monitoring/lag_watch.h"
#include "app/monitoring/metered_sink.h"
#include "app/monitoring/metered_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ManualClock final : public Clock {
 public:
  Time now() const override { return time; }
  void set_alarm(Time, std::function<void()>) override {}
  Time time{0};
};

class ScriptedSource final : public EventSource {
 public:
  void start(EventSourceListener& told) override { listener = &told; }
  void subscribe(SubscriptionIndex, std::int32_t) override {}
  void renew_group(SubscriptionIndex) override {}
  void acknowledge(SubscriptionIndex, std::span<const EventId> ack_ids) override { acknowledged += ack_ids.size(); }
  void park(SubscriptionIndex, std::span<const EventId>, std::string_view) override {}
  void read(const StreamRead& read) override { reads.push_back(read); }
  void probe(Answer answer) override { probes.push_back(std::move(answer)); }
  void stop(std::function<void()>) override {}

  EventSourceListener* listener = nullptr;
  std::size_t acknowledged = 0;
  std::vector<StreamRead> reads;
  std::vector<Answer> probes;
};

class Listener final : public EventSourceListener {
 public:
  void on_read_completed(std::uint64_t read_id, const ReadOutcome&) override { reads.push_back(read_id); }
  void on_subscription_started(const SubscriptionStarted&) override {}
  void on_delivery(const Delivery&) override { ++deliveries; }
  void on_deliveries_end() override {}
  void on_subscription_dropped(SubscriptionIndex, DropReason, std::string_view) override {}
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_source_lost(std::string_view) override {}

  std::vector<std::uint64_t> reads;
  int deliveries = 0;
};

class ScriptedInspector final : public StoreInspector {
 public:
  void server(Answer<ServerInfo>) override {}
  void consumer_group(const std::string&, const std::string&, Answer<ConsumerGroupInfo> answer) override {
    groups.push_back(std::move(answer));
  }
  void projection(const std::string&, Answer<ProjectionInfo>) override {}
  void projections(Answer<std::vector<std::string>>) override {}
  void projection_definition(const std::string&, Answer<ProjectionDefinition>) override {}
  void user(Answer<UserInfo>) override {}

  std::vector<Answer<ConsumerGroupInfo>> groups;
};

Subscription a_subscription() {
  Subscription subscription;
  subscription.stream = "$ce-hero";
  subscription.group = "data";
  return subscription;
}

EventView an_event() {
  EventView event;
  event.stream = "hero-1";
  event.type = "T";
  event.data = "12345";
  event.metadata = "m";
  return event;
}

class MeteringTest : public testing::Test {
 protected:
  MeteringTest() { source.start(listener); }

  void deliver(Revision from, Revision to) {
    for (Revision position = from; position <= to; ++position) {
      Delivery delivery;
      delivery.position = position;
      scripted.listener->on_delivery(delivery);
    }
  }
  void acknowledge(std::size_t count) { source.acknowledge(0, std::vector<EventId>(count)); }
  // Answers the read that was asked for last.
  void answer_read(std::vector<Revision> revisions, bool end_of_stream = true, Revision next = 0) {
    std::vector<EventView> events;
    for (const Revision revision : revisions) {
      events.push_back(an_event());
      events.back().revision = revision;
    }
    const StreamRead read = scripted.reads.back();
    scripted.listener->on_read_completed(read.id,
                                         StreamPage{.events = events, .end_of_stream = end_of_stream, .next = next});
  }
  void answer_group(const ConsumerGroupInfo& info) { inspector.groups.back()(info); }

  ManualClock clock;
  ScriptedSource scripted;
  ScriptedInspector inspector;
  Listener listener;
  std::vector<bool> links;
  MeteredSource source{scripted, 1, [this](const auto& error) { links.push_back(!error); }};
  LagWatch watch{source, inspector, clock, {a_subscription()}};
};

TEST_F(MeteringTest, SettledIsWhatWasDeliveredAndIsNotOutstanding) {
  scripted.listener->on_subscription_started({});
  EXPECT_EQ(source.counts(0).settled, std::nullopt);
  deliver(10, 19);
  EXPECT_EQ(source.counts(0).settled, 9);
  acknowledge(4);
  EXPECT_EQ(source.counts(0).settled, 13);
  acknowledge(6);
  EXPECT_EQ(source.counts(0).settled, 19);
  EXPECT_EQ(source.counts(0).delivered, 10u);
  EXPECT_EQ(listener.deliveries, 10);
  EXPECT_EQ(scripted.acknowledged, 10u);
}

TEST_F(MeteringTest, WhatWasOutstandingOnALostConnectionIsNotSettled) {
  scripted.listener->on_subscription_started({});
  deliver(0, 9);
  acknowledge(5);
  scripted.listener->on_subscription_dropped(0, DropReason::kConnectionLost, "");
  EXPECT_FALSE(source.counts(0).is_connected);
  EXPECT_EQ(source.counts(0).settled, 4);
  scripted.listener->on_subscription_started({});
  deliver(5, 9);
  EXPECT_TRUE(source.counts(0).is_connected);
  EXPECT_EQ(source.counts(0).settled, 4);
  acknowledge(5);
  EXPECT_EQ(source.counts(0).settled, 9);
}

TEST_F(MeteringTest, ReadsAsideAreNotToldToTheListener) {
  int told = 0;
  source.read_aside({.stream = "a", .count = 1}, [&](const ReadOutcome&) { ++told; });
  const std::uint64_t aside = scripted.reads.back().id;
  source.read({.id = 1, .stream = "b", .count = 1});
  scripted.listener->on_read_completed(1, StreamPage{});
  scripted.listener->on_read_completed(aside, StreamPage{});
  EXPECT_EQ(told, 1);
  EXPECT_THAT(listener.reads, ElementsAre(1u));
}

TEST_F(MeteringTest, AnswersToProbesGoOnAndAreTold) {
  std::vector<bool> answers;
  source.probe([&](const auto& error) { answers.push_back(!error); });
  scripted.probes.back()(std::nullopt);
  source.probe([&](const auto& error) { answers.push_back(!error); });
  scripted.probes.back()(StoreError{});
  EXPECT_THAT(answers, ElementsAre(true, false));
  EXPECT_THAT(links, ElementsAre(true, false));
}

TEST_F(MeteringTest, LagIsUnknownBeforeBothTheEndAndTheGroupAreKnown) {
  watch.ask();
  EXPECT_EQ(watch.progress(0).lag, std::nullopt);
  answer_read({99});
  EXPECT_EQ(watch.progress(0).lag, std::nullopt);
  EXPECT_EQ(watch.lag(), std::nullopt);
  answer_group({.settled = 49, .consumers = 1, .parked = 2});
  EXPECT_EQ(watch.progress(0).lag, (Lag{50, 0s}));
  EXPECT_EQ(watch.progress(0).parked, 2);
  EXPECT_EQ(watch.progress(0).consumers, 1u);
}

TEST_F(MeteringTest, AGroupWithoutACheckpointBeginsAtItsStart) {
  watch.ask();
  answer_read({99});
  answer_group({});
  EXPECT_EQ(watch.lag()->events, 100);
}

// The server writes no checkpoint for the last few events of a stream that rests.
TEST_F(MeteringTest, WhatIsSettledHereCountsBeyondTheCheckpoint) {
  scripted.listener->on_subscription_started({});
  deliver(0, 99);
  acknowledge(100);
  watch.ask();
  answer_read({99});
  answer_group({.settled = 92});
  EXPECT_EQ(watch.lag(), Lag{});
}

TEST_F(MeteringTest, WhatOtherCopiersSettledCounts) {
  scripted.listener->on_subscription_started({});
  deliver(0, 9);
  acknowledge(10);
  watch.ask();
  answer_read({99});
  const std::uint64_t before = watch.group_activity(0);
  answer_group({.settled = 89, .delivered = 100});
  EXPECT_EQ(watch.lag()->events, 10);
  EXPECT_NE(watch.group_activity(0), before);
}

TEST_F(MeteringTest, EventsAtAllConsumersAreToldAsLongAsTheGroupAnswers) {
  watch.ask();
  answer_read({99});
  answer_group({.settled = 5, .in_flight = 4, .parked = 0});
  EXPECT_EQ(watch.in_flight(0), 4);
  watch.ask();
  answer_read({99});
  inspector.groups.back()(StoreError{});
  EXPECT_EQ(watch.in_flight(0), std::nullopt);
}

TEST_F(MeteringTest, AGroupBeginsAtItsOwnStartNotAtTheConfiguredOne) {
  SubscriptionStarted started;
  started.effective.start_from = -1;
  scripted.listener->on_subscription_started(started);
  watch.ask();
  answer_read({99});
  answer_group({});
  EXPECT_EQ(watch.lag(), Lag{});
}

TEST_F(MeteringTest, AGroupAtRestWhoseServerHasForgottenWhatItHadSettledIsAtTheEnd) {
  watch.ask();
  answer_read({99});
  answer_group({.is_at_rest = true, .parked = 0});
  EXPECT_EQ(watch.lag(), std::nullopt) << "the end that it is at is not known yet";
  watch.ask();
  answer_read({109});
  answer_group({.is_at_rest = true, .parked = 0});
  EXPECT_EQ(watch.lag()->events, 10) << "those that came since may be on their way";
}

TEST_F(MeteringTest, WhatAGroupAtRestHadSettledStays) {
  watch.ask();
  answer_read({99});
  answer_group({.settled = 99, .parked = 0});
  watch.ask();
  answer_read({100});
  answer_group({.settled = 92, .parked = 0});
  EXPECT_EQ(watch.lag()->events, 1);
}

TEST_F(MeteringTest, AsksAgainOnlyOnceAllIsAnswered) {
  watch.ask();
  watch.ask();
  EXPECT_EQ(scripted.reads.size(), 1u);
  answer_read({});
  watch.ask();
  EXPECT_EQ(inspector.groups.size(), 1u);
  answer_group({.parked = 0});
  watch.ask();
  EXPECT_EQ(inspector.groups.size(), 2u);
}

TEST_F(MeteringTest, CountsParkedMessagesWhereTheServerDoesNotTell) {
  watch.ask();
  answer_read({9});
  answer_group({});
  EXPECT_EQ(scripted.reads.back().stream, "$persistentsubscription-$ce-hero::data-parked");
  answer_read({6});
  EXPECT_EQ(scripted.reads.back().direction, ReadDirection::kForward);
  answer_read({}, false, 4);  // those before were replayed
  EXPECT_EQ(watch.progress(0).parked, 3);
}

TEST_F(MeteringTest, NoStreamOfParkedMessagesIsNone) {
  watch.ask();
  answer_read({9});
  answer_group({});
  answer_read({});
  EXPECT_EQ(watch.progress(0).parked, 0);
}

// While the stream may not be all there is, its end tells nothing.
TEST_F(MeteringTest, TheLagBehindAStreamInDoubtIsNotKnown) {
  scripted.listener->on_subscription_started({});
  deliver(0, 9);
  acknowledge(10);
  watch.ask();
  answer_read({9});
  answer_group({.parked = 0});
  ASSERT_EQ(watch.progress(0).lag, (Lag{0, 0s}));
  watch.doubt(0, true);
  EXPECT_EQ(watch.progress(0).lag, std::nullopt);
  EXPECT_EQ(watch.lag(), std::nullopt);
  watch.doubt(0, false);
  EXPECT_EQ(watch.progress(0).lag, (Lag{0, 0s}));
}

class ScriptedSink final : public EventSink {
 public:
  void start(EventSinkListener& told) override { listener = &told; }
  void append(const Append& append) override { appends.push_back(append.id); }
  void read(const StreamRead&) override {}
  void probe(Answer) override {}
  std::size_t ordered_append_bytes() const override { return 12'345; }
  AppendSizeRule append_size_rule() const override { return AppendSizeRule::kData; }
  void stop(std::function<void()>) override {}

  EventSinkListener* listener = nullptr;
  std::vector<std::uint64_t> appends;
};

class SinkListener final : public EventSinkListener {
 public:
  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_append_completed(std::uint64_t append_id, const AppendOutcome&) override { completed.push_back(append_id); }
  void on_outcomes_end() override {}
  void on_sink_lost(std::string_view) override {}

  std::vector<std::uint64_t> completed;
};

class RecordingMeter final : public CopyMeter {
 public:
  void on_append_completed(const AppendOutcome&, std::size_t events, std::size_t payload_bytes,
                           Duration took) override {
    appends.push_back({events, payload_bytes, took});
  }
  void on_link(Store, bool) override {}
  void on_load(const CopyLoad&) override {}
  void on_stall(bool) override {}
  void on_progress(SubscriptionIndex, const SubscriptionProgress&) override {}
  void on_projection(std::string_view, const ProjectionProgress&) override {}

  struct Seen {
    std::size_t events;
    std::size_t bytes;
    Duration took;
  };
  std::vector<Seen> appends;
};

TEST(MeteredSinkTest, MeasuresEachAppendFromSendingToOutcome) {
  ManualClock clock;
  ScriptedSink scripted;
  SinkListener listener;
  RecordingMeter meter;
  MeteredSink sink(scripted, clock, &meter, [](const auto&) {});
  sink.start(listener);
  std::vector<Event> events;
  for (int i = 0; i < 3; ++i) events.emplace_back(an_event());
  clock.time = 1s;
  sink.append({.id = 1, .stream = "hero-1", .events = events});
  clock.time = 2s;
  sink.append({.id = 2, .stream = "hero-2", .events = std::span(events).first(1)});
  clock.time = 4s;
  scripted.listener->on_append_completed(2, Appended{});
  scripted.listener->on_append_completed(1, StoreError{});
  scripted.listener->on_append_completed(1, StoreError{});  // nobody's
  EXPECT_THAT(scripted.appends, ElementsAre(1u, 2u));
  EXPECT_THAT(listener.completed, ElementsAre(2u, 1u, 1u));
  ASSERT_EQ(meter.appends.size(), 2u);
  EXPECT_EQ(meter.appends[0].events, 1u);
  EXPECT_EQ(meter.appends[0].took, 2s);
  EXPECT_EQ(meter.appends[1].bytes, 18u);
  EXPECT_EQ(meter.appends[1].took, 3s);
}

TEST(MeteredSinkTest, KeepsWhatTheSinkSaysOfItsOrder) {
  ManualClock clock;
  ScriptedSink scripted;
  const MeteredSink sink(scripted, clock, nullptr, [](const auto&) {});
  EXPECT_EQ(sink.ordered_append_bytes(), 12'345u);
  EXPECT_EQ(sink.append_size_rule(), AppendSizeRule::kData);
}

}  // namespace
}  // namespace interconnect
