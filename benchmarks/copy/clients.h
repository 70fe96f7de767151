#pragma once

#include <string>

#include "benchmarks/copy/loop.h"
#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"

namespace interconnect::copy_benchmark {

// Fails the loop on whatever a measurement does not expect.
class SinkListener : public EventSinkListener {
 public:
  explicit SinkListener(Loop& loop) : loop_(loop) {}
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override;
  void on_outcomes_end() override {}
  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_sink_lost(std::string_view message) override { loop_.fail("connection lost: " + std::string(message)); }

 protected:
  virtual void on_appended(std::uint64_t, Revision) {}

  Loop& loop_;
};

class SourceListener : public EventSourceListener {
 public:
  explicit SourceListener(Loop& loop) : loop_(loop) {}
  void on_subscription_started(const SubscriptionStarted&) override {}
  void on_deliveries_end() override {}
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message) override;
  void on_source_lost(std::string_view message) override { loop_.fail("connection lost: " + std::string(message)); }

 protected:
  Loop& loop_;
};

// Returns once the store answers; throws Failure.
void connect(Loop& loop, EventSink& sink, SinkListener& listener);
// Returns once everything is sent and the connection is closed.
template <typename Port>
void disconnect(Loop& loop, Port& port) {
  port.stop([&loop] { loop.finish(); });
  loop.run("disconnecting");
}

}  // namespace interconnect::copy_benchmark
