#include "domain/copier/look_up.h"

#include <algorithm>
#include <utility>

#include "domain/page_limit.h"

namespace interconnect {
namespace {

// Of the source, before it is taken that nothing admitted precedes.
constexpr std::size_t kMaxPredecessorsRead = 4'096;
constexpr std::int32_t kFirstPredecessorPage = 32;

}  // namespace

LookUp::LookUp(Question question, Stage stage) : question_(std::move(question)), stage_(stage) {
  if (question_.reported_tail) {
    question_.known_tail = std::max(*question_.reported_tail, question_.known_tail.value_or(kNoStream));
  }
}

LookUp LookUp::whole(Question question, bool settle_predecessor) {
  const bool source_first = settle_predecessor && question.first_revision > 0;
  LookUp look_up(std::move(question), source_first ? Stage::kSource : Stage::kTail);
  look_up.settle_predecessor_ = settle_predecessor;
  look_up.wants_tail_after_source_ = source_first;
  look_up.from_ = source_first ? look_up.question_.first_revision - 1 : kStreamEnd;
  return look_up;
}

LookUp LookUp::since(Question question, Revision known_tail) {
  LookUp look_up(std::move(question), Stage::kForward);
  look_up.is_forward_ = true;
  look_up.from_ = known_tail + 1;
  look_up.found_.tail = known_tail;
  look_up.found_.is_whole_region = false;
  return look_up;
}

LookUp LookUp::walk(Question question, Revision cursor) {
  LookUp look_up(std::move(question), Stage::kForward);
  look_up.is_forward_ = true;
  look_up.stops_when_all_met_ = true;
  look_up.from_ = cursor;
  look_up.found_.tail = cursor - 1;
  return look_up;
}

LookUp LookUp::gap(Question question, Revision seen) {
  LookUp look_up(std::move(question), Stage::kSource);
  look_up.settle_predecessor_ = true;
  look_up.source_floor_ = seen;
  look_up.from_ = look_up.question_.first_revision - 1;
  return look_up;
}

LookUp LookUp::metadata(Question question) { return {std::move(question), Stage::kMetadata}; }

std::optional<LookUp::Page> LookUp::next() const {
  Page page;
  page.read.stream = question_.stream;
  page.read.from = from_;
  switch (stage_) {
    case Stage::kSource:
      page.store = Store::kSource;
      page.read.direction = ReadDirection::kBackward;
      page.read.count =
          std::min(question_.page_limit, source_events_read_ == 0 ? kFirstPredecessorPage : 8 * kFirstPredecessorPage);
      return page;
    case Stage::kTail:
    case Stage::kBackward:
      page.read.direction = ReadDirection::kBackward;
      page.read.count = page_size(question_.events + 1 + static_cast<std::size_t>(question_.depth));
      return page;
    case Stage::kGuess:
      page.read.count = page_size(2 * static_cast<std::size_t>(question_.depth));
      return page;
    case Stage::kForward:
      page.read.count = page_size(question_.events);
      return page;
    case Stage::kHidden:
      page.store = Store::kSource;
      page.read.from = proof_.from();
      page.read.count = proof_.page_size(question_);
      return page;
    case Stage::kMetadata:
      return newest_metadata();
    case Stage::kOver:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<LookUp::Page> LookUp::newest_metadata() const {
  const std::optional<Store> store = metadata_.next();
  if (!store) return std::nullopt;
  Page page{*store, {}};
  page.read.stream = question_.stream;
  page.read.from = kStreamEnd;
  page.read.direction = ReadDirection::kBackward;
  page.read.count = 1;
  return page;
}

std::int32_t LookUp::page_size(std::size_t wanted) const {
  const auto at_least_depth = std::max<std::size_t>(wanted, static_cast<std::size_t>(question_.depth));
  return static_cast<std::int32_t>(
      std::min<std::size_t>(at_least_depth, static_cast<std::size_t>(question_.page_limit)));
}

void LookUp::shrink_pages() {
  if (const std::optional<Page> page = next()) question_.page_limit = std::max(1, page->read.count / 4);
}

void LookUp::on_page(const StreamPage& page) {
  // What the events in doubt tell of the size of those that are there is a guess: a page tells more. It does not tell
  // whether the link carries a larger one in time.
  question_.page_limit = next_page_limit(question_.page_limit, page, {.bytes = kPageBytes, .events = kMaxPage});
  switch (stage_) {
    case Stage::kSource:
      return on_source_page(page);
    case Stage::kTail:
    case Stage::kBackward:
      return on_tail_page(page);
    case Stage::kGuess:
      return on_guess_page(page);
    case Stage::kForward:
      return on_forward_page(page);
    case Stage::kHidden:
      return go_on_with_proof(proof_.on_page(page, question_, shown(), found_));
    case Stage::kMetadata:
      return metadata_.on_newest(page, question_, found_);
    case Stage::kOver:
      return;
  }
}

void LookUp::on_source_page(const StreamPage& page) {
  bool reached_floor = is_last(page, ReadDirection::kBackward);
  for (const EventView& event : page.events) {
    if (event.revision <= source_floor_) {
      reached_floor = true;
      break;
    }
    if (event.revision >= question_.first_revision) continue;
    ++source_events_read_;
    predecessors_.emplace(event.id, event.revision);
    is_first_repeated_ = is_first_repeated_ || event.id == question_.first_id;
    met_left_out_ = met_left_out_ || (!nearest_id_ && question_.is_left_out(event));
    if (!nearest_id_ && question_.is_admitted(event)) {
      // An id that the source holds twice may be at the destination for the earlier one's sake.
      const auto is_same = [&](const EventView& other) { return other.id == event.id; };
      if (std::count_if(page.events.begin(), page.events.end(), is_same) > 1) continue;
      nearest_id_ = event.id;
      nearest_revision_ = event.revision;
    }
  }
  const bool wants_more = settle_predecessor_ && !nearest_id_ && source_events_read_ < kMaxPredecessorsRead;
  if (wants_more && !reached_floor) {
    from_ = page.next;
    return;
  }
  found_.nothing_left_out = !met_left_out_ && (nearest_id_ || reached_floor);
  after_source();
}

void LookUp::on_source_unreadable() {
  if (stage_ == Stage::kMetadata) return metadata_.on_source_unreadable();
  if (stage_ == Stage::kHidden) return go_on_with_proof(HiddenProof::give_up(found_));
  after_source();
}

void LookUp::after_source() {
  source_was_read_ = true;
  if (wants_tail_after_source_) {
    wants_tail_after_source_ = false;
    stage_ = Stage::kTail;
    from_ = kStreamEnd;
    return;
  }
  if (!found_.of_destination) {  // only the gap was asked for
    stage_ = Stage::kOver;
    return;
  }
  for (const auto& [id, revision] : met_) {
    if (const auto it = predecessors_.find(id); it != predecessors_.end()) {
      predecessor_met_at_ = std::max(predecessor_met_at_.value_or(revision), revision);
      proof_.note_match(revision, it->second);
    }
    if (nearest_id_ == id) nearest_met_ = true;
  }
  found_.scanned ? settle_hidden() : after_tail_page();
}

void LookUp::note(const EventView& event) {
  if (event.id == question_.first_id) first_met_at_ = event.revision;
  if (nearest_id_ == event.id) nearest_met_ = true;
  if (const auto it = predecessors_.find(event.id); it != predecessors_.end()) {
    predecessor_met_at_ = std::max(predecessor_met_at_.value_or(event.revision), event.revision);
    proof_.note_match(event.revision, it->second);
  }
}

void LookUp::meet(const EventView& event) {
  ++found_.events_read;
  found_.tail = std::max(found_.tail, event.revision);
  lowest_met_ = std::min(lowest_met_.value_or(event.revision), event.revision);
  note(event);
  if (question_.is_in_doubt(event.id)) {
    if (present_.insert(event.id).second) found_.present.push_back(event.id);
    highest_in_doubt_ = std::max(highest_in_doubt_.value_or(event.revision), event.revision);
    if (const auto revision = question_.revision_in_doubt(event.id)) {
      proof_.note_in_doubt(*revision);
      proof_.note_match(event.revision, *revision);
    }
  }
  if (met_.size() < question_.memory) {
    met_.emplace_back(event.id, event.revision);
  } else {
    overflow_ = true;
  }
}

void LookUp::on_tail_page(const StreamPage& page) {
  found_.of_destination = true;
  for (const EventView& event : page.events) meet(event);
  if (is_last(page, ReadDirection::kBackward)) {
    found_.scanned = true;
    hides_ = lowest_met_ ? *lowest_met_ > 0 : question_.known_tail.value_or(kNoStream) > kNoStream;
    return settle_hidden();
  }
  backward_from_ = page.next;
  after_tail_page();
}

// Stops at what is sure to lie before everything in doubt; else tries, in the order of their cost: the source's own
// predecessors, the place where an exact copy has the first event, and the whole stream.
void LookUp::after_tail_page() {
  if (const std::optional<Revision> place = anchor()) {
    if (lowest_met_.value_or(0) <= before_disorder(*place)) {
      found_.scanned = true;
      return settle_region();
    }
    stage_ = Stage::kBackward;
    from_ = *backward_from_;
    return;
  }
  if (!question_.is_copied_in_order) {
    stage_ = Stage::kBackward;
    from_ = *backward_from_;
    return;
  }
  if (!source_was_read_ && question_.first_revision > 0) {
    stage_ = Stage::kSource;
    from_ = question_.first_revision - 1;
    return;
  }
  source_was_read_ = true;
  const Revision guess = std::max<Revision>(0, question_.first_revision - question_.depth);
  if (stage_ != Stage::kBackward && guess < lowest_met_.value_or(0)) {
    stage_ = Stage::kGuess;
    from_ = guess;
    return;
  }
  stage_ = Stage::kBackward;
  from_ = *backward_from_;
}

void LookUp::on_guess_page(const StreamPage& page) {
  for (const EventView& event : page.events) note(event);
  const std::optional<Revision> place = anchor();
  if (!place) {
    found_.events_read += page.events.size();
    if (!is_last(page, ReadDirection::kForward) && page.next < question_.first_revision + question_.depth) {
      from_ = page.next;  // the page was too small for all that was guessed
      return;
    }
    stage_ = Stage::kBackward;
    from_ = *backward_from_;
    return;
  }
  // In step from here: the region is all that follows.
  stage_ = Stage::kForward;
  is_forward_ = true;
  stops_when_all_met_ = true;
  overflow_ = true;
  lowest_met_.reset();
  highest_in_doubt_.reset();
  const Revision region_from = before_disorder(*place);
  if (region_from >= from_) return go_on_forward(page);
  found_.events_read += page.events.size();
  from_ = region_from;  // the page began within the disorder
}

std::optional<Revision> LookUp::anchor() const {
  if (!question_.is_copied_in_order) return std::nullopt;
  if (first_met_at_) return first_met_at_;
  if (predecessor_met_at_) return *predecessor_met_at_ + 1;
  return std::nullopt;
}

void LookUp::on_forward_page(const StreamPage& page) {
  if (!found_.of_destination) {
    const Revision shown_from = page.events.empty() ? page.next : page.events.front().revision;
    hides_ = shown_from > from_ && (!page.events.empty() || !page.end_of_stream);
  }
  found_.of_destination = true;
  go_on_forward(page);
}

void LookUp::go_on_forward(const StreamPage& page) {
  for (const EventView& event : page.events) meet(event);
  if (is_last(page, ReadDirection::kForward)) {
    found_.scanned = true;
    return settle_hidden();
  }
  if (stops_when_all_met_ && found_.present.size() >= question_.events) {
    overflow_ = true;
    return settle_region();
  }
  from_ = page.next;
}

// Where the destination hides what may be in doubt.
void LookUp::settle_hidden() {
  if (!hides_) return settle_region();
  if (question_.may_lag && question_.reported_tail.value_or(kNoStream) > found_.tail) {
    found_.is_unproven = true;
    return settle_region();
  }
  go_on_with_proof(proof_.next(question_, shown(), found_));
}

HiddenProof::Shown LookUp::shown() const {
  return {.is_beginning = first_met_at_ || predecessor_met_at_,
          .is_predecessor = predecessor_met_at_.has_value(),
          .source_was_read = source_was_read_,
          .met = met_};
}

void LookUp::go_on_with_proof(HiddenProof::Next next) {
  switch (next) {
    case HiddenProof::Next::kOver:
      return settle_region();
    case HiddenProof::Next::kReadPredecessors:
      stage_ = Stage::kSource;
      from_ = question_.first_revision - 1;
      return;
    case HiddenProof::Next::kRead:
      stage_ = Stage::kHidden;
      return;
  }
}

void LookUp::settle_region() {
  stage_ = Stage::kOver;
  if (question_.reported_tail && *question_.reported_tail > found_.tail) found_.unseen_tail = question_.reported_tail;
  if (!overflow_) {
    found_.region = std::move(met_);
    return;
  }
  // Whoever filled the destination before may have done so in some disorder: the next look begins a little earlier.
  if (is_forward_) {
    found_.cursor = highest_in_doubt_ ? before_disorder(*highest_in_doubt_ + 1) : lowest_met_.value_or(0);
  } else {
    found_.cursor = before_disorder(anchor().value_or(0));
  }
}

LookUp::Findings LookUp::findings() && {
  // Where the first in doubt is there already, so is what comes before it, unless it is there for an earlier one's
  // sake.
  const bool is_first_there = first_met_at_ && !is_first_repeated_;
  if (nearest_revision_ && !nearest_met_ && !is_first_there) found_.predecessor = nearest_revision_;
  if (nearest_met_) found_.met_predecessor = nearest_revision_;
  found_.first_revision = question_.first_revision;
  return std::move(found_);
}

}  // namespace interconnect
