#include "app/monitoring/parked_watch.h"

#include <glog/logging.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

constexpr char kByServer[] = R"({"reason":"Reached retry count of 1"})";
constexpr char kByUs[] = R"({"reason":"Client explicitly NAK'ed message.\nno JSON"})";

// Answers reads of the stream of parked messages at once.
class ParkedSource final : public EventSource {
 public:
  void start(EventSourceListener& told) override { listener = &told; }
  void subscribe(SubscriptionIndex, std::int32_t) override {}
  void renew_group(SubscriptionIndex) override {}
  void acknowledge(SubscriptionIndex, std::span<const EventId>) override {}
  void park(SubscriptionIndex, std::span<const EventId>, std::string_view) override {}
  void probe(Answer) override {}
  void stop(std::function<void()>) override {}
  void read(const StreamRead& read) override { asked.push_back(read); }

  void answer() {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const StreamRead read = asked[i];
      if (error) {
        listener->on_read_completed(read.id, *error);
        continue;
      }
      std::vector<EventView> events;
      const auto end = static_cast<Revision>(parked.size());
      Revision at = std::max(read.from, truncated_before);
      const bool skips = at > read.from;  // such a page is empty
      for (; !skips && at < end && static_cast<std::int32_t>(events.size()) < read.count; ++at) {
        EventView link;
        link.revision = at;
        link.metadata = parked[static_cast<std::size_t>(at)];
        events.push_back(link);
      }
      messages_read += events.size();
      listener->on_read_completed(read.id, StreamPage{events, !parked.empty(), !skips && at >= end, at});
    }
    asked.clear();
  }

  EventSourceListener* listener = nullptr;
  std::vector<StreamRead> asked;
  std::vector<std::string> parked;
  Revision truncated_before = 0;
  std::optional<StoreError> error;
  std::size_t messages_read = 0;
};

class Listener final : public EventSourceListener {
 public:
  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_subscription_started(const SubscriptionStarted&) override {}
  void on_delivery(const Delivery&) override {}
  void on_deliveries_end() override {}
  void on_subscription_dropped(SubscriptionIndex, DropReason, std::string_view) override {}
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_source_lost(std::string_view) override {}
};

class Log final : public google::LogSink {
 public:
  Log() { google::AddLogSink(this); }
  ~Log() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity severity, const char*, const char*, int, const std::tm*, const char* message,
            std::size_t length) override {
    (severity == google::GLOG_ERROR ? errors : others).emplace_back(message, length);
  }
  std::vector<std::string> errors;
  std::vector<std::string> others;
};

Subscription a_subscription() {
  Subscription subscription;
  subscription.stream = "$ce-hero";
  subscription.group = "data";
  return subscription;
}

class ParkedWatchTest : public testing::Test {
 protected:
  ParkedWatchTest() { source.start(listener); }

  void look() {
    watch.ask();
    scripted.answer();
  }

  Log log;
  ParkedSource scripted;
  Listener listener;
  MeteredSource source{scripted, 1, [](const auto&) {}};
  GroupAdvice advice{{}, [](const Subscription&) { return std::string("http://old:2113/subscriptions/x"); }};
  ParkedWatch watch{source, {a_subscription()}, advice};
};

TEST_F(ParkedWatchTest, WithoutParkedMessagesThereIsNothingToTell) {
  EXPECT_EQ(watch.by_server(0), std::nullopt);
  look();
  EXPECT_EQ(watch.by_server(0), 0);
  EXPECT_EQ(watch.finding(), std::nullopt);
  EXPECT_TRUE(log.errors.empty());
}

TEST_F(ParkedWatchTest, TellsWhatTheServerParkedFromWhatConsumersDid) {
  scripted.parked = {kByServer, kByUs, kByServer};
  look();
  EXPECT_EQ(watch.by_server(0), 2);
  ASSERT_EQ(log.errors.size(), 1u);
  EXPECT_NE(log.errors[0].find("has parked 2 events of '$ce-hero' (group 'data')"), std::string::npos) << log.errors[0];
  EXPECT_NE(log.errors[0].find("POST http://old:2113/subscriptions/x/replayParked"), std::string::npos);
  look();
  EXPECT_EQ(log.errors.size(), 1u) << "nothing new";
  EXPECT_EQ(watch.finding(),
            "the source's server has parked 2 events of '$ce-hero' (group 'data'): they may be missing at the "
            "destination until they are replayed");
}

TEST_F(ParkedWatchTest, ReadsEachMessageOnce) {
  scripted.parked.assign(1'200, kByServer);
  look();
  EXPECT_EQ(watch.by_server(), 1'200u);
  scripted.messages_read = 0;
  scripted.parked.emplace_back(kByServer);
  look();
  EXPECT_EQ(watch.by_server(), 1'201u);
  EXPECT_EQ(scripted.messages_read, 2u) << "the first one, and the new one";
}

TEST_F(ParkedWatchTest, WhatWasReplayedIsNotCounted) {
  scripted.parked = {kByServer, kByServer};
  look();
  scripted.truncated_before = 2;
  look();
  EXPECT_EQ(watch.by_server(0), 0);
  EXPECT_EQ(watch.finding(), std::nullopt);
  scripted.parked.emplace_back(kByServer);
  look();
  EXPECT_EQ(watch.by_server(0), 1);
}

TEST_F(ParkedWatchTest, SaysOnceThatItMayNotReadIfThatLasts) {
  scripted.error = StoreError{ErrorKind::kAccessDenied, "no"};
  look();
  look();
  scripted.error.reset();
  look();
  scripted.error = StoreError{ErrorKind::kAccessDenied, "no"};
  look();
  look();
  EXPECT_TRUE(log.others.empty()) << "it may be for a moment";
  look();
  look();
  EXPECT_TRUE(log.errors.empty());
  EXPECT_EQ(log.others.size(), 1u);
}

}  // namespace
}  // namespace interconnect
