#include "app/monitoring/monitor.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "adapters/http_status/page/status_page.h"
#include "app/group_advice.h"
#include "app/version.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::chrono::seconds kLookInterval{1};
constexpr Duration kRateWindow = std::chrono::seconds(10);

// Whoever has no login is told no more than a word.
StatusPage page_of(const Health::Verdict& verdict, bool is_known, const char* good, const char* bad) {
  return {.status = verdict.good ? 200u : 503u, .body = is_known ? verdict.reasons : verdict.good ? good : bad};
}

std::vector<StatusSetting> shown_settings(const std::vector<EffectiveSetting>& effective) {
  std::vector<StatusSetting> shown;
  for (const EffectiveSetting& one : effective) {
    shown.push_back({excerpt(one.name), excerpt(one.value), excerpt(one.origin)});
  }
  return shown;
}

}  // namespace

Monitor::Monitor(boost::asio::io_context& io, const Clock& clock, const Settings& settings, EventSource& source,
                 EventSink& sink, Inspectors inspectors, const CopyStatistics& statistics)
    : timer_(io),
      clock_(clock),
      settings_(settings.monitoring),
      statistics_(statistics),
      metrics_(settings_.http ? std::make_unique<PrometheusMetrics>(settings.subscriptions, kVersion) : nullptr),
      health_(clock.now()),
      inspectors_(std::move(inspectors)),
      source_(source, settings.subscriptions.size(),
              [this](const auto& error) { on_link_answered(Store::kSource, error); }),
      sink_(sink, clock, metrics_.get(), [this](const auto& error) { on_link_answered(Store::kDestination, error); }),
      lag_watch_(source_, *inspectors_.source, clock, settings.subscriptions),
      projection_watch_(*inspectors_.source, clock, settings.subscriptions),
      parked_watch_(source_, settings.subscriptions, group_advice(settings)) {
  for (const Subscription& one : settings.subscriptions) {
    watched_.push_back(
        {StallWatch("'" + excerpt(one.stream) + "' (group '" + excerpt(one.group) + "')", settings_.stall_after)});
  }
  if (!settings_.http) return;
  shown_ = std::unique_ptr<Shown>(new Shown{{clock, settings},
                                            {clock, shown_settings(settings.effective), settings.warnings},
                                            {*inspectors_.source, clock},
                                            {*inspectors_.destination, clock}});
}

std::vector<CopyObserver*> Monitor::observers() {
  std::vector<CopyObserver*> all{this};
  if (metrics_ != nullptr) all.push_back(metrics_.get());
  if (shown_ != nullptr) all.push_back(&shown_->collector);
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
  if (settings_.http) {
    publish_status();
    serve(*settings_.http);
  }
  if (LiveLine::is_possible()) live_line_ = std::make_unique<LiveLine>();
  look_after_interval();
}

void Monitor::serve(const Endpoint& address) {
  server_ = std::make_unique<StatusServer>(
      address,
      StatusServer::Options{
          .routes = routes(), .feed_path = "/status/feed", .feed = &shown_->board, .access = settings_.http_access});
  const std::string host = address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
  const std::string url = "http://" + host + ":" + std::to_string(server_->port());
  LOG(INFO) << "health, readiness and metrics: " << url << "/healthz, /readyz, /metrics; status page: " << url << "/";
}

StatusRoutes Monitor::routes() {
  StatusRoutes routes;
  routes["/"] = {[](bool) {
    return StatusPage{.content_type = "text/html; charset=utf-8",
                      .body = std::string(kStatusPage),
                      .content_security_policy = std::string(kStatusPagePolicy)};
  }};
  routes["/status"] = {
      [this](bool) { return StatusPage{.content_type = "application/json", .body = shown_->board.json()}; }};
  routes["/healthz"] = {
      [this](bool is_known) { return page_of(health_.health(clock_.now()), is_known, "well\n", "unwell\n"); }, true};
  routes["/readyz"] = {[this](bool is_known) { return page_of(health_.readiness(), is_known, "ready\n", "unready\n"); },
                       true};
  routes["/metrics"] = {[this](bool) {
    return StatusPage{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_->text()};
  }};
  return routes;
}

void Monitor::on_stop_requested() {
  if (shown_ == nullptr) return;
  shown_->collector.on_stop_requested();
  publish_status();
}

void Monitor::say_goodbye(CopyEnd end) {
  if (shown_ == nullptr || server_ == nullptr) return;
  shown_->collector.on_end(std::move(end));
  publish_status();
  server_->say_goodbye(shown_->board.end_event());
}

void Monitor::on_link_lost(Store store, const StoreError& error) {
  health_.on_link(store, "does not answer the link check: " + error.message);
}

void Monitor::on_link_answered(Store store, const std::optional<StoreError>& error) {
  const auto problem = error ? std::optional("answers the link check with: " + error->message) : std::nullopt;
  health_.on_link(store, problem);
  if (shown_ != nullptr) {
    shown_->collector.on_link_answered(store, problem);
    // Another node may answer next.
    if (error) (store == Store::kSource ? shown_->source_server : shown_->destination_server).doubt();
  }
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
    if (shown_ != nullptr) {
      shown_->source_server.ask();
      shown_->destination_server.ask();
    }
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
  if (shown_ != nullptr) publish_status();
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
    auto& [watch, stall] = watched_[i];
    watch.look({.is_connected = counts.is_connected,
                .settled = counts.answered,
                .held = load.unsettled,
                .lag_events = lag_watch_.progress(i).lag.value_or(Lag{}).events,
                .group_activity = lag_watch_.group_activity(i),
                .others_hold = lag_watch_.in_flight(i).value_or(0) > static_cast<std::int64_t>(load.unsettled),
                .links_answer = health_.links_answer(),
                .waits_for_older = now < load.waits_until},
               now);
    const bool was_stalled = std::exchange(stall, watch.stall(now)).has_value();
    if (stall) reasons += (reasons.empty() ? "" : "; ") + *stall;
    if (stall.has_value() != was_stalled) {
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

void Monitor::publish_status() {
  StatusCollector::Look look{.figures = figures(),
                             .servers = {shown_->source_server.info(), shown_->destination_server.info()}};
  for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
    look.subscriptions.push_back(status_of(i));
    look.waits_for_older = look.waits_for_older || clock_.now() < copier_->load(i).waits_until;
  }
  shown_->board.publish(shown_->collector.look(look));
}

SubscriptionStatus Monitor::status_of(SubscriptionIndex subscription) {
  const SubscriptionProgress progress = lag_watch_.progress(subscription);
  const LagWatch::Place place = lag_watch_.place(subscription);
  return {.delivered = progress.delivered,
          .start = place.start,
          .position = place.position,
          .end = place.end,
          .end_as_of = place.end_as_of,
          .lag = progress.lag,
          .in_flight = copier_->load(subscription).unsettled,
          .group_in_flight = lag_watch_.in_flight(subscription),
          .parked = progress.parked,
          .parked_by_server = parked_watch_.by_server(subscription),
          .consumers = progress.consumers,
          .stall = watched_[subscription].stall,
          .projections = projection_watch_.status(subscription)};
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
