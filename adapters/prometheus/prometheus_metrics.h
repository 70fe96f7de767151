#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/copy_observer.h"
#include "ports/copy_meter.h"

namespace interconnect {

// The copy's metrics, under Prometheus' naming conventions. Everything but text() is called on the copying thread, and
// neither locks nor allocates for an event or an append; text() may be called on any thread.
class PrometheusMetrics final : public CopyObserver, public CopyMeter {
 public:
  // `version`: of this program.
  PrometheusMetrics(const std::vector<Subscription>& subscriptions, std::string_view version);
  ~PrometheusMetrics() override;

  // The exposition text (format 0.0.4).
  std::string text() const;

  void on_subscription_started(const Subscription& subscription, const SubscriptionStarted& started) override;
  void on_subscription_dropped(const Subscription& subscription, DropReason reason, std::string_view message) override;
  void on_error(Store store, const StoreError& error) override;
  void on_link_lost(Store store, const StoreError& error) override;
  void on_events_copied(std::span<const Event> events) override;
  void on_event_filtered(const EventView& event, std::string_view reason) override;
  void on_event_invalid(const EventView& event, std::string_view reason) override;
  void on_event_skipped(const EventView& event, const WriteFailure& failure) override;
  void on_event_parked(const EventView& event, std::string_view reason) override;
  void on_event_filled_from_source(const EventView& event) override;
  void on_event_already_present(const EventView& event) override;
  void on_event_redelivered(const EventView& event) override;
  void on_deliveries_discarded(std::size_t deliveries) override;
  void on_event_may_be_doubled(const EventView& event) override;
  void on_duplicate_id(const EventView& event) override;
  void on_event_out_of_order(const EventView& event) override;
  void on_link_target_gone(const LinkTargetGone& gone) override;
  void on_gap_left(const GapLeft& gap) override;

  void on_append_completed(const AppendOutcome& outcome, std::size_t events, std::size_t payload_bytes,
                           Duration took) override;
  void on_link(Store store, bool answers) override;
  void on_load(const CopyLoad& load) override;
  void on_stall(bool is_stalled) override;
  void on_progress(SubscriptionIndex subscription, const SubscriptionProgress& progress) override;
  void on_projection(std::string_view name, const ProjectionProgress& progress) override;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace interconnect
