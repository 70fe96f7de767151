#include "domain/verify/verifier.h"

#include <algorithm>
#include <iterator>

#include "domain/excerpt.h"
#include "domain/link.h"
#include "domain/parked_messages.h"
#include "domain/stream_metadata.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxSkippedTold = 20;

}  // namespace

bool Verifier::copies_metadata(const EventPolicy& policy) {
  EventView metadata;
  metadata.type = kStreamMetadataType;
  return !std::holds_alternative<NotAllowed>(policy.judge(metadata));
}

Verifier::Verifier(VerifierSettings settings, std::vector<VerifiedSubscription> subscriptions, EventPolicy policy)
    : settings_(std::move(settings)),
      subscriptions_(std::move(subscriptions)),
      policy_(std::move(policy)),
      expected_(subscriptions_, settings_.only, copies_metadata(policy_)) {
  begin_walks(Phase::kEnds);
}

StreamComparison::Rules Verifier::rules() const {
  return {&expected_, &policy_, settings_.prints, settings_.copy_metadata, settings_.walk, settings_.max_unmatched};
}

void Verifier::resume(VerifyProgress progress) {
  ends_ = progress.ends;
  walk_.reset();
  phase_ = Phase::kWaiting;
  resumed_ = std::move(progress);
}

std::optional<VerifyProgress> Verifier::progress() const {
  if (phase_ != Phase::kStreams && phase_ != Phase::kAgain) return std::nullopt;
  VerifyProgress progress;
  progress.ends = ends_;
  progress.begun = next_stream_;
  if (next_stream_ > 0) progress.last = expected_.name(next_stream_ - 1);
  for (const Task& task : tasks_) {
    (task.is_again ? progress.different : progress.open).push_back(task.comparison.stream());
  }
  progress.open.insert(progress.open.end(), first_.begin(), first_.end());
  progress.different.insert(progress.different.end(), told_.begin(), told_.end());
  for (const auto& [time, stream] : again_) progress.different.push_back(stream);
  progress.counts = equal_;
  return progress;
}

// --- What the subscribed streams hold ---

void Verifier::begin_walks(Phase phase) {
  phase_ = phase;
  for (; subscription_ < subscriptions_.size(); ++subscription_) {
    const VerifiedSubscription& subscription = subscriptions_[subscription_];
    is_first_of_walk_ = true;
    if (phase == Phase::kEnds) {
      walk_last_ = kNoStream;
      walk_ = StreamWalk::last_event(Store::kSource, subscription.stream, settings_.walk);
      return;
    }
    if (phase == Phase::kParked) {
      walk_.emplace(Store::kSource, parked_stream(subscription.stream, subscription.group), 0,
                    StreamWalk::kWithoutBound, settings_.walk);
      return;
    }
    const Revision from = std::max<Revision>(0, subscription.start_from.value_or(0));
    walk_.emplace(Store::kSource, subscription.stream, from, ends_[subscription_], settings_.walk);
    if (!walk_->is_over()) return;
  }
  subscription_ = 0;
  walk_.reset();
  switch (phase) {
    case Phase::kEnds:
      phase_ = Phase::kWaiting;
      return;
    case Phase::kParked:
      return begin_walks(Phase::kLinks);
    default:
      return begin_streams();
  }
}

void Verifier::compare(bool copy_runs) {
  copy_runs_ = copy_runs;
  begin_walks(Phase::kParked);
}

void Verifier::on_walk_read(const ReadOutcome& outcome, Time now) {
  walk_->on_read(outcome, now, [this](const EventView& event) {
    if (phase_ == Phase::kEnds) {
      walk_last_ = event.revision;
    } else if (phase_ == Phase::kParked) {
      take_parked(event);
    } else {
      take_subscribed(event);
    }
  });
  if (walk_->is_over()) after_walk();
}

void Verifier::after_walk() {
  const StreamWalk::End end = walk_->end();
  const bool is_unread =
      end == StreamWalk::End::kDenied || end == StreamWalk::End::kUnavailable || end == StreamWalk::End::kFailed;
  if (is_unread && (phase_ != Phase::kParked || end == StreamWalk::End::kUnavailable)) {
    failure_ = StreamComparison::NotCompared{Store::kSource, end, walk_->error()};
    summary_.is_denied = summary_.is_denied || is_refusal(walk_->error().kind);
    phase_ = Phase::kOver;
    return;
  }
  if (is_unread) summary_.parked_unread.push_back(subscriptions_[subscription_].group + ": " + walk_->error().message);
  if (phase_ == Phase::kEnds) ends_.push_back(walk_last_);
  ++subscription_;
  begin_walks(phase_);
}

void Verifier::take_parked(const EventView& message) {
  if (const auto target = parse_link(message.data)) expected_.add_parked(target->stream, target->revision);
}

void Verifier::take_subscribed(const EventView& event) {
  ++summary_.links;
  if (std::exchange(is_first_of_walk_, false)) expected_.set_shown_from(subscription_, event.revision);
  std::string_view stream = event.stream;
  Revision revision = event.revision;
  if (event.type == kLinkType) {
    const auto target = parse_link(event.data);
    if (!target) {
      ++summary_.strange_links;
      return;
    }
    stream = target->stream;
    revision = target->revision;
  }
  if (!expected_.add(subscription_, stream, revision)) ++summary_.system_events;
}

// --- Streams ---

