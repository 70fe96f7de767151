#include "domain/copier/revision_reader.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/page_limit.h"

namespace interconnect {
namespace {

constexpr Revision kNoBound = std::numeric_limits<Revision>::max();
constexpr std::string_view kLost = "its stream begins after it, or has lost it: truncated, expired or scavenged";

}  // namespace

StreamRead RevisionReader::start_read() {
  is_reading_ = true;
  StreamRead read;
  read.stream = stream_;
  if (asks_last_event_) {
    read.direction = ReadDirection::kBackward;
    read.from = kStreamEnd;
    read.count = 1;
    return read;
  }
  from_ = *wanted_.begin();
  read.from = from_;
  const Revision span = *wanted_.rbegin() - from_;
  read.count = static_cast<std::int32_t>(std::min<Revision>(span, page_limit_ - 1)) + 1;
  return read;
}

void RevisionReader::on_read(const ReadOutcome& outcome, Time now, const Told& told) {
  judge(outcome, now, told);
  is_reading_ = false;
  wanted_.merge(wanted_next_);
  wanted_next_.clear();
}

void RevisionReader::judge(const ReadOutcome& outcome, Time now, const Told& told) {
  const auto* page = std::get_if<StreamPage>(&outcome);
  if (page == nullptr) return on_error(std::get<StoreError>(outcome), now, told);
  patience_.denied_since = kNever;
  const bool asked_last_event = std::exchange(asks_last_event_, false);
  if (!page->stream_exists) return tell_gone(0, kNoBound, "its stream does not exist, or is deleted", told);
  asked_last_event ? on_last_event(*page, now, told) : on_page(*page, now, told);
}

void RevisionReader::on_page(const StreamPage& page, Time now, const Told& told) {
  page_limit_ = next_page_limit(page_limit_, page, {.bytes = kPageBytes, .events = kMaxPage});
  Revision answered = from_;  // all below it, from the page's first on
  for (const EventView& event : page.events) {
    if (event.revision < answered) continue;
    tell_gone(answered, event.revision, kLost, told);
    if (wanted_.erase(event.revision) > 0) told.found(event);
    if (event.revision == kNoBound) return;
    answered = event.revision + 1;
  }
  if (!page.end_of_stream && page.next > answered) {
    tell_gone(answered, page.next, kLost, told);
    answered = page.next;
  }
  if (answered == from_ && !page.end_of_stream) return retry(now);
  if (answered > patience_.beyond_end) patience_.beyond_end_since = kNever;
  if (answered > from_) {
    retry_delay_ = Duration{0};
    retry_at_ = now;
  }
  if (!wants_any() || !page.end_of_stream || *wanted_.begin() < from_) return;
  if (!page.events.empty()) return tell_beyond_end(answered, now, told);
  // Beyond the stream's end, or all of it truncated: its last event tells.
  asks_last_event_ = true;
}

void RevisionReader::on_last_event(const StreamPage& page, Time now, const Told& told) {
  if (!wants_any()) return;
  if (page.events.empty()) return tell_gone(0, kNoBound, "nothing of its stream is left: all is truncated", told);
  const Revision last = page.events.front().revision;
  if (*wanted_.rbegin() <= last) return retry(now);  // it came meanwhile
  tell_beyond_end(last + 1, now, told);
}

void RevisionReader::tell_beyond_end(Revision end, Time now, const Told& told) {
  const Revision lowest = *wanted_.lower_bound(end);
  if (patience_.beyond_end_since == kNever || patience_.beyond_end != lowest) {
    patience_.beyond_end = lowest;
    patience_.beyond_end_since = now;
  }
  if (now - patience_.beyond_end_since >= settings_.patience) {
    patience_.beyond_end_since = kNever;
    return tell_gone(end, kNoBound, "its stream ends before it", told);
  }
  retry(now);
}

void RevisionReader::on_error(const StoreError& error, Time now, const Told& told) {
  if (error.kind == ErrorKind::kStreamDeleted) return tell_gone(0, kNoBound, "its stream is deleted for good", told);
  if (error.kind == ErrorKind::kNotFound) return tell_gone(0, kNoBound, "its stream does not exist", told);
  // Larger than a message may be, or than the link carries in time?
  page_limit_ = std::max(1, page_limit_ / 4);
  patience_.denied_since = is_refusal(error.kind) ? std::min(patience_.denied_since, now) : kNever;
  retry(now);
}

void RevisionReader::tell_gone(Revision first, Revision below, std::string_view reason, const Told& told) {
  for (auto it = wanted_.lower_bound(first); it != wanted_.end() && (*it < below || below == kNoBound);) {
    const Revision revision = *it;
    it = wanted_.erase(it);
    told.gone(revision, reason);
  }
}

void RevisionReader::retry(Time now) {
  retry_delay_ = std::clamp(2 * retry_delay_, settings_.min_retry_delay, settings_.max_retry_delay);
  retry_at_ = now + retry_delay_;
}

}  // namespace interconnect
