#include "app/monitoring/status_collector.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

#include "app/version.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr double kMostSampled = 10'000;  // then older ones count half

StoreStatus store_status(const StoreSettings& settings) {
  StoreStatus status;
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings)) {
    status.address = to_text(legacy->tcp);
    status.protocol = "TCP";
    return status;
  }
  for (const Endpoint& host : std::get<GrpcStoreSettings>(settings).hosts) {
    status.address += (status.address.empty() ? "" : ", ") + to_text(host);
  }
  status.protocol = "gRPC";
  return status;
}

std::string connection_name(const StoreSettings& settings) {
  return std::visit([](const auto& store) { return store.connection_name; }, settings);
}

std::int64_t unix_milliseconds(Time now) {
  const auto wall = std::chrono::system_clock::now().time_since_epoch() - now;
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
}

// Of what the subscriptions have to do; rounded down, so that 1 is all of it.
std::optional<double> share_done(const std::vector<SubscriptionStatus>& subscriptions) {
  double done = 0;
  double all = 0;
  for (const SubscriptionStatus& one : subscriptions) {
    if (!one.lag || !one.position || !one.end) return std::nullopt;
    const Revision first = std::max<Revision>(one.start.value_or(0), 0);
    // What has been delivered is there, though the last look at the end did not see it.
    const Revision end = std::max(*one.end, *one.position + static_cast<Revision>(one.in_flight));
    const auto of_one = static_cast<double>(std::max<Revision>(end + 1 - first, 0));
    all += of_one;
    done += std::clamp(static_cast<double>(*one.position + 1 - first), 0.0, of_one);
  }
  return all == 0 ? 1 : std::floor(done / all * 10'000) / 10'000;
}

std::vector<std::pair<std::string, std::uint64_t>> named(const CopyStatistics::Counts& counts) {
  return {{"copied", counts.copied},
          {"appends", counts.appends},
          {"filtered", counts.filtered},
          {"invalid", counts.invalid},
          {"failed", counts.skipped},
          {"parked", counts.parked},
          {"alreadyPresent", counts.already_present},
          {"redelivered", counts.redelivered},
          {"duplicateIds", counts.duplicate_ids},
          {"outOfOrder", counts.out_of_order},
          {"linksWithoutTarget", counts.links_without_target},
          {"filledFromSource", counts.filled_from_source},
          {"mayBeDoubled", counts.may_be_doubled},
          {"discarded", counts.discarded}};
}

}  // namespace

StatusCollector::StatusCollector(const Clock& clock, const Settings& settings)
    : clock_(clock), state_since_(clock.now()) {
  const Time now = clock_.now();
  frame_.version = kVersion;
  frame_.connection_name = connection_name(settings.source);
  frame_.epoch = unix_milliseconds(now);
  frame_.started = now;
  frame_.stores = {store_status(settings.source), store_status(settings.destination)};
  for (StoreStatus& store : frame_.stores) store.since = now;
  for (const Subscription& one : settings.subscriptions) {
    connections_.push_back({.stream = one.stream, .group = one.group, .since = now});
  }
}

CopyState StatusCollector::judge(const Look& look) {
  if (end_) return {CopyPhase::kEnded, end_->last_words};
  CopyStateLook seen{.is_stopping = is_stopping_, .waits_for_older = look.waits_for_older, .lag = look.figures.lag};
  for (std::size_t i = 0; i < 2; ++i) {
    const StoreStatus& store = frame_.stores[i];
    seen.has_answered[i] = store.answers.has_value();
    if (store.answers == false) seen.link_problems[i] = store.problem;
  }
  seen.was_connected = std::all_of(connections_.begin(), connections_.end(), [](const auto& c) { return c.has_been; });
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const Connection& one = connections_[i];
    if (!one.is_connected && !seen.unconnected) seen.unconnected = "'" + excerpt(one.stream) + "'";
    const auto& stall = look.subscriptions[i].stall;
    if (stall) seen.stall = seen.stall ? *seen.stall + "; " + *stall : *stall;
  }
  if (!look.figures.lag_doubt.empty()) seen.lag_doubt = look.figures.lag_doubt;
  seen.time_left = time_to_end(look.figures);
  return judge_.look(seen);
}

