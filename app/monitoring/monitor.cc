#include "app/monitoring/monitor.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "app/group_advice.h"
#include "app/version.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::chrono::seconds kLookInterval{1};
constexpr Duration kRateWindow = std::chrono::seconds(10);

StatusPage page_of(const Health::Verdict& verdict) {
  return {.status = verdict.good ? 200u : 503u, .body = verdict.reasons};
}

}  // namespace

Monitor::Monitor(boost::asio::io_context& io, const Clock& clock, const Settings& settings, EventSource& source,
                 EventSink& sink, std::unique_ptr<StoreInspector> inspector, const CopyStatistics& statistics)
    : timer_(io),
      clock_(clock),
      settings_(settings.monitoring),
      statistics_(statistics),
      metrics_(settings_.http ? std::make_unique<PrometheusMetrics>(settings.subscriptions, kVersion) : nullptr),
      health_(clock.now()),
      inspector_(std::move(inspector)),
      source_(source, settings.subscriptions.size(),
              [this](const auto& error) { on_link_answered(Store::kSource, error); }),
      sink_(sink, clock, metrics_.get(), [this](const auto& error) { on_link_answered(Store::kDestination, error); }),
      lag_watch_(source_, *inspector_, clock, settings.subscriptions),
      projection_watch_(*inspector_, clock, settings.subscriptions),
      parked_watch_(source_, settings.subscriptions, group_advice(settings)) {
  for (const Subscription& one : settings.subscriptions) {
    watched_.push_back(
        {StallWatch("'" + excerpt(one.stream) + "' (group '" + excerpt(one.group) + "')", settings_.stall_after)});
  }
}

std::vector<CopyObserver*> Monitor::observers() {
  std::vector<CopyObserver*> all{this};
  if (metrics_ != nullptr) all.push_back(metrics_.get());
  return all;
}

void Monitor::start(const Copier& copier) {
  copier_ = &copier;
  const Time now = clock_.now();
  // The first answers tell most once the groups have been made.
  ask_lag_at_ = now + kLookInterval;
  summarize_at_ = now + settings_.summary_interval;
  settled_.push_back({now, 0});
  health_.on_turn(now, std::nullopt);
  if (settings_.http) serve(*settings_.http);
  if (LiveLine::is_possible()) live_line_ = std::make_unique<LiveLine>();
  look_after_interval();
}

void Monitor::serve(const Endpoint& address) {
  server_ = std::make_unique<StatusServer>(
      address, StatusPages{
                   {"/healthz", [this] { return page_of(health_.health(clock_.now())); }},
                   {"/readyz", [this] { return page_of(health_.readiness()); }},
                   {"/metrics",
                    [this] {
                      return StatusPage{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                        .body = metrics_->text()};
                    }},
               });
  const std::string host = address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
  LOG(INFO) << "health, readiness and metrics: http://" << host << ":" << server_->port()
            << "/healthz, /readyz, /metrics";
}

void Monitor::on_link_lost(Store store, const StoreError& error) {
  health_.on_link(store, "does not answer the link check: " + error.message);
}

void Monitor::on_link_answered(Store store, const std::optional<StoreError>& error) {
  health_.on_link(store, error ? std::optional("answers the link check with: " + error->message) : std::nullopt);
  if (metrics_ != nullptr) metrics_->on_link(store, !error);
}

void Monitor::look_after_interval() {
  timer_.expires_after(kLookInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look();
    look_after_interval();
  });
}

void Monitor::look() {
  const Time now = clock_.now();
  if (now >= ask_lag_at_) {
    ask_lag_at_ = now + settings_.lag_interval;
    lag_watch_.ask();
    projection_watch_.ask();
    parked_watch_.ask();
  }
  look_at_projections();
  settled_.push_back({now, settled(statistics_.counts())});
  while (settled_.size() > 2 && now - settled_[1].at >= kRateWindow) settled_.pop_front();

  const CopyLoad load = copier_->load();
  const std::optional<std::string> stall = look_for_stalls(now);
  health_.on_turn(now, stall);
  health_.on_parked(parked_watch_.finding());
  if (metrics_ != nullptr) {
    metrics_->on_load(load);
    metrics_->on_stall(stall.has_value());
    for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
      SubscriptionProgress progress = lag_watch_.progress(i);
      progress.parked_by_server = parked_watch_.by_server(i);
      metrics_->on_progress(i, progress);
    }
  }
  if (live_line_ != nullptr) {
    live_line_->show(figures());
  } else if (settings_.summary_interval.count() > 0 && now >= summarize_at_) {
    summarize_at_ = now + settings_.summary_interval;
    summarize();
  }
}

void Monitor::look_at_projections() {
  lag_doubt_.clear();
  for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
    const std::optional<std::string> doubt = projection_watch_.doubt(i);
    lag_watch_.doubt(i, doubt.has_value());
    if (doubt && lag_doubt_.empty()) lag_doubt_ = *doubt;
  }
  health_.on_projections(projection_watch_.lasting_doubts(settings_.stall_after));
  if (metrics_ == nullptr) return;
  for (const auto& [name, progress] : projection_watch_.progress()) metrics_->on_projection(name, progress);
}

std::optional<std::string> Monitor::look_for_stalls(Time now) {
  std::string reasons;
  for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
    const SubscriptionLoad load = copier_->load(i);
    const MeteredSource::Counts counts = source_.counts(i);
    auto& [watch, is_stalled] = watched_[i];
    watch.look({.is_connected = counts.is_connected,
                .settled = counts.answered,
                .held = load.unsettled,
                .lag_events = lag_watch_.progress(i).lag.value_or(Lag{}).events,
                .group_activity = lag_watch_.group_activity(i),
                .others_hold = lag_watch_.in_flight(i).value_or(0) > static_cast<std::int64_t>(load.unsettled),
                .links_answer = health_.links_answer(),
                .waits_for_older = now < load.waits_until},
               now);
    const std::optional<std::string> stall = watch.stall(now);
    if (stall) reasons += (reasons.empty() ? "" : "; ") + *stall;
    if (stall.has_value() != std::exchange(is_stalled, stall.has_value())) {
      if (stall) {
        LOG(ERROR) << *stall;
      } else {
        LOG(INFO) << "no longer stalled: " << watch.subscription();
      }
    }
    // Kills of consumers can leave a group of either generation so that it pushes nothing to anyone any more.
    if (watch.takes_turn_to_mend(now)) source_.renew_group(i);
  }
  return reasons.empty() ? std::nullopt : std::optional(reasons);
}

void Monitor::summarize() {
  const ProgressFigures seen = figures();
  const bool is_behind = seen.lag && seen.lag->events > 0;
  if (seen.counts == summarized_ && !is_behind && lag_doubt_.empty()) return;
  summarized_ = seen.counts;
  LOG(INFO) << progress_summary(seen);
}

ProgressFigures Monitor::figures() {
  const Settled& first = settled_.front();
  const Settled& last = settled_.back();
  const double seconds = std::chrono::duration<double>(last.at - first.at).count();
  return {statistics_.counts(),
          copier_->load(),
          seconds > 0 ? static_cast<double>(last.events - first.events) / seconds : 0,
          lag_watch_.lag(),
          parked_watch_.by_server(),
          lag_doubt_};
}

}  // namespace interconnect
