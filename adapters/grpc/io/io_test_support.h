#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/scripted_server.h"

namespace interconnect::next {

// Only a test that fails waits as long.
inline constexpr auto kPatience = std::chrono::seconds(60);

// Runs the loop until the condition holds.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    io.run_one_until(std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds(10)));
    io.restart();
    barrier();
  }
  return true;
}

inline GrpcStoreSettings settings_for(std::uint16_t port) {
  GrpcStoreSettings settings;
  settings.hosts = {{"127.0.0.1", port}};
  settings.connection_name = "test";
  settings.reconnection.delay = std::chrono::milliseconds(50);
  settings.operation_timeout = kPatience;
  return settings;
}

struct ReadAnswer {
  std::uint64_t id = 0;
  std::optional<StoreError> error;
  StreamPage page;
  std::vector<Event> events;
};

inline ReadAnswer copy_of(std::uint64_t id, const ReadOutcome& outcome) {
  ReadAnswer answer;
  answer.id = id;
  if (const auto* error = std::get_if<StoreError>(&outcome)) {
    answer.error = *error;
    return answer;
  }
  answer.page = std::get<StreamPage>(outcome);
  for (const EventView& event : answer.page.events) answer.events.emplace_back(event);
  return answer;
}

class SinkRecorder : public EventSinkListener {
 public:
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override {
    outcomes.emplace_back(id, outcome);
    ++since_end;
  }
  void on_outcomes_end() override {
    EXPECT_GT(since_end, 0);
    since_end = 0;
    ++ends;
  }
  void on_sink_lost(std::string_view message) override { lost.emplace_back(message); }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    reads.push_back(copy_of(id, outcome));
  }

  std::vector<std::pair<std::uint64_t, AppendOutcome>> outcomes;
  std::vector<std::string> lost;
  std::vector<ReadAnswer> reads;
  int since_end = 0;
  int ends = 0;
};

class SourceRecorder : public EventSourceListener {
 public:
  struct Delivered {
    EventId ack_id;
    Revision position = 0;
    std::int32_t retry_count = 0;
    std::optional<Event> event;
  };

  void on_subscription_started(const SubscriptionStarted& event) override { started.push_back(event); }
  void on_delivery(const Delivery& delivery) override {
    Delivered delivered{delivery.ack_id, delivery.position, delivery.retry_count, std::nullopt};
    if (delivery.event != nullptr) delivered.event.emplace(*delivery.event);
    deliveries.push_back(std::move(delivered));
    ++since_end;
  }
  void on_deliveries_end() override {
    EXPECT_GT(since_end, 0);
    since_end = 0;
    ++ends;
  }
  void on_subscription_dropped(SubscriptionIndex, DropReason reason, std::string_view) override {
    dropped.push_back(reason);
  }
  void on_older_consumers_suspected(SubscriptionIndex) override { ++suspicions; }
  void on_source_lost(std::string_view message) override { lost.emplace_back(message); }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    reads.push_back(copy_of(id, outcome));
  }

  std::vector<SubscriptionStarted> started;
  std::vector<Delivered> deliveries;
  std::vector<DropReason> dropped;
  std::vector<std::string> lost;
  std::vector<ReadAnswer> reads;
  int suspicions = 0;
  int since_end = 0;
  int ends = 0;
};

template <typename Store>
void stop_and_wait(boost::asio::io_context& io, Store& store) {
  int stopped = 0;
  store.stop([&] { ++stopped; });
  EXPECT_EQ(stopped, 0) << "told from within stop()";
  EXPECT_TRUE(run_until(io, [&] { return stopped > 0; }));
  io.poll();
  EXPECT_EQ(stopped, 1);
}

}  // namespace interconnect::next
