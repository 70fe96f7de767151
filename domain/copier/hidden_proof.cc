#include "domain/copier/hidden_proof.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace interconnect {
namespace {

constexpr std::int32_t kLaterPage = 256;
constexpr std::size_t kMaxLaterRead = 4'096;
// Of the source, where only the number of its events tells what the destination hides.
constexpr std::size_t kMaxCounted = 65'536;

// Whether one that is there tells that those before it in the source were.
bool covers_all(const LookUpQuestion& question) { return question.order_proves && !question.is_out_of_order; }

}  // namespace

HiddenProof::Next HiddenProof::next(const LookUpQuestion& question, const Shown& shown) {
  // Behind what it shows of those before the first in doubt, it hides nothing.
  if (covers_all(question) && shown.is_beginning) return Next::kOver;
  if (shown.met.empty() && question.is_carried_from_start && question.known_tail) return read(Reading::kFromStart, 0);
  const bool may_be_behind_all = !shown.met.empty() && !shows_in_doubt_ && question.first_revision > 0;
  if (!shown.source_was_read && may_be_behind_all) return Next::kReadPredecessors;
  return read(Reading::kLater, question.first_revision);
}

HiddenProof::Next HiddenProof::read(Reading reading, Revision from) {
  reading_ = reading;
  from_ = from;
  events_read_ = 0;
  return Next::kRead;
}

HiddenProof::Next HiddenProof::give_up(LookUpFindings& found) {
  found.may_be_hidden = true;
  return Next::kOver;
}

std::int32_t HiddenProof::page_size(const LookUpQuestion& question) const {
  return reading_ == Reading::kLater ? std::min(question.page_limit, kLaterPage) : question.page_limit;
}

HiddenProof::Next HiddenProof::on_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown,
                                       LookUpFindings& found) {
  return reading_ == Reading::kLater ? on_later_page(page, question, shown, found)
                                     : on_start_page(page, question, shown, found);
}

// Whether the source shows its stream from where it is read; what it does not show, it has no more.
bool HiddenProof::note_shown_from(const StreamPage& page, LookUpFindings& found) const {
  if (!page.events.empty()) {
    if (page.events.front().revision <= from_) return true;
    found.gone_below = page.events.front().revision;
  } else if (!page.stream_exists || page.end_of_stream) {
    found.gone_below = std::numeric_limits<Revision>::max();
  } else if (page.next > from_) {
    found.gone_below = page.next;
  }
  return false;
}

// An event of the source, at or behind the first in doubt, or before it.
void HiddenProof::count(const EventView& event, const LookUpQuestion& question, bool may_begin_run) {
  if (!question.is_copied(event) || !counted_.insert(event.id).second) return;
  const bool belongs_to_run = may_begin_run && !is_run_over_ && question.is_in_doubt(event.id);
  if (!belongs_to_run) {
    is_run_over_ = run_ > 0;
  } else if (run_++ == 0) {
    run_begins_with_ = event.id;
    before_run_ = counted_.size() - 1;
  }
}

LookUpFindings::Supposition HiddenProof::run_at(Revision place, Revision below) const {
  return {.first = run_begins_with_, .place = place, .events = run_, .below = below};
}

// The source, from the first in doubt on.
HiddenProof::Next HiddenProof::on_later_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown,
                                             LookUpFindings& found) {
  if (events_read_ == 0) note_shown_from(page, found);
  for (const EventView& event : page.events) {
    ++events_read_;
    const auto met =
        std::find_if(shown.met.begin(), shown.met.end(), [&](const auto& other) { return other.first == event.id; });
    if (met == shown.met.end()) {
      count(event, question, true);
      continue;
    }
    if (event.revision <= question.first_revision) {  // it is shown; in order, so are those after it
      found.may_be_hidden = !question.order_proves;
      return Next::kOver;
    }
    const Revision place = met->second - static_cast<Revision>(counted_.size() - before_run_);
    if (place < 0 || run_ == 0) return give_up(found);
    found.supposition = run_at(place, event.revision);
    return Next::kOver;
  }
  if (is_last_page(page, from_, ReadDirection::kForward)) {
    // None of what it shows comes after those in doubt; does it show anything of the source?
    found.may_be_hidden = !shown.is_predecessor || !question.order_proves;
    return Next::kOver;
  }
  if (events_read_ >= kMaxLaterRead) return give_up(found);
  from_ = page.next;
  return Next::kRead;
}

// The source, from its beginning.
HiddenProof::Next HiddenProof::on_start_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown,
                                             LookUpFindings& found) {
  if (events_read_ == 0 && !note_shown_from(page, found)) return give_up(found);
  const auto at_destination = static_cast<std::size_t>(question.known_tail.value_or(kNoStream) + 1);
  bool is_over = is_last_page(page, from_, ReadDirection::kForward);
  Revision below = question.first_revision;
  for (const EventView& event : page.events) {
    if (counted_.size() == at_destination && (run_ > 0 || event.revision >= question.first_revision)) {
      is_over = true;
      break;
    }
    ++events_read_;
    below = event.revision + 1;
    const bool is_before = event.revision < question.first_revision;
    has_reached_first_ = has_reached_first_ || !is_before;
    // An append that expects no stream is no exact one where the stream is soft-deleted. A later event may prove it.
    const bool is_exact = shown.stream_exists || !counted_.empty();
    if (!is_before && !is_exact && !covers_all(question)) return give_up(found);
    count(event, question, !is_before && is_exact);
    if (counted_.size() > at_destination) return give_up(found);
  }
  is_over = is_over || (run_ > 0 && counted_.size() == at_destination);
  if (!is_over && events_read_ < kMaxCounted) {
    from_ = page.next;
    return Next::kRead;
  }
  if (run_ > 0) {
    found.supposition = run_at(static_cast<Revision>(before_run_), below);
    found.supposition->tells_of_predecessor = covers_all(question);
    return Next::kOver;
  }
  // As many as before those in doubt: none of these was there.
  const bool are_absent = !has_reached_first_ && counted_.size() == at_destination;
  return are_absent ? Next::kOver : give_up(found);
}

}  // namespace interconnect
