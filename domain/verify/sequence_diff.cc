#include "domain/verify/sequence_diff.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace interconnect {
namespace {

std::uint64_t not_negative(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number));
}

}  // namespace

void SequenceDiff::on_expected(const EventPrint& event, Revision revision, bool is_required) {
  ++source_shown_;
  ++expected_;
  if (is_required) ++required_;
  expected_progress_ = static_cast<Revision>(expected_) + revision + 1 - static_cast<Revision>(source_shown_);
  Unmatched expected{event, revision, expected_, source_shown_, is_required};
  const auto met = present_ids_.find(event.id);
  if (met == present_ids_.end()) return keep_expected(std::move(expected));
  const auto present = unmatched_present_.find(met->second);
  match(expected, present->second);
  present_ids_.erase(met);
  unmatched_present_.erase(present);
}

void SequenceDiff::on_present(const EventPrint& event, Revision revision) {
  ++present_;
  last_present_ = revision;
  Unmatched present{event, revision, present_, 0, true};
  const auto met = expected_ids_.find(event.id);
  if (met == expected_ids_.end()) return keep_present(std::move(present));
  const auto expected = unmatched_expected_.find(met->second);
  match(expected->second, present);
  expected_ids_.erase(met);
  unmatched_expected_.erase(expected);
}

void SequenceDiff::match(const Unmatched& expected, const Unmatched& present) {
  const EventPrint& should_be = expected.print;
  const EventPrint& is = present.print;
  if (should_be.data != is.data) difference_[DifferenceKind::kData].add(expected.revision);
  if (should_be.metadata != is.metadata) difference_[DifferenceKind::kMetadata].add(expected.revision);
  if (should_be.type != is.type) difference_[DifferenceKind::kType].add(expected.revision);
  if (should_be.content != is.content) difference_[DifferenceKind::kContentKind].add(expected.revision);
  // It may be there for the sake of another one with its id.
  if (!expected.is_required) return;
  // One of the two is the newest of its side.
  if (expected.number > matched_expected_ && present.number > matched_present_) return advance(expected, present);
  // Where the disorder begins, whichever of the two was read first.
  difference_[DifferenceKind::kOrder].add(std::min(present.revision, matched_revision_));
}

void SequenceDiff::advance(const Unmatched& expected, const Unmatched& present) {
  Hole hole{matched_expected_, expected.number, matched_present_, present.number, present.revision, 0, 0};
  hole.slots =
      not_negative(present.revision - matched_revision_ - static_cast<std::int64_t>(present.number - matched_present_));
  hole.gone = not_negative(expected.revision - matched_source_revision_ -
                           static_cast<std::int64_t>(expected.source_shown - matched_source_shown_));
  if ((hole.slots > 0 || hole.gone > 0) && holes_.size() < kMaxHoles) holes_.push_back(hole);
  if (first_matched_expected_ == 0) {
    first_matched_expected_ = expected.number;
    first_matched_present_ = present.number;
  }
  matched_expected_ = expected.number;
  matched_present_ = present.number;
  matched_source_shown_ = expected.source_shown;
  matched_source_revision_ = expected.revision;
  matched_revision_ = present.revision;
}

void SequenceDiff::on_ends(Revision source_next, Revision destination_next) {
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  Hole hole{matched_expected_, kEnd, matched_present_, kEnd, destination_next, 0, 0};
  hole.slots =
      not_negative(destination_next - 1 - matched_revision_ - static_cast<std::int64_t>(present_ - matched_present_));
  hole.gone = not_negative(source_next - 1 - matched_source_revision_ -
                           static_cast<std::int64_t>(source_shown_ - matched_source_shown_));
  if (hole.slots > 0 || hole.gone > 0) holes_.push_back(hole);
}

void SequenceDiff::keep_expected(Unmatched unmatched) {
  expected_ids_.emplace(unmatched.print.id, unmatched.number);
  unmatched_expected_.emplace_hint(unmatched_expected_.end(), unmatched.number, std::move(unmatched));
  if (unmatched_expected_.size() <= max_unmatched_) return;
  const auto oldest = unmatched_expected_.begin();
  const Unmatched& gives_way = oldest->second;
  const bool is_front = first_matched_expected_ == 0 || gives_way.number < first_matched_expected_;
  if (gives_way.is_required) {
    (is_front ? spilled_.required : difference_[DifferenceKind::kMissing]).add(gives_way.revision);
  } else if (is_front) {
    ++spilled_.optional;
  }
  const auto id = expected_ids_.find(gives_way.print.id);
  if (id != expected_ids_.end() && id->second == gives_way.number) expected_ids_.erase(id);
  unmatched_expected_.erase(oldest);
}

