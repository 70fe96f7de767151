#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration/settings.h"
#include "app/monitoring/process_usage.h"
#include "app/monitoring/progress_text.h"
#include "domain/copy_observer.h"
#include "domain/status/copy_status.h"
#include "ports/clock.h"
#include "ports/store_inspector.h"

namespace interconnect {

// Gathers what there is to show of a copy: what happens, as it happens, and what each look finds. On the copying
// thread.
class StatusCollector final : public CopyObserver {
 public:
  // `clock` outlives it.
  StatusCollector(const Clock& clock, const Settings& settings);

  // What a look has found; the collector knows the rest.
  struct Look {
    ProgressFigures figures = {};
    std::array<ServerInfo, 2> servers = {};  // by store, as far as they have answered
    // Without what is known of their connections.
    std::vector<SubscriptionStatus> subscriptions = {};
    bool waits_for_older = false;  // one of them does
  };
  CopyStatus look(const Look& look);

  void on_stop_requested() { is_stopping_ = true; }
  void on_end(CopyEnd end) { end_ = std::move(end); }
  // An answer to the link check; nothing: a good one.
  void on_link_answered(Store store, std::optional<std::string> problem);

  void on_subscription_started(const Subscription& subscription, const SubscriptionStarted& started) override;
  void on_subscription_dropped(const Subscription& subscription, DropReason reason, std::string_view message) override;
  void on_link_lost(Store store, const StoreError& error) override;
  void on_events_copied(std::span<const Event> events) override;
  void on_event_filtered(const EventView& event, std::string_view reason) override;
  void on_event_invalid(const EventView& event, std::string_view reason) override;
  void on_event_skipped(const EventView& event, const WriteFailure& failure) override;
  void on_event_parked(const EventView& event, std::string_view reason) override;

 private:
  struct Connection {
    std::string stream;
    std::string group;
    bool is_connected = false;
    bool has_been = false;
    std::uint64_t reconnections = 0;
    Time since{0};
  };

  CopyState judge(const Look& look);
  void add_progress(const Look& look, CopyStatus& status) const;
  void add_subscriptions(const Look& look, CopyStatus& status) const;
  void add_troubles(CopyStatus& status);
  std::optional<std::int64_t> bytes_of(const std::optional<Lag>& lag) const;

  const Clock& clock_;
  CopyStatus frame_;  // what does not change, and the links
  std::vector<Connection> connections_;
  CopyStateJudge judge_;
  CopyState state_;
  Time state_since_;
  bool is_stopping_ = false;
  std::optional<CopyEnd> end_;
  StatusHistory history_;
  ProcessUsage usage_;
  EventTroubles troubles_;
  std::shared_ptr<const std::vector<TroubleCount>> shown_counts_;
  std::shared_ptr<const std::vector<EventTrouble>> shown_troubles_;
  std::uint64_t shown_total_ = 0;
  // Of one event of each append, for the size that events have of late.
  double sampled_bytes_ = 0;
  double sampled_events_ = 0;
};

}  // namespace interconnect
