#include "domain/copier/hidden_proof.h"

#include <algorithm>
#include <limits>

namespace interconnect {
namespace {

constexpr std::int32_t kLaterPage = 256;
constexpr std::size_t kMaxLaterRead = 4'096;
// Of the source, where only the number of its events tells what the destination hides.
constexpr std::size_t kMaxCounted = 65'536;

}  // namespace

void HiddenProof::note_match(Revision at_destination, Revision in_source) {
  if (!match_ || match_->at_destination < at_destination) match_ = Match{at_destination, in_source};
}

void HiddenProof::note_in_doubt(Revision in_source) {
  latest_in_doubt_ = std::max(latest_in_doubt_.value_or(in_source), in_source);
}

HiddenProof::Next HiddenProof::next(const LookUpQuestion& question, const Shown& shown, LookUpFindings& found) {
  if (question.order_proves && !question.is_replayed) {
    // Behind what it shows of those before the first in doubt, it hides nothing.
    if (shown.is_beginning) return Next::kOver;
    if (latest_in_doubt_) {
      found.hidden_below = latest_in_doubt_;
      return Next::kOver;
    }
  }
  if (question.count_proves && (match_ || (shown.met.empty() && question.known_tail))) return read(Reading::kCount, 0);
  if (!shown.source_was_read && !shown.met.empty() && question.first_revision > 0) return Next::kReadPredecessors;
  if (!later_was_read_) return read(Reading::kLater, question.first_revision);
  return give_up(found);
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
                                     : on_count_page(page, question, found);
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

// The source, from the first in doubt on.
HiddenProof::Next HiddenProof::on_later_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown,
                                             LookUpFindings& found) {
  later_was_read_ = true;
  if (events_read_ == 0) note_shown_from(page, found);
  for (const EventView& event : page.events) {
    ++events_read_;
    const auto met =
        std::find_if(shown.met.begin(), shown.met.end(), [&](const auto& other) { return other.first == event.id; });
    if (met == shown.met.end()) continue;
    note_match(met->second, event.revision);
    if (!question.order_proves) return next(question, shown, found);
    found.hidden_below = event.revision;
    return Next::kOver;
  }
  if (is_last_page(page, from_, ReadDirection::kForward)) {
    // None of what it shows comes after those in doubt; does it show anything of the source?
    found.may_be_hidden = !shown.is_predecessor;
    return Next::kOver;
  }
  if (events_read_ >= kMaxLaterRead) return give_up(found);
  from_ = page.next;
  return Next::kRead;
}

// Before the match; or, where the destination shows nothing, of all of it.
std::size_t HiddenProof::count_at_destination(const LookUpQuestion& question) const {
  return static_cast<std::size_t>(match_ ? match_->at_destination : question.known_tail.value_or(kNoStream) + 1);
}

// The source, from its beginning. Before the match the destination has as many events as the source; or, where it shows
// nothing, as many as the source altogether, or as the source before the first in doubt.
HiddenProof::Next HiddenProof::on_count_page(const StreamPage& page, const LookUpQuestion& question,
                                             LookUpFindings& found) {
  if (events_read_ == 0 && !note_shown_from(page, found)) return give_up(found);
  const std::size_t at_destination = count_at_destination(question);
  bool is_over = is_last_page(page, from_, ReadDirection::kForward);
  for (const EventView& event : page.events) {
    ++events_read_;
    if (match_ && event.revision >= match_->in_source) {
      is_over = true;
      break;
    }
    const bool is_first_in_doubt =
        counted_up_to_ < question.first_revision && event.revision >= question.first_revision;
    // Nothing of what is in doubt was there.
    if (!match_ && is_first_in_doubt && counted_.size() == at_destination) return Next::kOver;
    counted_up_to_ = event.revision;
    if (question.is_copied(event)) counted_.insert(event.id);
    if (counted_.size() > at_destination) return give_up(found);
    // Copied in order, it is the last of those that were there.
    if (!match_ && question.order_proves && counted_.size() == at_destination) {
      found.hidden_below = event.revision + 1;
      return Next::kOver;
    }
  }
  if (is_over && counted_.size() == at_destination) {
    found.hidden_below = match_ ? match_->in_source : counted_up_to_ + 1;
    found.is_hidden_by_count = true;
    return Next::kOver;
  }
  if (is_over || events_read_ >= kMaxCounted) return give_up(found);
  from_ = page.next;
  return Next::kRead;
}

}  // namespace interconnect
