// Long copies over the simulated stores, with no faults but the test's own: an hour without a store, and a hundred
// thousand streams.
#include <glog/logging.h>

#include <string>
#include <vector>

#include "app/copy_driver.h"
#include "app/logging_observer.h"
#include "domain/link_watch/link_watch.h"
#include "gtest/gtest.h"
#include "testing/fakes/recording_process_killer.h"
#include "testing/simulation/sim_clock.h"
#include "testing/simulation/sim_sink.h"
#include "testing/simulation/sim_source.h"

namespace interconnect::simulation {
namespace {

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

Plan plan_with(std::int32_t buffer_size) {
  Plan plan;
  // Pinned looks through all streams for each new one.
  plan.subscriptions = {{"$ce-s", "copy", buffer_size, {.consumer_strategy = ConsumerStrategy::kDispatchToSingle}}};
  plan.history_buffer = buffer_size;
  return plan;
}

class LongCopyTest : public ::testing::Test {
 protected:
  explicit LongCopyTest(std::int32_t buffer_size = 200, int streams = 500)
      : streams_(streams), context_(plan_with(buffer_size), false) {}

  std::string stream_of(int n) const { return "s-" + std::to_string(n % streams_); }
  void write(int from, int to) {
    for (int n = from; n < to; ++n) {
      StoredEvent event;
      event.id = make_id(1, static_cast<std::uint64_t>(n));
      event.type = "Moved";
      event.data = "{\"n\":" + std::to_string(n) + "}";
      context_.source.append_any(stream_of(n), event, context_.now(), Duration{0});
      source_server_.add(context_.source.find(stream_of(n))->back(), false);
    }
  }
  void run_until(Time when) {
    while (context_.now() < when) ASSERT_TRUE(context_.scheduler.step());
  }
  // Everything that was written is acknowledged.
  void copy_all() {
    const Time give_up_at = context_.now() + std::chrono::minutes(10);
    while (!source_server_.is_settled() && killer_.kills.empty()) {
      ASSERT_TRUE(context_.scheduler.step());
      ASSERT_LT(context_.now(), give_up_at);
    }
    EXPECT_TRUE(killer_.kills.empty());
    EXPECT_TRUE(context_.violations.empty()) << context_.violations.front();
  }
  // Each event is at the destination once, in the order of its stream.
  void expect_copied(int events) {
    std::size_t there = 0;
    for (const auto& [name, stream] : context_.destination.streams()) there += stream.size();
    EXPECT_EQ(there, static_cast<std::size_t>(events));
    for (int n = 0; n < events; ++n) {
      const std::vector<StoredEvent>* const stream = context_.destination.find(stream_of(n));
      ASSERT_NE(stream, nullptr) << n;
      const StoredEvent& copied = stream->at(static_cast<std::size_t>(n / streams_));
      EXPECT_EQ(copied.id, make_id(1, static_cast<std::uint64_t>(n)));
      EXPECT_EQ(copied.data, "{\"n\":" + std::to_string(n) + "}");
    }
  }

  // Copies half of the events, and the other half after an hour without that server.
  void survive_an_hour_without(auto stop, auto start) {
    constexpr int kEvents = 2'000;
    driver_.start(context_.plan.subscriptions);
    write(0, kEvents / 2);
    copy_all();
    stop();
    write(kEvents / 2, kEvents);
    run_until(context_.now() + std::chrono::hours(1));
    start();
    copy_all();
    expect_copied(kEvents);
  }
  void survive_an_hour_without_source() {
    survive_an_hour_without([this] { source_server_.stop(); }, [this] { source_server_.start(); });
  }
  void survive_an_hour_without_destination() {
    survive_an_hour_without([this] { destination_server_.stop(false); }, [this] { destination_server_.start(); });
  }

  const int streams_;
  Context context_;
  SourceServer source_server_{context_, {0}};
  DestinationServer destination_server_{context_};
  SimClock clock_{context_};
  LoggingObserver log_{clock_, false};
  StockSafetyNet safety_net_{SafetyAction::kRetry, SafetyAction::kSkip};
  Copier copier_{{}, context_.plan.subscriptions, EventPolicy({{"Moved", nullptr}}), safety_net_, log_};
  LinkWatch link_watch_{{.on_failure = OnLinkFailure::kWait}, log_};
  SimSource source_{context_, source_server_, GroupState::kCreated, [](const Pushed&) {}};
  SimSink sink_{context_, destination_server_};
  testing::RecordingProcessKiller killer_;
  CopyDriver driver_{copier_, link_watch_, source_, sink_, clock_, killer_};
  LineCounter log_lines_;
};

TEST_F(LongCopyTest, AnHourWithoutTheDestinationWritesTensOfLinesAndLeavesNothingHeld) {
  survive_an_hour_without_destination();
  EXPECT_LT(log_lines_.lines(), 60);
  const CopyLoad load = copier_.load();
  EXPECT_EQ(load.held_events, 0u);
  EXPECT_EQ(load.held_bytes, 0u);
  EXPECT_EQ(load.appends_in_flight, 0u);
  EXPECT_EQ(load.look_ups, 0u);
  EXPECT_EQ(load.lanes, 0u);
}

TEST_F(LongCopyTest, AnHourWithoutTheSourceWritesTensOfLines) {
  survive_an_hour_without_source();
  EXPECT_LT(log_lines_.lines(), 60);
}

class ManyStreamsTest : public LongCopyTest {
 protected:
  ManyStreamsTest() : LongCopyTest(2'000, 100'000) {}
};

TEST_F(ManyStreamsTest, AHundredThousandStreamsAreCopiedInOrder) {
  write(0, 200'000);
  driver_.start(context_.plan.subscriptions);
  copy_all();
  expect_copied(200'000);
  driver_.stop(std::chrono::seconds(5));
  while (killer_.kills.empty()) ASSERT_TRUE(context_.scheduler.step());
  EXPECT_EQ(killer_.kills[0].code, ExitCode::kStopped) << killer_.kills[0].last_words;
}

}  // namespace
}  // namespace interconnect::simulation
