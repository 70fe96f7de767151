#include "adapters/prometheus/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace interconnect {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Labels;

constexpr std::array kStores{Store::kSource, Store::kDestination};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// "drop reason" -> "drop_reason"
std::string label_value(std::string_view text) {
  std::string value(text);
  std::replace(value.begin(), value.end(), ' ', '_');
  return value;
}

// A histogram whose observations are gathered on one thread and handed over together: the library's own takes a lock.
class GatheredHistogram {
 public:
  GatheredHistogram(prometheus::Registry& registry, const std::string& name, const std::string& help,
                    std::vector<double> bounds)
      : bounds_(std::move(bounds)),
        counts_(bounds_.size() + 1),
        histogram_(prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds_)) {}

  void observe(double value) {
    counts_[static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin())] += 1;
    sum_ += value;
    gathered_ = true;
  }

  void hand_over() {
    if (!std::exchange(gathered_, false)) return;
    histogram_.ObserveMultiple(counts_, std::exchange(sum_, 0));
    std::fill(counts_.begin(), counts_.end(), 0);
  }

 private:
  std::vector<double> bounds_;  // upper ones, each inclusive
  std::vector<double> counts_;
  double sum_ = 0;
  bool gathered_ = false;
  prometheus::Histogram& histogram_;
};

constexpr std::array kErrorKinds{ErrorKind::kTimeout,          ErrorKind::kUnavailable,  ErrorKind::kNotReady,
                                 ErrorKind::kNotAuthenticated, ErrorKind::kAccessDenied, ErrorKind::kNotFound,
                                 ErrorKind::kStreamDeleted,    ErrorKind::kTooLarge,     ErrorKind::kUnsupported,
                                 ErrorKind::kInvalid};
constexpr std::array kDropReasons{
    DropReason::kConnectionLost,   DropReason::kGroupChanged,       DropReason::kNotFound, DropReason::kAccessDenied,
    DropReason::kNotAuthenticated, DropReason::kTooManySubscribers, DropReason::kServer};

}  // namespace

struct PrometheusMetrics::Series {
  Series(const std::vector<Subscription>& subscriptions, std::string_view version) {
    gauge("interconnect_build_info", "The program's version; always 1.", {{"version", std::string(version)}}).Set(1);
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", {}).SetToCurrentTime();

    for (const ErrorKind kind : kErrorKinds) {
      append_errors[kind] = &counter("interconnect_appends_total", "Appends to the destination, by their outcome.",
                                     {{"outcome", label_value(to_string(kind))}});
    }
    appended = &counter("interconnect_appends_total", "", {{"outcome", "written"}});
    wrong_version = &counter("interconnect_appends_total", "", {{"outcome", "wrong_expected_version"}});
    for (const Store store : kStores) {
      const Labels labels{{"store", std::string(to_string(store))}};
      link_failures[store] = &counter("interconnect_link_failures_total",
                                      "How often a store did not answer the link check in time.", labels);
      for (const ErrorKind kind : kErrorKinds) {
        errors[{store, kind}] =
            &counter("interconnect_store_errors_total", "What the stores answered instead of doing it.",
                     {{"store", labels.at("store")}, {"kind", label_value(to_string(kind))}});
      }
    }
    for (const Subscription& subscription : subscriptions) add(subscription);
  }

  struct OfSubscription {
    Labels labels;
    std::string stream;
    std::string group;
    Counter* delivered = nullptr;
    Counter* reconnections = nullptr;
    std::map<DropReason, Counter*> drops;
    Gauge* connected = nullptr;
    bool has_started = false;
    std::uint64_t delivered_told = 0;
    // Not there before they are known.
    Gauge* lag_events = nullptr;
    Gauge* lag_seconds = nullptr;
    Gauge* parked = nullptr;
    Gauge* parked_by_server = nullptr;
    Gauge* consumers = nullptr;
  };

