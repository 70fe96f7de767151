#include "app/monitoring/projection_watch.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "domain/excerpt.h"
#include "domain/link_streams.h"

namespace interconnect {
namespace {

// Users' projections come and change seldom.
constexpr Duration kFindAgainAfter = std::chrono::minutes(10);

// A server may well refuse once, as it starts or leads anew.
constexpr int kLastingRefusals = 3;

}  // namespace

ProjectionWatch::ProjectionWatch(StoreInspector& inspector, const Clock& clock,
                                 const std::vector<Subscription>& subscriptions)
    : inspector_(inspector), clock_(clock), subscriptions_(subscriptions) {
  watch(named_feeders(subscriptions));
}

void ProjectionWatch::watch(const ProjectionFeeders& feeders) {
  for (const auto& [stream, names] : feeders) {
    feeders_[stream] = names;
    for (const std::string& name : names) {
      auto& watched = watched_[name];
      if (watched == nullptr) watched = std::make_unique<Watched>(name);
    }
  }
}

void ProjectionWatch::ask() {
  warn_of_what_is_left_out();
  find_feeders();
  for (const auto& [name, watched] : watched_) {
    if (!watched->is_awaited && !streams_of(name).empty()) ask(*watched);
  }
}

void ProjectionWatch::warn_of_what_is_left_out() {
  if (std::exchange(has_said_what_is_left_out_, true)) return;
  inspector_.server([this](const std::variant<ServerInfo, StoreError>& answer) {
    const auto* server = std::get_if<ServerInfo>(&answer);
    for (const Subscription& subscription : subscriptions_) {
      const auto text = left_out_of(subscription.stream, server != nullptr ? server->version : "");
      if (text) LOG(WARNING) << "the source's " << *text;
    }
  });
}

void ProjectionWatch::find_feeders() {
  if (is_finding_ || (find_again_at_ && clock_.now() < *find_again_at_)) return;
  is_finding_ = true;
  find_user_feeders(inspector_, subscriptions_, [this](const std::optional<ProjectionFeeders>& found) {
    is_finding_ = false;
    if (!found) return;  // asked again next time
    find_again_at_ = clock_.now() + kFindAgainAfter;
    // What no definition names any more is not watched any more.
    std::erase_if(feeders_, [&found](const auto& feeder) {
      return !projection_of(feeder.first) && !found->contains(feeder.first);
    });
    watch(*found);
  });
}

void ProjectionWatch::ask(Watched& watched) {
  watched.is_awaited = true;
  inspector_.projection(watched.health.name(),
                        [this, &watched](const std::variant<ProjectionInfo, StoreError>& answer) {
                          watched.is_awaited = false;
                          on_answer(watched, answer);
                        });
}

void ProjectionWatch::on_answer(Watched& watched, const std::variant<ProjectionInfo, StoreError>& answer) {
  using State = ProjectionHealth::State;
  ProjectionHealth& health = watched.health;
  const State before = health.state();
  const auto* error = std::get_if<StoreError>(&answer);
  if (error == nullptr || error->kind == ErrorKind::kNotFound) watched.refusals = 0;
  if (error == nullptr) {
    const ProjectionInfo& info = std::get<ProjectionInfo>(answer);
    health.look({.is_running = info.is_running,
                 .status = excerpt(info.status),
                 .reason = excerpt(info.reason),
                 .progress = info.progress,
                 .position = info.position,
                 .buffered_events = info.buffered_events},
                clock_.now());
  } else if (error->kind == ErrorKind::kNotFound) {
    health.look({.is_there = false}, clock_.now());
  } else if (is_transient(error->kind) && !is_refusal(error->kind)) {
    return;  // the link check's affair
  } else if (++watched.refusals < kLastingRefusals) {
    return;
  } else {
    health.forget();
    if (!std::exchange(has_said_that_it_may_not_ask_, true)) {
      LOG(WARNING) << "whether the projections run that fill the source's streams cannot be asked for, so that is not "
                      "watched: "
                   << error->message;
    }
  }
  const State now = health.state();
  const std::string streams = streams_of(health.name());
  if (now == before || streams.empty()) return;
  if (const auto trouble = health.trouble()) {
    LOG(WARNING) << "at the source, " << *trouble << (health.reason().empty() ? "" : ": " + health.reason()) << ": "
                 << streams << " does not get all events, and "
                 << (now == State::kBehind ? "how many are left to copy is not known until it has caught up"
                                           : "nothing more is copied of it, until it runs (enable the projection)");
  } else if (now == State::kWell && before != State::kUnknown) {
    LOG(INFO) << "at the source, projection " << excerpt(health.name()) << " fills " << streams << " again";
  }
}

std::string ProjectionWatch::streams_of(const std::string& projection) const {
  std::string streams;
  for (const auto& [stream, names] : feeders_) {
    if (std::find(names.begin(), names.end(), projection) == names.end()) continue;
    streams += (streams.empty() ? "'" : ", '") + excerpt(stream) + "'";
  }
  return streams;
}

template <typename Trouble>
std::optional<std::string> ProjectionWatch::common_trouble(const std::string& stream, Trouble trouble) const {
  const auto feeders = feeders_.find(stream);
  if (feeders == feeders_.end()) return std::nullopt;
  std::optional<std::string> common;
  for (const std::string& name : feeders->second) {
    const auto one = trouble(watched_.at(name)->health);
    if (!one) return std::nullopt;
    if (!common) common = one;
  }
  return common;
}

std::optional<std::string> ProjectionWatch::doubt(SubscriptionIndex subscription) const {
  return common_trouble(subscriptions_[subscription].stream,
                        [](const ProjectionHealth& health) { return health.trouble(); });
}

std::optional<std::string> ProjectionWatch::lasting_doubts(Duration patience) const {
  std::string all;
  const Time now = clock_.now();
  for (const auto& [stream, names] : feeders_) {
    const auto doubt = common_trouble(
        stream, [patience, now](const ProjectionHealth& health) { return health.lasting_trouble(patience, now); });
    if (doubt)
      all += (all.empty() ? "the source's " : "; the source's ") + *doubt + ", and fills '" + excerpt(stream) + "'";
  }
  return all.empty() ? std::nullopt : std::optional(all);
}

std::vector<ProjectionStatus> ProjectionWatch::status(SubscriptionIndex subscription) const {
  std::vector<ProjectionStatus> all;
  const auto feeders = feeders_.find(subscriptions_[subscription].stream);
  if (feeders == feeders_.end()) return all;
  for (const std::string& name : feeders->second) {
    const ProjectionHealth& health = watched_.at(name)->health;
    all.push_back({name, health.is_running(), health.progress(), health.trouble().value_or("")});
  }
  return all;
}

std::map<std::string, ProjectionProgress> ProjectionWatch::progress() const {
  std::map<std::string, ProjectionProgress> all;
  for (const auto& [name, watched] : watched_) {
    if (!streams_of(name).empty()) all[name] = {watched->health.is_running(), watched->health.progress()};
  }
  return all;
}

}  // namespace interconnect
