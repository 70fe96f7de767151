#include "domain/verify/stream_comparison.h"

#include <algorithm>
#include <variant>

#include "domain/event_metadata.h"
#include "domain/link.h"
#include "domain/stream_metadata.h"

namespace interconnect {
namespace {

// How far one side may be read ahead of the other, in events.
constexpr Revision kMaxAhead = 1'000;

Store other(Store store) { return store == Store::kSource ? Store::kDestination : Store::kSource; }

}  // namespace

void VerifyCounts::add(const VerifyCounts& other) {
  streams += other.streams;
  events += other.events;
  filtered += other.filtered;
  invalid += other.invalid;
  parked += other.parked;
  hidden += other.hidden;
  gone += other.gone;
  repeated += other.repeated;
  superseded += other.superseded;
  streams_gone += other.streams_gone;
  unproven += other.unproven;
}

StreamComparison::StreamComparison(const Rules& rules, std::size_t stream, bool is_in_doubt)
    : rules_(rules), stream_(stream), name_(rules.expected->name(stream)) {
  outcome_.difference.stream = name_;
  const Stage whole = is_in_doubt ? Stage::kThorough : Stage::kQuick;
  begin(is_metadata_stream(name_) ? Stage::kNewest : whole);
}

void StreamComparison::begin(Stage stage) {
  stage_ = stage;
  walks_ = {};
  const auto whole = [this](Store store) {
    walk(store).emplace(store, name_, 0, StreamWalk::kWithoutBound, rules_.walk);
  };
  switch (stage) {
    case Stage::kThorough:
      diff_.emplace(rules_.max_unmatched);
      [[fallthrough]];
    case Stage::kQuick:
      outcome_.counts = {};
      outcome_.counts.streams = 1;
      whole(Store::kSource);
      whole(Store::kDestination);
      break;
    case Stage::kCountPresent:
      whole(Store::kDestination);
      break;
    case Stage::kCountExpected:
      whole(Store::kSource);
      break;
    case Stage::kWhyNotThere:
      walk(Store::kDestination) = StreamWalk::last_event(Store::kDestination, metadata_stream(name_), rules_.walk);
      break;
    case Stage::kNewest:
      outcome_.counts.streams = 1;
      walk(Store::kSource) = StreamWalk::last_event(Store::kSource, name_, rules_.walk);
      walk(Store::kDestination) = StreamWalk::last_event(Store::kDestination, name_, rules_.walk);
      break;
    case Stage::kOver:
      break;
  }
}

bool StreamComparison::may_read(Store store) const {
  if (stage_ != Stage::kThorough || walk(other(store))->is_over()) return true;
  const Revision ahead = diff_->expected_progress() - diff_->present_progress();
  return (store == Store::kSource ? ahead : -ahead) <= kMaxAhead;
}

Time StreamComparison::next_read_at(Store store) const {
  return walk(store) && may_read(store) ? walk(store)->next_read_at() : kNever;
}

Time StreamComparison::next_read_at() const {
  return std::min(next_read_at(Store::kDestination), next_read_at(Store::kSource));
}

std::optional<ReadStream> StreamComparison::next_read(Time now) {
  for (const Store store : {Store::kDestination, Store::kSource}) {
    if (next_read_at(store) <= now) return ReadStream{store, walk(store)->start_read()};
  }
  return std::nullopt;
}

void StreamComparison::on_read(Store store, const ReadOutcome& outcome, Time now) {
  walk(store)->on_read(outcome, now, [&](const EventView& event) {
    store == Store::kSource ? take_source(event) : take_destination(event);
  });
  go_on();
}

std::optional<bool> StreamComparison::judge(const EventView& event) {
  if (event.type == kLinkType) return std::nullopt;  // the event that it names is copied, to that one's stream
  const ExpectedStreams::Expectation expectation = rules_.expected->expects(stream_, event);
  if (expectation == ExpectedStreams::Expectation::kOutside) return std::nullopt;
  const Verdict verdict = rules_.policy->judge(event);
  if (std::holds_alternative<NotAllowed>(verdict)) {
    ++outcome_.counts.filtered;
    return std::nullopt;
  }
  if (std::holds_alternative<Invalid>(verdict)) {
    ++outcome_.counts.invalid;
    return std::nullopt;
  }
  if (rules_.expected->is_parked(stream_, event.revision)) {
    ++outcome_.counts.parked;
    return false;
  }
  return expectation == ExpectedStreams::Expectation::kRequired;
}

EventPrint StreamComparison::print_of_copy(const EventView& event) const {
  if (rules_.prints.ignores_metadata) return print_of(event, rules_.prints);
  return print_of(with_copy_metadata(event, rules_.copy_metadata).view(), rules_.prints);
}

void StreamComparison::take_source(const EventView& event) {
  const std::optional<bool> is_required = judge(event);
  switch (stage_) {
    case Stage::kQuick: {
      if (!is_required) return;
      const EventPrint print = print_of_copy(event);
      all_.add(print);
      if (!*is_required) return;
      if (required_.events() == 0) first_required_ = event.revision;
      required_.add(print);
      ++outcome_.counts.events;
      return;
    }
    case Stage::kThorough:
      if (!is_required) return diff_->on_passed_over();
      if (*is_required) ++outcome_.counts.events;
      return diff_->on_expected(print_of_copy(event), event.revision, *is_required);
    case Stage::kCountExpected:
      if (is_required) diff_->count_expected(event.id);
      return;
    case Stage::kNewest:
      if (!is_required) return;
      if (!*is_required) {
        ++outcome_.counts.superseded;
        return;
      }
      ++outcome_.counts.events;
      newest_expected_ = print_of_copy(event);
      newest_revision_ = event.revision;
      source_is_deleted_ = is_soft_deletion(event);
      return;
    default:
      return;
  }
}

void StreamComparison::take_destination(const EventView& event) {
  switch (stage_) {
    case Stage::kQuick:
      return present_.add(print_of(event, rules_.prints));
    case Stage::kThorough:
      return diff_->on_present(print_of(event, rules_.prints), event.revision);
    case Stage::kCountPresent:
      return diff_->count_present(event.id);
    case Stage::kNewest:
      newest_present_ = print_of(event, rules_.prints);
      destination_is_deleted_ = is_soft_deletion(event);
      return;
    case Stage::kWhyNotThere:
      destination_is_deleted_ = is_soft_deletion(event);
      return;
    default:
      return;
  }
}

void StreamComparison::go_on() {
  for (const std::optional<StreamWalk>& walk : walks_) {
    if (!walk) continue;
    const StreamWalk::End end = walk->end();
    const bool has_failed =
        end == StreamWalk::End::kDenied || end == StreamWalk::End::kUnavailable || end == StreamWalk::End::kFailed;
    if (!has_failed || stage_ == Stage::kWhyNotThere) continue;
    outcome_.not_compared = NotCompared{walk->store(), end, walk->error()};
    outcome_.difference = {};
    outcome_.difference.stream = name_;
    outcome_.counts = {};
    return finish();
  }
  for (const std::optional<StreamWalk>& walk : walks_) {
    if (walk && !walk->is_over()) return;
  }
  switch (stage_) {
    case Stage::kQuick:
      return after_quick();
    case Stage::kThorough:
      return after_thorough();
    case Stage::kCountPresent:
      return begin(Stage::kCountExpected);
    case Stage::kCountExpected:
      return finish_by_verdict();
    case Stage::kWhyNotThere: {
      const DifferenceKind kind = destination_is_deleted_ ? DifferenceKind::kDeletion : DifferenceKind::kMissing;
      outcome_.difference[kind].add(first_required_, required_.events());
      return finish();
    }
    case Stage::kNewest:
      return after_newest();
    case Stage::kOver:
      return;
  }
}

// What the digests do not tell: whether the destination's revisions are those of a copy.
bool StreamComparison::is_equal_by_digest() const {
  if (present_ != required_ && present_ != all_) return false;
  const StreamWalk& destination = *walk(Store::kDestination);
  const Revision not_shown = destination.next() - static_cast<Revision>(destination.shown());
  if (not_shown == 0) return true;
  return destination.shown_from() == not_shown && walk(Store::kSource)->shown_from() >= not_shown;
}

void StreamComparison::after_quick() {
  const StreamWalk& source = *walk(Store::kSource);
  const StreamWalk& destination = *walk(Store::kDestination);
  outcome_.difference.expected = required_.events();
  outcome_.difference.present = present_.events();
  if (source.shown() == 0) {
    outcome_.counts.streams_gone = 1;
    return finish();
  }
  if (destination.end() == StreamWalk::End::kDeleted || destination.end() == StreamWalk::End::kNoStream) {
    if (required_.events() == 0) return finish();
    if (destination.end() == StreamWalk::End::kNoStream) return begin(Stage::kWhyNotThere);
    outcome_.difference[DifferenceKind::kDeletion].add(first_required_, required_.events());
    return finish();
  }
  if (is_equal_by_digest()) return finish();
  if (destination.shown() == 0 && destination.next() == 0) {
    // Over gRPC not even the last revision of such a stream can be read.
    outcome_.counts.unproven = 1;
    outcome_.difference[DifferenceKind::kMissing].add(first_required_, required_.events());
    return finish();
  }
  begin(Stage::kThorough);
}

void StreamComparison::after_thorough() {
  StreamWalk& source = *walk(Store::kSource);
  const StreamWalk& destination = *walk(Store::kDestination);
  const bool shows_any = source.shown() > 0 && destination.next() > 0;
  if (!shows_any || destination.end() != StreamWalk::End::kEnd) {
    // The quick way tells all.
    required_ = {};
    all_ = {};
    present_ = {};
    return begin(Stage::kQuick);
  }
  if (source.end() == StreamWalk::End::kEnd && !source_was_read_last_) {
    // What the destination showed last, the source had before.
    source_was_read_last_ = true;
    source.go_on();
    return;
  }
  diff_->on_ends(source.next(), destination.next());
  if (!diff_->has_such_ids()) return finish_by_verdict();
  diff_->begin_count();
  begin(Stage::kCountPresent);
}

void StreamComparison::finish_by_verdict() {
  const SequenceDiff::Verdict verdict = diff_->verdict();
  outcome_.difference = verdict.difference;
  outcome_.difference.stream = name_;
  outcome_.counts.hidden = verdict.hidden;
  outcome_.counts.repeated = verdict.repeated;
  outcome_.counts.gone = verdict.gone;
  diff_.reset();
  finish();
}

void StreamComparison::after_newest() {
  outcome_.difference.expected = newest_expected_ ? 1 : 0;
  outcome_.difference.present = newest_present_ ? 1 : 0;
  if (newest_expected_ && newest_expected_ != newest_present_) {
    const bool is_deletion = source_is_deleted_ != destination_is_deleted_;
    outcome_.difference[is_deletion ? DifferenceKind::kDeletion : DifferenceKind::kStreamMetadata].add(
        newest_revision_);
  }
  finish();
}

}  // namespace interconnect
