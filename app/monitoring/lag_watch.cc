#include "app/monitoring/lag_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "domain/parked_messages.h"

namespace interconnect {
namespace {

StreamRead last_event_of(const std::string& stream) {
  return {.id = 0, .stream = stream, .direction = ReadDirection::kBackward, .from = kStreamEnd, .count = 1};
}

// The revision of a page's only event.
std::optional<Revision> only_revision(const StreamPage& page) {
  return page.events.empty() ? std::nullopt : std::optional(page.events.front().revision);
}

}  // namespace

LagWatch::LagWatch(MeteredSource& source, StoreInspector& inspector, const Clock& clock,
                   const std::vector<Subscription>& subscriptions)
    : source_(source), inspector_(inspector), clock_(clock) {
  for (const Subscription& subscription : subscriptions) {
    watched_.push_back(std::make_unique<Watched>());
    watched_.back()->subscription = subscription;
  }
}

void LagWatch::ask() {
  for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
    Watched& watched = *watched_[i];
    if (watched.awaited > 0) continue;
    watched.awaited = 2;
    watched.end_when_asked = watched.estimate.end();
    watched.asked_at = clock_.now();
    source_.read_aside(last_event_of(watched.subscription.stream), [this, &watched](const ReadOutcome& outcome) {
      --watched.awaited;
      on_end(watched, outcome);
    });
    inspector_.consumer_group(watched.subscription.stream, watched.subscription.group,
                              [this, &watched](const std::variant<ConsumerGroupInfo, StoreError>& answer) {
                                --watched.awaited;
                                on_group(watched, answer);
                              });
  }
}

void LagWatch::on_end(Watched& watched, const ReadOutcome& outcome) {
  const auto* page = std::get_if<StreamPage>(&outcome);
  if (page == nullptr) return;
  watched.estimate.on_end(only_revision(*page).value_or(kNoStream), clock_.now());
  watched.end_as_of = watched.asked_at;
}

void LagWatch::on_group(Watched& watched, const std::variant<ConsumerGroupInfo, StoreError>& answer) {
  const auto* group = std::get_if<ConsumerGroupInfo>(&answer);
  watched.in_flight = group != nullptr ? std::optional(group->in_flight) : std::nullopt;
  if (group == nullptr) return;
  // A group at rest that has seen nothing since its server loaded it: the server does not tell of which checkpoint, but
  // nothing is behind.
  const std::optional<Revision> settled =
      group->is_at_rest && group->settled == kNoStream ? watched.end_when_asked : std::optional(group->settled);
  // Between rests the server tells only its last checkpoint.
  if (settled) watched.settled = std::max(watched.settled.value_or(kNoStream), *settled);
  watched.delivered_by_group = group->delivered;
  watched.consumers = group->consumers;
  if (group->parked) {
    watched.parked = group->parked;
  } else {
    count_parked(watched);
  }
}

// A replay of the parked messages truncates their stream.
void LagWatch::count_parked(Watched& watched) {
  const std::string stream = parked_stream(watched.subscription.stream, watched.subscription.group);
  ++watched.awaited;
  source_.read_aside(last_event_of(stream), [this, &watched, stream](const ReadOutcome& outcome) {
    --watched.awaited;
    const auto* page = std::get_if<StreamPage>(&outcome);
    if (page == nullptr) return;
    const auto last = only_revision(*page);
    if (!last) {
      watched.parked = 0;
      return;
    }
    ++watched.awaited;
    source_.read_aside({.id = 0, .stream = stream, .direction = ReadDirection::kForward, .from = 0, .count = 1},
                       [&watched, last = *last](const ReadOutcome& outcome) {
                         --watched.awaited;
                         const auto* page = std::get_if<StreamPage>(&outcome);
                         if (page == nullptr) return;
                         const Revision first =
                             only_revision(*page).value_or(page->end_of_stream ? last + 1 : page->next);
                         watched.parked = std::max<std::int64_t>(0, last - first + 1);
                       });
  });
}

std::optional<Revision> LagWatch::settled(SubscriptionIndex subscription) const {
  const Watched& watched = *watched_[subscription];
  const MeteredSource::Counts counts = source_.counts(subscription);
  std::optional<Revision> settled = counts.settled;
  if (watched.settled) settled = std::max(settled.value_or(kNoStream), *watched.settled);
  // A new group begins at its start; if that is the stream's end, nothing is behind.
  const std::int64_t start = counts.start_from.value_or(watched.subscription.settings.start_from);
  if (settled.value_or(kNoStream) == kNoStream) return start >= 0 ? std::optional(start - 1) : watched.estimate.end();
  return settled;
}

SubscriptionProgress LagWatch::progress(SubscriptionIndex subscription) {
  Watched& watched = *watched_[subscription];
  const MeteredSource::Counts counts = source_.counts(subscription);
  SubscriptionProgress progress{counts.delivered, counts.is_connected, std::nullopt,
                                watched.parked,   std::nullopt,        watched.consumers};
  // A group is behind from where it is, which has to be known first.
  const bool is_known = counts.settled || watched.settled;
  if (const auto settled = this->settled(subscription); settled && is_known && !watched.is_in_doubt) {
    progress.lag = watched.estimate.at(*settled, clock_.now());
  }
  return progress;
}

LagWatch::Place LagWatch::place(SubscriptionIndex subscription) const {
  const Watched& watched = *watched_[subscription];
  const MeteredSource::Counts counts = source_.counts(subscription);
  const bool is_known = counts.settled || watched.settled;
  return {counts.start_from.value_or(watched.subscription.settings.start_from),
          is_known ? settled(subscription) : std::nullopt, watched.estimate.end(), watched.end_as_of};
}

std::optional<Lag> LagWatch::lag() {
  Lag all;
  for (SubscriptionIndex i = 0; i < watched_.size(); ++i) {
    const std::optional<Lag> lag = progress(i).lag;
    if (!lag) return std::nullopt;
    all.events += lag->events;
    all.time = std::max(all.time, lag->time);
  }
  return all;
}

std::uint64_t LagWatch::group_activity(SubscriptionIndex subscription) const {
  const Watched& watched = *watched_[subscription];
  return static_cast<std::uint64_t>(watched.delivered_by_group + watched.settled.value_or(0));
}

}  // namespace interconnect
