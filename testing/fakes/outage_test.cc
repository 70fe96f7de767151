// A store that is away for an hour, in simulated time: the copy goes on afterwards, and the log stays short.

#include <glog/logging.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/copy_driver.h"
#include "app/logging_observer.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_clock.h"
#include "testing/fakes/fake_event_sink.h"
#include "testing/fakes/fake_event_source.h"
#include "testing/fakes/recording_process_killer.h"

namespace interconnect::testing {
namespace {

constexpr int kEvents = 2'000;
constexpr int kStreams = 500;

// Counts the lines of the log while it lives.
class LineCounter final : public google::LogSink {
 public:
  LineCounter() { google::AddLogSink(this); }
  ~LineCounter() override { google::RemoveLogSink(this); }

  void send(google::LogSeverity, const char*, const char*, int, const google::LogMessageTime&, const char*,
            std::size_t) override {
    ++lines_;
  }
  int lines() const { return lines_; }

 private:
  int lines_ = 0;
};

class OutageTest : public ::testing::Test {
 protected:
  void write(int from, int to) {
    for (int n = from; n < to; ++n) {
      EventId id;
      id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
      id.bytes[15] = static_cast<std::uint8_t>(n);
      const Event event({"", 0, id, "Moved", ContentKind::kJson, "{}", ""});
      from_.append("hero-" + std::to_string(n % kStreams), std::span(&event, 1));
    }
  }

  // All of them are at the destination, and acknowledged.
  bool are_copied(std::size_t events) {
    const FakeConsumerGroup* const group = from_.group("$ce-hero", "copy");
    return group != nullptr && group->acknowledged().size() == events && group->is_settled();
  }

  void pass(Duration duration) {
    bool has_passed = false;
    loop_.at(loop_.now() + duration, [&] { has_passed = true; });
    ASSERT_TRUE(loop_.run_until([&] { return has_passed; }, duration));
  }

  // Copies half of the events, and the other half after an hour without that store.
  void survive_an_hour_without(FakeEventStore& store) {
    driver_.start(subscriptions_);
    write(0, kEvents / 2);
    ASSERT_TRUE(loop_.run_until([&] { return are_copied(kEvents / 2); }));
    store.stop();
    write(kEvents / 2, kEvents);
    pass(std::chrono::hours(1));
    store.start();
    ASSERT_TRUE(loop_.run_until([&] { return are_copied(kEvents); }));
    EXPECT_TRUE(killer_.kills.empty());
  }

  FakeEventLoop loop_;
  FakeEventStore from_{loop_};
  FakeEventStore to_{loop_};
  FakeClock clock_{loop_};
  LoggingObserver log_{clock_, false};
  StockSafetyNet safety_net_{SafetyAction::kRetry, SafetyAction::kSkip};
  const std::vector<Subscription> subscriptions_{{"$ce-hero", "copy", 200, {}}};
  Copier copier_{{}, subscriptions_, EventPolicy({{"Moved", nullptr}}), safety_net_, log_};
  LinkWatch link_watch_{{.on_failure = OnLinkFailure::kWait}, log_};
  FakeEventSource source_{from_, subscriptions_};
  FakeEventSink sink_{to_};
  RecordingProcessKiller killer_;
  CopyDriver driver_{copier_, link_watch_, source_, sink_, clock_, killer_};
  LineCounter log_lines_;
};

TEST_F(OutageTest, AnHourWithoutTheDestinationWritesTensOfLines) {
  survive_an_hour_without(to_);
  EXPECT_LT(log_lines_.lines(), 60);
}

TEST_F(OutageTest, AnHourWithoutTheSourceWritesTensOfLines) {
  survive_an_hour_without(from_);
  EXPECT_LT(log_lines_.lines(), 60);
}

TEST_F(OutageTest, WhatIsHeldMeanwhileStaysWithinTheSubscriptionsBuffer) {
  survive_an_hour_without(to_);
  const Copier::Load load = copier_.load();
  EXPECT_EQ(load.held_events, 0u);
  EXPECT_EQ(load.held_bytes, 0u);
  EXPECT_EQ(load.appends_in_flight, 0u);
  EXPECT_EQ(load.look_ups, 0u);
  EXPECT_EQ(load.lanes, 0u);
}

}  // namespace
}  // namespace interconnect::testing
