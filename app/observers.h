#pragma once

#include <utility>
#include <vector>

#include "domain/copy_observer.h"

namespace interconnect {

// Tells each of several observers, in their order. They outlive it.
class Observers final : public CopyObserver {
 public:
  explicit Observers(std::vector<CopyObserver*> observers) : observers_(std::move(observers)) {}

  void on_subscription_started(const Subscription& s, const SubscriptionStarted& started) override {
    for (CopyObserver* o : observers_) o->on_subscription_started(s, started);
  }
  void on_subscription_dropped(const Subscription& s, DropReason reason, std::string_view message) override {
    for (CopyObserver* o : observers_) o->on_subscription_dropped(s, reason, message);
  }
  void on_error(Store store, const StoreError& error) override {
    for (CopyObserver* o : observers_) o->on_error(store, error);
  }
  void on_link_lost(Store store, const StoreError& error) override {
    for (CopyObserver* o : observers_) o->on_link_lost(store, error);
  }
  void on_link_restored(Store store) override {
    for (CopyObserver* o : observers_) o->on_link_restored(store);
  }
  void on_events_copied(std::span<const Event> events) override {
    for (CopyObserver* o : observers_) o->on_events_copied(events);
  }
  void on_event_filtered(const EventView& event, std::string_view reason) override {
    for (CopyObserver* o : observers_) o->on_event_filtered(event, reason);
  }
  void on_event_invalid(const EventView& event, std::string_view reason) override {
    for (CopyObserver* o : observers_) o->on_event_invalid(event, reason);
  }
  void on_event_skipped(const EventView& event, const WriteFailure& failure) override {
    for (CopyObserver* o : observers_) o->on_event_skipped(event, failure);
  }
  void on_event_parked(const EventView& event, std::string_view reason) override {
    for (CopyObserver* o : observers_) o->on_event_parked(event, reason);
  }
  void on_event_filled_from_source(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_event_filled_from_source(event);
  }
  void on_event_already_present(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_event_already_present(event);
  }
  void on_event_redelivered(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_event_redelivered(event);
  }
  void on_deliveries_discarded(std::size_t deliveries) override {
    for (CopyObserver* o : observers_) o->on_deliveries_discarded(deliveries);
  }
  void on_event_may_be_doubled(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_event_may_be_doubled(event);
  }
  void on_duplicate_id(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_duplicate_id(event);
  }
  void on_event_out_of_order(const EventView& event) override {
    for (CopyObserver* o : observers_) o->on_event_out_of_order(event);
  }
  void on_link_target_gone(const LinkTargetGone& gone) override {
    for (CopyObserver* o : observers_) o->on_link_target_gone(gone);
  }
  void on_gap_left(const GapLeft& gap) override {
    for (CopyObserver* o : observers_) o->on_gap_left(gap);
  }

 private:
  std::vector<CopyObserver*> observers_;
};

}  // namespace interconnect