  void add(const Subscription& subscription) {
    OfSubscription& one = subscriptions.emplace_back();
    one.stream = subscription.stream;
    one.group = subscription.group;
    one.labels = {{"stream", subscription.stream}, {"group", subscription.group}};
    one.delivered = &counter("interconnect_events_delivered_total",
                             "Events that the source delivered, again and again included.", one.labels);
    one.reconnections = &counter("interconnect_subscription_reconnections_total",
                                 "How often the subscription was connected again.", one.labels);
    one.connected = &gauge("interconnect_subscription_connected", "1: the subscription is connected.", one.labels);
    for (const DropReason reason : kDropReasons) {
      Labels labels = one.labels;
      labels["reason"] = label_value(to_string(reason));
      one.drops[reason] =
          &counter("interconnect_subscription_drops_total",
                   "How often the subscription's connection was lost or refused, by the reason.", labels);
    }
  }

  struct OfProjection {
    Gauge* running = nullptr;
    Gauge* percent = nullptr;
  };

  OfSubscription* find(const Subscription& subscription) {
    for (OfSubscription& one : subscriptions) {
      if (one.stream == subscription.stream && one.group == subscription.group) return &one;
    }
    return nullptr;
  }

  // The same name again gives the same family; its help stays.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family = counters[name];
    if (family == nullptr) family = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    return family->Add(labels);
  }
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family = gauges[name];
    if (family == nullptr) family = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    return family->Add(labels);
  }

  template <typename T>
  void set_if_known(Gauge*& series, const std::optional<T>& value, const char* name, const char* help,
                    const Labels& labels) {
    if (!value) return;
    if (series == nullptr) series = &gauge(name, help, labels);
    series->Set(static_cast<double>(*value));
  }
  // As above, and there is no series any more once it is not known again.
  template <typename T>
  void set_or_remove(Gauge*& series, const std::optional<T>& value, const char* name, const char* help,
                     const Labels& labels) {
    if (!value && series != nullptr) gauges.at(name)->Remove(std::exchange(series, nullptr));
    set_if_known(series, value, name, help, labels);
  }

  void set_link(Store store, bool answers) {
    set_if_known(link_up[store], std::optional(answers), "interconnect_link_up",
                 "1: the store answered the link check last, 0: it did not.",
                 {{"store", std::string(to_string(store))}});
  }

  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<Counter>*> counters;
  std::map<std::string, prometheus::Family<Gauge>*> gauges;

  Counter& copied = counter("interconnect_events_copied_total", "Events that the destination has confirmed.", {});
  Counter& filtered =
      counter("interconnect_events_filtered_total", "Events whose type or stream is not to be copied.", {});
  Counter& invalid = counter("interconnect_events_invalid_total",
                             "Events that their schema or validator does not take, and that are not parked.", {});
  Counter& skipped = counter("interconnect_events_skipped_total",
                             "Events that the safety net gave up: missing at the destination.", {});
  Counter& parked = counter("interconnect_events_parked_total", "Events that the safety net had the source park.", {});
  Counter& already_present =
      counter("interconnect_events_already_present_total", "Events that were at the destination already.", {});
  Counter& redelivered = counter("interconnect_events_redelivered_total",
                                 "Events that came again while they were on their way, or were done with.", {});
  Counter& filled = counter("interconnect_events_filled_from_source_total",
                            "Events that the subscription left out, read at the source and copied in their place.", {});
  Counter& discarded = counter("interconnect_deliveries_discarded_total",
                               "Deliveries dropped before a reconnection: they come again.", {});
  Counter& may_be_doubled = counter("interconnect_events_may_be_doubled_total",
                                    "Events written though the destination may hide an earlier copy of them.", {});
  Counter& duplicate_ids = counter("interconnect_events_duplicate_id_total",
                                   "Events with an id that their stream has had before: not copied again.", {});
  Counter& out_of_order =
      counter("interconnect_events_out_of_order_total",
              "Events copied behind newer ones of their stream, since they arrived after them.", {});
  Counter& links_without_target =
      counter("interconnect_links_without_target_total", "Links to events that are gone.", {});
  Counter& gaps_left =
      counter("interconnect_gaps_left_total",
              "Events copied though one before them in their stream did not come, and is not at the destination.", {});

  Counter* appended = nullptr;
  Counter* wrong_version = nullptr;
  std::map<ErrorKind, Counter*> append_errors;
  std::map<Store, Gauge*> link_up;  // of those that have been heard of
  std::map<Store, Counter*> link_failures;
  std::map<std::pair<Store, ErrorKind>, Counter*> errors;
  GatheredHistogram append_events{
      registry, "interconnect_append_events", "Events of an append.", {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}};
  GatheredHistogram append_bytes{registry,
                                 "interconnect_append_bytes",
                                 "Data and metadata of an append.",
                                 {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304}};
  GatheredHistogram append_seconds{registry,
                                   "interconnect_append_duration_seconds",
                                   "From sending an append to its outcome.",
                                   {.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}};

  Gauge& held_events = gauge("interconnect_held_events", "Events that are delivered and not yet acknowledged.", {});
  Gauge& held_bytes = gauge("interconnect_held_bytes", "Memory that these events take.", {});
  Gauge& in_flight_bytes =
      gauge("interconnect_in_flight_bytes", "Of held events, those in appends that have no outcome yet.", {});
  Gauge& appends_in_flight = gauge("interconnect_appends_in_flight", "Appends that have no outcome yet.", {});
  Gauge& look_ups = gauge("interconnect_look_ups_in_flight", "Streams of the destination that are being read.", {});
  Gauge& lanes = gauge("interconnect_active_streams", "Streams that have events under way.", {});

  Gauge& stalled = gauge("interconnect_stalled", "1: there is work, and none has been done for long.", {});

  std::vector<OfSubscription> subscriptions;
  std::map<std::string, OfProjection, std::less<>> projections;
};

