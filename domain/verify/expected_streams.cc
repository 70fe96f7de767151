#include "domain/verify/expected_streams.h"

#include <algorithm>
#include <iterator>

#include "domain/copier/left_out.h"
#include "domain/stream_metadata.h"
#include "domain/subscription_scope.h"

namespace interconnect {
namespace {

constexpr std::size_t kNameBlock = 64 << 10;

}  // namespace

ExpectedStreams::ExpectedStreams(std::vector<VerifiedSubscription> subscriptions, const std::vector<std::string>& only,
                                 bool with_metadata_streams)
    : only_(only.begin(), only.end()), with_metadata_streams_(with_metadata_streams) {
  for (VerifiedSubscription& subscription : subscriptions) {
    Subscribed subscribed;
    const std::string& stream = subscription.stream;
    subscribed.is_category = stream.starts_with(kCategoryStreamPrefix);
    if (stream.starts_with(kEventTypeStreamPrefix)) subscribed.only_type = stream.substr(kEventTypeStreamPrefix.size());
    subscribed.subscription = std::move(subscription);
    subscriptions_.push_back(std::move(subscribed));
  }
}

std::string_view ExpectedStreams::keep(std::string_view name) {
  if (name.size() > room_) {
    room_ = std::max(kNameBlock, name.size());
    names_.push_back(std::make_unique<char[]>(room_));
    free_ = names_.back().get();
  }
  const std::string_view kept(free_, name.size());
  free_ = std::copy(name.begin(), name.end(), free_);
  room_ -= name.size();
  return kept;
}

ExpectedStreams::Entry& ExpectedStreams::entry(std::string_view stream) {
  if (const auto found = index_.find(stream); found != index_.end()) return entries_[found->second];
  const std::string_view name = keep(stream);
  index_.emplace(name, static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back({name, {}});
  return entries_.back();
}

bool ExpectedStreams::is_whole(const Subscribed& subscribed, std::string_view stream) const {
  // A link of the category itself names it.
  return carries_whole_stream(subscribed.subscription.stream, stream) ||
         may_be_of_category(subscribed.subscription.stream, stream);
}

bool ExpectedStreams::add(SubscriptionIndex subscription, std::string_view stream, Revision revision) {
  const Subscribed& subscribed = subscriptions_[subscription];
  if (is_of_the_system(subscribed.subscription.stream, stream)) return false;
  if (is_metadata_stream(stream) && !with_metadata_streams_) return false;
  if (!only_.empty() && !only_.contains(stream)) return true;
  absl::InlinedVector<Claim, 1>& claims = entry(stream).claims;
  auto claim = std::find_if(claims.begin(), claims.end(),
                            [&](const Claim& other) { return other.subscription == subscription; });
  if (claim == claims.end()) {
    Claim added;
    added.first = revision;
    added.last = revision;
    added.subscription = static_cast<std::uint32_t>(subscription);
    const bool needs_runs = !is_whole(subscribed, stream) && !subscribed.only_type && !is_metadata_stream(stream);
    if (needs_runs) added.runs = std::make_unique<std::vector<Run>>(1, Run{revision, revision});
    claims.push_back(std::move(added));
    return true;
  }
  claim->add(revision);
  return true;
}

void ExpectedStreams::Claim::add(Revision revision) {
  const bool is_next = revision == last + 1;
  const bool is_later = revision > last;
  first = std::min(first, revision);
  last = std::max(last, revision);
  if (!runs) return;
  if (is_next) {
    runs->back().last = revision;
  } else if (is_later) {
    runs->push_back({revision, revision});
  } else if (!has(revision)) {
    const auto is_before = [](const Run& run, Revision other) { return run.first < other; };
    runs->insert(std::lower_bound(runs->begin(), runs->end(), revision, is_before), {revision, revision});
  }
}

bool ExpectedStreams::Claim::has(Revision revision) const {
  const auto is_behind = [](Revision other, const Run& run) { return other < run.first; };
  const auto after = std::upper_bound(runs->begin(), runs->end(), revision, is_behind);
  return after != runs->begin() && revision <= std::prev(after)->last;
}

void ExpectedStreams::set_shown_from(SubscriptionIndex subscription, Revision revision) {
  subscriptions_[subscription].shown_from = revision;
}

void ExpectedStreams::add_parked(std::string_view stream, Revision revision) {
  parked_[std::string(stream)].insert(revision);
}

std::optional<std::size_t> ExpectedStreams::find(std::string_view stream) const {
  const auto found = index_.find(stream);
  return found == index_.end() ? std::nullopt : std::optional<std::size_t>(found->second);
}

ExpectedStreams::Expectation ExpectedStreams::expects(const Claim& claim, std::string_view stream,
                                                      const EventView& event) const {
  const Subscribed& subscribed = subscriptions_[claim.subscription];
  const Revision revision = event.revision;
  const bool is_later = revision > claim.last;
  Expectation within = Expectation::kRequired;
  Revision first = claim.first;
  if (is_metadata_stream(stream)) {
    // Of these the newest is all that counts.
    if (subscribed.only_type && *subscribed.only_type != event.type) return Expectation::kOutside;
    if (revision < claim.last) return Expectation::kOptional;
  } else if (is_whole(subscribed, stream)) {
    // A category that began with the stream has all of it; an event without a link is missed.
    const bool began_with_it = subscribed.subscription.start_from == 0 && subscribed.shown_from == 0;
    if (began_with_it && subscribed.is_category) first = 0;
  } else if (subscribed.only_type) {
    if (*subscribed.only_type != event.type) return Expectation::kOutside;
    if (may_be_left_out(event)) within = Expectation::kOptional;
  } else if (!is_later) {
    if (!claim.has(revision)) return Expectation::kOutside;
  }
  if (!subscribed.subscription.start_from) return Expectation::kOptional;
  return revision < first || is_later ? Expectation::kOptional : within;
}

ExpectedStreams::Expectation ExpectedStreams::expects(std::size_t stream, const EventView& event) const {
  Expectation most = Expectation::kOutside;
  for (const Claim& claim : entries_[stream].claims) {
    most = std::min(most, expects(claim, entries_[stream].name, event));
  }
  return most;
}

bool ExpectedStreams::is_parked(std::size_t stream, Revision revision) const {
  if (parked_.empty()) return false;
  const auto found = parked_.find(entries_[stream].name);
  return found != parked_.end() && found->second.contains(revision);
}

}  // namespace interconnect
