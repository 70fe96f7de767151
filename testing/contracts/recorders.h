#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "testing/contracts/store_under_test.h"

// Listeners that write down what they are told, and find fault with what no implementation may do.
namespace interconnect::testing {

// Set while a port is being called: nobody may be called back from within.
class CallGuard {
 public:
  template <typename Call>
  void call(Call call) {
    ++inside_;
    call();
    --inside_;
  }
  void check() const { EXPECT_EQ(inside_, 0) << "called from within a call"; }

 private:
  int inside_ = 0;
};

struct ReadRecord {
  std::optional<StoreError> error;
  std::vector<Event> events;
  std::vector<Revision> revisions;
  StreamPage page;  // without its events
};

inline ReadRecord record_of(const ReadOutcome& outcome) {
  ReadRecord record;
  if (const auto* error = std::get_if<StoreError>(&outcome)) {
    record.error = *error;
    return record;
  }
  record.page = std::get<StreamPage>(outcome);
  for (const EventView& event : record.page.events) {
    record.events.emplace_back(event);
    record.revisions.push_back(event.revision);
  }
  record.page.events = {};
  return record;
}

class SinkRecorder final : public EventSinkListener {
 public:
  explicit SinkRecorder(const CallGuard& guard) : guard_(&guard) {}

  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override {
    guard_->check();
    EXPECT_TRUE(appends.emplace(id, outcome).second) << "a second outcome of append " << id;
  }
  void on_outcomes_end() override { guard_->check(); }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    guard_->check();
    EXPECT_TRUE(reads.emplace(id, record_of(outcome)).second) << "a second outcome of read " << id;
  }
  void on_sink_lost(std::string_view message) override {
    guard_->check();
    lost = message;
  }

  std::map<std::uint64_t, AppendOutcome> appends;
  std::map<std::uint64_t, ReadRecord> reads;
  std::string lost;

 private:
  const CallGuard* guard_;
};

class SourceRecorder final : public EventSourceListener {
 public:
  struct Delivered {
    EventId ack_id;
    Revision position = 0;
    std::int32_t retry_count = 0;
    std::optional<Event> event;
  };

  explicit SourceRecorder(const CallGuard& guard) : guard_(&guard) {}

  void on_subscription_started(const SubscriptionStarted& event) override {
    guard_->check();
    started.push_back(event);
  }
  void on_delivery(const Delivery& delivery) override {
    guard_->check();
    EXPECT_FALSE(started.empty()) << "an event before the subscription has started";
    deliveries.push_back({delivery.ack_id, delivery.position, delivery.retry_count, std::nullopt});
    if (delivery.event != nullptr) deliveries.back().event.emplace(*delivery.event);
  }
  void on_deliveries_end() override {
    guard_->check();
    handed_over = deliveries.size();
  }
  void on_subscription_dropped(SubscriptionIndex, DropReason reason, std::string_view) override {
    guard_->check();
    drops.push_back(reason);
  }
  void on_older_consumers_suspected(SubscriptionIndex) override { guard_->check(); }
  void on_source_lost(std::string_view message) override {
    guard_->check();
    lost = message;
  }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    guard_->check();
    EXPECT_TRUE(reads.emplace(id, record_of(outcome)).second) << "a second outcome of read " << id;
  }

  std::vector<SubscriptionStarted> started;
  std::vector<Delivered> deliveries;
  std::size_t handed_over = 0;  // how many deliveries had been told when their end was told
  std::vector<DropReason> drops;
  std::map<std::uint64_t, ReadRecord> reads;
  std::string lost;

 private:
  const CallGuard* guard_;
};

// A different id for each n.
inline EventId id_of(int n) {
  EventId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(7 * i + 1);
  id.bytes[0] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[1] = static_cast<std::uint8_t>(n);
  return id;
}

inline std::vector<Event> events_of(int first, int count, std::string_view data = R"({"a":1.0})") {
  std::vector<Event> events;
  for (int n = first; n < first + count; ++n) {
    events.emplace_back(EventView{"", 0, id_of(n), "Happened", ContentKind::kJson, data, R"({"b":2})"});
  }
  return events;
}

template <typename Port>
std::optional<StoreError> probe(Port& port, StoreUnderTest& store, CallGuard& guard) {
  int answers = 0;
  std::optional<StoreError> error;
  guard.call([&] {
    port.probe([&](const std::optional<StoreError>& e) {
      guard.check();
      ++answers;
      error = e;
    });
  });
  EXPECT_TRUE(store.run_until([&] { return answers > 0; }));
  EXPECT_EQ(answers, 1);
  return error;
}

template <typename Port>
void stop(Port& port, StoreUnderTest& store, CallGuard& guard) {
  int stopped = 0;
  guard.call([&] {
    port.stop([&] {
      guard.check();
      ++stopped;
    });
  });
  EXPECT_TRUE(store.run_until([&] { return stopped > 0; }));
  EXPECT_EQ(stopped, 1);
}

}  // namespace interconnect::testing