PrometheusMetrics::PrometheusMetrics(const std::vector<Subscription>& subscriptions, std::string_view version)
    : series_(std::make_unique<Series>(subscriptions, version)) {}

PrometheusMetrics::~PrometheusMetrics() = default;

std::string PrometheusMetrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

void PrometheusMetrics::on_subscription_started(const Subscription& subscription, const SubscriptionStarted&) {
  Series::OfSubscription* one = series_->find(subscription);
  if (one == nullptr) return;
  if (std::exchange(one->has_started, true)) one->reconnections->Increment();
}

void PrometheusMetrics::on_subscription_dropped(const Subscription& subscription, DropReason reason, std::string_view) {
  Series::OfSubscription* one = series_->find(subscription);
  if (one != nullptr) one->drops.at(reason)->Increment();
}

void PrometheusMetrics::on_error(Store store, const StoreError& error) {
  series_->errors.at({store, error.kind})->Increment();
}

void PrometheusMetrics::on_link_lost(Store store, const StoreError&) {
  series_->link_failures.at(store)->Increment();
  series_->set_link(store, false);
}

void PrometheusMetrics::on_events_copied(std::span<const Event> events) {
  series_->copied.Increment(static_cast<double>(events.size()));
}

void PrometheusMetrics::on_event_filtered(const EventView&, std::string_view) { series_->filtered.Increment(); }
void PrometheusMetrics::on_event_invalid(const EventView&, std::string_view) { series_->invalid.Increment(); }
void PrometheusMetrics::on_event_skipped(const EventView&, const WriteFailure&) { series_->skipped.Increment(); }
void PrometheusMetrics::on_event_parked(const EventView&, std::string_view) { series_->parked.Increment(); }
void PrometheusMetrics::on_event_filled_from_source(const EventView&) { series_->filled.Increment(); }
void PrometheusMetrics::on_event_already_present(const EventView&) { series_->already_present.Increment(); }
void PrometheusMetrics::on_event_redelivered(const EventView&) { series_->redelivered.Increment(); }
void PrometheusMetrics::on_deliveries_discarded(std::size_t deliveries) {
  series_->discarded.Increment(static_cast<double>(deliveries));
}
void PrometheusMetrics::on_event_may_be_doubled(const EventView&) { series_->may_be_doubled.Increment(); }
void PrometheusMetrics::on_duplicate_id(const EventView&) { series_->duplicate_ids.Increment(); }
void PrometheusMetrics::on_event_out_of_order(const EventView&) { series_->out_of_order.Increment(); }
void PrometheusMetrics::on_link_target_gone(const LinkTargetGone&) { series_->links_without_target.Increment(); }
void PrometheusMetrics::on_gap_left(const GapLeft&) { series_->gaps_left.Increment(); }