void Verifier::begin_streams() {
  phase_ = Phase::kStreams;
  for (const std::string& stream : settings_.only) {
    if (!expected_.find(stream)) summary_.not_found.push_back(stream);
  }
  if (!resumed_) return;
  const VerifyProgress progress = *std::exchange(resumed_, std::nullopt);
  // If the subscribed streams show less than before, the streams are met in another order.
  const bool fits = progress.begun <= expected_.size() &&
                    (progress.begun == 0 || expected_.name(progress.begun - 1) == progress.last);
  if (!fits) return;
  next_stream_ = progress.begun;
  for (const std::uint64_t stream : progress.different) first_.push_back(stream);
  for (const std::uint64_t stream : progress.open) first_.push_back(stream);
  std::erase_if(first_, [&](std::size_t stream) { return stream >= expected_.size(); });
  done_ = next_stream_ - first_.size();
  summary_.counts = progress.counts;
  equal_ = progress.counts;
}

void Verifier::begin_tasks(Time now) {
  const auto begin = [&](std::size_t stream, bool is_again) {
    tasks_.push_back({StreamComparison(rules(), stream, is_again), is_again});
  };
  while (tasks_.size() < settings_.max_streams) {
    if (!first_.empty()) {
      begin(first_.front(), false);
      first_.pop_front();
    } else if (next_stream_ < expected_.size()) {
      begin(next_stream_++, false);
    } else if (!again_.empty() && again_.front().first <= now) {
      begin(again_.front().second, true);
      again_.pop_front();
    } else {
      break;
    }
  }
  const bool has_begun_all = first_.empty() && next_stream_ == expected_.size();
  if (phase_ == Phase::kStreams && has_begun_all && !again_.empty()) phase_ = Phase::kAgain;
  if (has_begun_all && again_.empty() && tasks_.empty()) phase_ = Phase::kOver;
}

void Verifier::finish(Tasks::iterator task, Time now) {
  const StreamComparison::Outcome& outcome = task->comparison.outcome();
  const std::size_t stream = task->comparison.stream();
  const bool is_equal = !outcome.not_compared && !outcome.difference.any();
  if (outcome.not_compared) {
    skip(task->comparison, *outcome.not_compared);
  } else if (outcome.difference.any() && copy_runs_ && !task->is_again) {
    // The copy may be about to write it.
    again_.emplace_back(now + settings_.recheck_after, stream);
    tasks_.erase(task);
    return;
  } else {
    tell(outcome);
  }
  if (is_equal) {
    equal_.add(outcome.counts);
  } else {
    told_.push_back(stream);
  }
  ++done_;
  tasks_.erase(task);
}

void Verifier::skip(const StreamComparison& comparison, const StreamComparison::NotCompared& why) {
  const bool is_denied = is_refusal(why.error.kind);
  summary_.is_denied = summary_.is_denied || is_denied;
  if (why.end == StreamWalk::End::kUnavailable) {
    failure_ = why;
    phase_ = Phase::kOver;
    return;
  }
  ++summary_.not_compared;
  if (summary_.skipped.size() >= kMaxSkippedTold) return;
  summary_.skipped.push_back({std::string(expected_.name(comparison.stream())), why.store, why.error});
}

void Verifier::tell(const StreamComparison::Outcome& outcome) {
  summary_.counts.add(outcome.counts);
  if (!outcome.difference.any()) return;
  ++summary_.differing;
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    const Difference& difference = outcome.difference.kinds[kind];
    if (difference.events > 0) summary_.kinds[kind].add(difference.first, difference.events);
  }
  differences_.push_back(outcome.difference);
}

std::vector<StreamDifference> Verifier::take_differences() { return std::exchange(differences_, {}); }

// --- Reads ---

std::vector<ReadStream> Verifier::advance(Time now) {
  std::vector<ReadStream> reads;
  if (walk_) {
    if (walk_->next_read_at() > now) return reads;
    ReadStream read{Store::kSource, walk_->start_read()};
    read.read.id = next_read_id_++;
    reads_[read.read.id] = {Store::kSource, true, {}};
    reads.push_back(std::move(read));
    return reads;
  }
  if (phase_ != Phase::kStreams && phase_ != Phase::kAgain) return reads;
  begin_tasks(now);
  for (auto task = tasks_.begin(); task != tasks_.end(); ++task) {
    while (auto read = task->comparison.next_read(now)) {
      read->read.id = next_read_id_++;
      reads_[read->read.id] = {read->store, false, task};
      reads.push_back(std::move(*read));
    }
  }
  return reads;
}

void Verifier::on_read(std::uint64_t id, const ReadOutcome& outcome, Time now) {
  const auto found = reads_.find(id);
  if (found == reads_.end() || is_over()) return;
  const Pending pending = found->second;
  reads_.erase(found);
  if (pending.is_of_walk) return on_walk_read(outcome, now);
  pending.task->comparison.on_read(pending.store, outcome, now);
  if (!pending.task->comparison.is_over()) return;
  // It may have ended while its other store is still asked.
  std::erase_if(reads_, [&](const auto& read) { return !read.second.is_of_walk && read.second.task == pending.task; });
  finish(pending.task, now);
  if (!is_over()) begin_tasks(now);
}

Time Verifier::next_deadline() const {
  if (walk_) return walk_->next_read_at();
  Time next = again_.empty() ? kNever : again_.front().first;
  for (const Task& task : tasks_) next = std::min(next, task.comparison.next_read_at());
  return next;
}

}  // namespace interconnect