void SequenceDiff::keep_present(Unmatched unmatched) {
  present_ids_.emplace(unmatched.print.id, unmatched.number);
  unmatched_present_.emplace_hint(unmatched_present_.end(), unmatched.number, std::move(unmatched));
  if (unmatched_present_.size() <= max_unmatched_) return;
  const auto oldest = unmatched_present_.begin();
  const Unmatched& gives_way = oldest->second;
  const bool is_front = first_matched_present_ == 0 || gives_way.number < first_matched_present_;
  (is_front ? spilled_.present : difference_[DifferenceKind::kExtra]).add(gives_way.revision);
  const auto id = present_ids_.find(gives_way.print.id);
  if (id != present_ids_.end() && id->second == gives_way.number) present_ids_.erase(id);
  unmatched_present_.erase(oldest);
}

bool SequenceDiff::has_such_ids() const {
  return present_ > 0 && (!unmatched_expected_.empty() || !unmatched_present_.empty());
}

void SequenceDiff::begin_count() {
  for (const auto& [number, unmatched] : unmatched_expected_) occurrences_.try_emplace(unmatched.print.id);
  for (const auto& [number, unmatched] : unmatched_present_) occurrences_.try_emplace(unmatched.print.id);
}

SequenceDiff::Occurrences SequenceDiff::occurrences_of(const EventId& id) const {
  const auto found = occurrences_.find(id);
  return found == occurrences_.end() ? Occurrences{} : found->second;
}

SequenceDiff::Verdict SequenceDiff::verdict() const {
  Verdict verdict;
  StreamDifference& difference = verdict.difference;
  difference = difference_;
  difference.expected = required_;
  difference.present = present_;

  // Those that are nowhere on the other side.
  std::vector<const Unmatched*> expected;
  for (const auto& [number, unmatched] : unmatched_expected_) {
    if (occurrences_of(unmatched.print.id).present == 0) {
      expected.push_back(&unmatched);
    } else if (unmatched.is_required) {
      ++verdict.repeated;
    }
  }
  std::vector<const Unmatched*> present;
  for (const auto& [number, unmatched] : unmatched_present_) {
    const Occurrences occurrences = occurrences_of(unmatched.print.id);
    if (occurrences.expected == 0) {
      present.push_back(&unmatched);
    } else if (occurrences.present > occurrences.expected) {
      difference[DifferenceKind::kDoubled].add(unmatched.revision);
    } else {
      difference[DifferenceKind::kOrder].add(unmatched.revision);  // too far from where it should be
    }
  }

  Spilled spilled = spilled_;
  std::vector<bool> is_explained_expected(expected.size());
  std::vector<bool> is_explained_present(present.size());
  const auto range = [](const std::vector<const Unmatched*>& of, std::uint64_t after, std::uint64_t before) {
    const auto is_below = [](const Unmatched* unmatched, std::uint64_t number) { return unmatched->number < number; };
    const auto first = std::lower_bound(of.begin(), of.end(), after + 1, is_below);
    return std::pair(static_cast<std::size_t>(first - of.begin()),
                     static_cast<std::size_t>(std::lower_bound(first, of.end(), before, is_below) - of.begin()));
  };
  for (const Hole& hole : holes_) {
    std::uint64_t slots = hole.slots;
    std::uint64_t gone = hole.gone;
    std::uint64_t optional = 0;
    const auto explain = [](std::uint64_t& by, std::uint64_t& events) {
      const std::uint64_t explained = std::min(by, events);
      by -= explained;
      events -= explained;
      return explained;
    };
    if (hole.after_expected == 0) {
      verdict.gone += explain(gone, spilled.present.events);
      verdict.hidden += explain(slots, spilled.required.events);
      optional = spilled.optional;
    }
    const auto [first_present, last_present] = range(present, hole.after_present, hole.before_present);
    for (std::size_t i = first_present; i < last_present && gone > 0; ++i, --gone, ++verdict.gone) {
      is_explained_present[i] = true;
    }
    const auto [first_expected, last_expected] = range(expected, hole.after_expected, hole.before_expected);
    for (std::size_t i = first_expected; i < last_expected; ++i) {
      if (!expected[i]->is_required) {
        ++optional;
      } else if (slots > 0) {
        is_explained_expected[i] = true;
        --slots;
        ++verdict.hidden;
      }
    }
    explain(slots, optional);
    explain(slots, gone);
    if (slots > 0) difference[DifferenceKind::kShifted].add(hole.at, slots);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i]->is_required && !is_explained_expected[i]) {
      difference[DifferenceKind::kMissing].add(expected[i]->revision);
    }
  }
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!is_explained_present[i]) difference[DifferenceKind::kExtra].add(present[i]->revision);
  }
  const auto add_spilled = [&](DifferenceKind kind, const Difference& left) {
    if (left.events > 0) difference[kind].add(left.first, left.events);
  };
  add_spilled(DifferenceKind::kMissing, spilled.required);
  add_spilled(DifferenceKind::kExtra, spilled.present);
  return verdict;
}

}  // namespace interconnect