void PrometheusMetrics::on_append_completed(const AppendOutcome& outcome, std::size_t events, std::size_t payload_bytes,
                                            Duration took) {
  series_->append_seconds.observe(seconds(took));
  if (const auto* error = std::get_if<StoreError>(&outcome)) {
    series_->append_errors.at(error->kind)->Increment();
  } else if (std::holds_alternative<WrongExpectedVersion>(outcome)) {
    series_->wrong_version->Increment();
  } else {
    series_->appended->Increment();
    series_->append_events.observe(static_cast<double>(events));
    series_->append_bytes.observe(static_cast<double>(payload_bytes));
  }
}

void PrometheusMetrics::on_link(Store store, bool answers) { series_->set_link(store, answers); }

void PrometheusMetrics::on_load(const CopyLoad& load) {
  series_->held_events.Set(static_cast<double>(load.held_events));
  series_->held_bytes.Set(static_cast<double>(load.held_bytes));
  series_->in_flight_bytes.Set(static_cast<double>(load.bytes_in_flight));
  series_->appends_in_flight.Set(static_cast<double>(load.appends_in_flight));
  series_->look_ups.Set(static_cast<double>(load.look_ups));
  series_->lanes.Set(static_cast<double>(load.lanes));
  series_->append_events.hand_over();
  series_->append_bytes.hand_over();
  series_->append_seconds.hand_over();
}

void PrometheusMetrics::on_stall(bool is_stalled) { series_->stalled.Set(is_stalled ? 1 : 0); }

void PrometheusMetrics::on_progress(SubscriptionIndex subscription, const SubscriptionProgress& progress) {
  Series::OfSubscription& one = series_->subscriptions.at(subscription);
  const std::uint64_t told = std::exchange(one.delivered_told, progress.delivered);
  one.delivered->Increment(static_cast<double>(progress.delivered - told));
  one.connected->Set(progress.is_connected ? 1 : 0);
  std::optional<std::int64_t> lag_events;
  std::optional<double> lag_seconds;
  if (progress.lag) {
    lag_events = progress.lag->events;
    lag_seconds = seconds(progress.lag->time);
  }
  series_->set_or_remove(one.lag_events, lag_events, "interconnect_subscription_lag_events",
                         "Events of the subscribed stream beyond those that are settled.", one.labels);
  series_->set_or_remove(one.lag_seconds, lag_seconds, "interconnect_subscription_lag_seconds",
                         "For how long the stream's end has been beyond what is settled, as seen since the start.",
                         one.labels);
  series_->set_if_known(one.parked, progress.parked, "interconnect_group_parked_messages",
                        "Messages that the group has parked at the source.", one.labels);
  series_->set_if_known(one.parked_by_server, progress.parked_by_server, "interconnect_group_server_parked_messages",
                        "Messages that the source's server has parked of its own accord, after as many retries as the "
                        "group allows: they may be missing at the destination.",
                        one.labels);
  series_->set_if_known(one.consumers, progress.consumers, "interconnect_group_consumers",
                        "Consumers that are connected to the group.", one.labels);
}

void PrometheusMetrics::on_projection(std::string_view name, const ProjectionProgress& progress) {
  Series::OfProjection& one = series_->projections.try_emplace(std::string(name)).first->second;
  const Labels labels{{"name", std::string(name)}};
  series_->set_or_remove(one.running, progress.is_running, "interconnect_projection_running",
                         "1: the projection of the source that fills what is copied runs.", labels);
  series_->set_or_remove(one.percent, progress.percent, "interconnect_projection_progress_percent",
                         "How far it is, as the server reckons: one at rest may stay a little below 100.", labels);
}

}  // namespace interconnect