CopyStatus StatusCollector::look(const Look& look) {
  const Time now = clock_.now();
  CopyState state = judge(look);
  if (state.phase != state_.phase) state_since_ = now;
  state_ = std::move(state);
  CopyStatus status = frame_;
  status.at = now;
  status.state = state_;
  status.state_since = state_since_;
  status.end = end_;
  for (std::size_t i = 0; i < 2; ++i) {
    status.stores[i].version = look.servers[i].version;
    status.stores[i].role = look.servers[i].state;
    status.stores[i].node = look.servers[i].node;
  }
  add_progress(look, status);
  add_subscriptions(look, status);
  add_troubles(status);
  history_.look(now, settled(look.figures.counts), status.lag, status.lag_bytes);
  status.history = history_.samples();
  const ProcessUsage::Figures& usage = usage_.look(now);
  status.memory_bytes = usage.memory_bytes;
  status.cpu_percent = usage.cpu_percent;
  return status;
}

void StatusCollector::add_progress(const Look& look, CopyStatus& status) const {
  const ProgressFigures& figures = look.figures;
  status.counts = named(figures.counts);
  status.load = figures.load;
  status.events_per_second = figures.settled_per_second;
  status.lag = figures.lag;
  status.lag_bytes = bytes_of(figures.lag);
  status.lag_doubt = figures.lag_doubt;
  if (figures.lag) status.share = share_done(look.subscriptions);
  if (const auto left = time_to_end(figures)) status.seconds_left = left->count();
  if (status.share == 1) status.seconds_left = 0;
}

void StatusCollector::add_subscriptions(const Look& look, CopyStatus& status) const {
  status.subscriptions = look.subscriptions;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    SubscriptionStatus& one = status.subscriptions[i];
    one.stream = connections_[i].stream;
    one.group = connections_[i].group;
    one.is_connected = connections_[i].is_connected;
    one.since = connections_[i].since;
    one.reconnections = connections_[i].reconnections;
  }
}

void StatusCollector::add_troubles(CopyStatus& status) {
  if (troubles_.total() != shown_total_) {
    shown_total_ = troubles_.total();
    shown_counts_ = std::make_shared<const std::vector<TroubleCount>>(troubles_.counts());
    shown_troubles_ = std::make_shared<const std::vector<EventTrouble>>(troubles_.last());
  }
  status.troubles_total = shown_total_;
  status.trouble_counts = shown_counts_;
  status.troubles = shown_troubles_;
}

std::optional<std::int64_t> StatusCollector::bytes_of(const std::optional<Lag>& lag) const {
  if (!lag) return std::nullopt;
  if (lag->events == 0) return 0;
  if (sampled_events_ == 0) return std::nullopt;
  return std::llround(static_cast<double>(lag->events) * sampled_bytes_ / sampled_events_);
}

void StatusCollector::on_link_answered(Store store, std::optional<std::string> problem) {
  StoreStatus& one = frame_.stores[static_cast<std::size_t>(store)];
  const bool answers = !problem;
  if (one.answers != answers) one.since = clock_.now();
  one.answers = answers;
  one.problem = std::move(problem).value_or("");
}

void StatusCollector::on_link_lost(Store store, const StoreError& error) {
  on_link_answered(store, error.message);
  ++frame_.stores[static_cast<std::size_t>(store)].link_failures;
}

void StatusCollector::on_subscription_started(const Subscription&, const SubscriptionStarted& started) {
  Connection& one = connections_[started.subscription];
  if (one.has_been) ++one.reconnections;
  one.has_been = true;
  one.is_connected = true;
  one.since = clock_.now();
}

void StatusCollector::on_subscription_dropped(const Subscription& subscription, DropReason, std::string_view) {
  for (Connection& one : connections_) {
    if (one.stream != subscription.stream || one.group != subscription.group || !one.is_connected) continue;
    one.is_connected = false;
    one.since = clock_.now();
  }
}

void StatusCollector::on_events_copied(std::span<const Event> events) {
  if (sampled_events_ >= kMostSampled) {
    sampled_bytes_ /= 2;
    sampled_events_ /= 2;
  }
  sampled_bytes_ += static_cast<double>(events.front().payload_bytes());
  ++sampled_events_;
}

void StatusCollector::on_event_filtered(const EventView& event, std::string_view reason) {
  troubles_.add(TroubleKind::kFiltered, event, reason, clock_.now());
}

void StatusCollector::on_event_invalid(const EventView& event, std::string_view reason) {
  troubles_.add(TroubleKind::kInvalid, event, reason, clock_.now());
}

void StatusCollector::on_event_skipped(const EventView& event, const WriteFailure& failure) {
  troubles_.add(TroubleKind::kFailed, event, failure.message, clock_.now());
}

void StatusCollector::on_event_parked(const EventView& event, std::string_view reason) {
  troubles_.add(TroubleKind::kParked, event, reason, clock_.now());
}

}  // namespace interconnect
