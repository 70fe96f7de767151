#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "domain/copier/copier.h"
#include "domain/link_watch/link_watch.h"
#include "ports/clock.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "ports/process_killer.h"

namespace interconnect {

// Runs the copier and the link watch over their ports: hands them what these tell, does what they say. Decides nothing.
class CopyDriver final {
 public:
  // All outlive the driver. Everything is called on one thread.
  CopyDriver(Copier& copier, LinkWatch& link_watch, EventSource& source, EventSink& sink, Clock& clock,
             ProcessKiller& killer);

  CopyDriver(const CopyDriver&) = delete;
  CopyDriver& operator=(const CopyDriver&) = delete;

  // Connects both ends and subscribes.
  void start(const std::vector<Subscription>& subscriptions);

  // Finishes what is in flight, disconnects, and ends the process with kStopped, all within that time.
  void stop(Duration within);

 private:
  class SourceListener final : public EventSourceListener {
   public:
    explicit SourceListener(CopyDriver& driver) : driver_(driver) {}
    void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override;
    void on_subscription_started(const SubscriptionStarted& started) override;
    void on_delivery(const Delivery& delivery) override;
    void on_deliveries_end() override;
    void on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message) override;
    void on_older_consumers_suspected(SubscriptionIndex subscription) override;
    void on_source_lost(std::string_view message) override;

   private:
    CopyDriver& driver_;
  };
  class SinkListener final : public EventSinkListener {
   public:
    explicit SinkListener(CopyDriver& driver) : driver_(driver) {}
    void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override;
    void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) override;
    void on_outcomes_end() override;
    void on_sink_lost(std::string_view message) override;

   private:
    CopyDriver& driver_;
  };

  void advance();
  void perform(const Action& action);
  void check_links();
  void set_alarm();
  void leave(ExitCode code, std::string_view last_words);

  Copier& copier_;
  LinkWatch& link_watch_;
  EventSource& source_;
  EventSink& sink_;
  Clock& clock_;
  ProcessKiller& killer_;
  SourceListener source_listener_{*this};
  SinkListener sink_listener_{*this};
  std::vector<Action> actions_;
  Time alarm_ = kNever;
  Time leave_by_ = kNever;
  bool has_left_ = false;
  bool has_ended_ = false;
};

}  // namespace interconnect
