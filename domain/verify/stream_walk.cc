#include "domain/verify/stream_walk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "domain/page_limit.h"

namespace interconnect {

StreamWalk::StreamWalk(Store store, std::string stream, Revision from, Revision until, const Settings& settings)
    : settings_(settings),
      store_(store),
      stream_(std::move(stream)),
      from_(from),
      until_(until),
      page_limit_(settings.first_page) {
  if (until < from) end_ = End::kEnd;
}

StreamWalk StreamWalk::last_event(Store store, std::string stream, const Settings& settings) {
  StreamWalk walk(store, std::move(stream), 0, kWithoutBound, settings);
  walk.is_last_event_ = true;
  return walk;
}

StreamRead StreamWalk::start_read() {
  is_reading_ = true;
  StreamRead read;
  read.stream = stream_;
  if (is_last_event_) {
    read.direction = ReadDirection::kBackward;
    read.from = kStreamEnd;
    read.count = 1;
  } else {
    read.from = from_;
    const Revision left = until_ == kWithoutBound ? page_limit_ : until_ - from_ + 1;
    read.count = static_cast<std::int32_t>(std::min<Revision>(page_limit_, left));
  }
  return read;
}

void StreamWalk::on_read(const ReadOutcome& outcome, Time now, absl::FunctionRef<void(const EventView&)> each) {
  is_reading_ = false;
  if (const auto* error = std::get_if<StoreError>(&outcome)) return on_error(*error, now);
  retry_delay_ = Duration{0};
  failing_since_ = kNever;
  on_page(std::get<StreamPage>(outcome), each);
}

void StreamWalk::on_page(const StreamPage& page, absl::FunctionRef<void(const EventView&)> each) {
  page_limit_ = next_page_limit(
      page_limit_, page,
      {.bytes = settings_.page_bytes, .events = static_cast<std::size_t>(settings_.max_page), .growth = 4});
  const Revision asked_from = from_;
  for (const EventView& event : page.events) {
    if (event.revision < from_ || event.revision > until_) continue;
    if (shown_ == 0) shown_from_ = event.revision;
    ++shown_;
    each(event);
    from_ = event.revision + 1;
  }
  if (!page.stream_exists) {
    end_ = End::kNoStream;
  } else if (is_last_event_) {
    end_ = End::kEnd;
  } else {
    from_ = std::max(from_, page.next);
    // A page may be empty where the stream was truncated, and say where to go on.
    const bool stands_still = page.events.empty() && from_ == asked_from;
    if (page.end_of_stream || stands_still || from_ > until_) end_ = End::kEnd;
  }
}

void StreamWalk::on_error(const StoreError& error, Time now) {
  error_ = error;
  if (error.kind == ErrorKind::kTooLarge && page_limit_ > 1) {
    page_limit_ = std::max(1, page_limit_ / 4);
    return;
  }
  if (error.kind == ErrorKind::kStreamDeleted) {
    end_ = End::kDeleted;
  } else if (error.kind == ErrorKind::kNotFound) {
    end_ = End::kNoStream;
  } else if (error.kind == ErrorKind::kAccessDenied) {
    end_ = End::kDenied;
  } else if (!is_transient(error.kind) && error.kind != ErrorKind::kNotAuthenticated) {
    end_ = End::kFailed;
  } else {
    // A server that has just started refuses right credentials for a moment.
    failing_since_ = std::min(failing_since_, now);
    if (now - failing_since_ >= settings_.patience) end_ = End::kUnavailable;
    retry_delay_ = std::clamp(2 * retry_delay_, settings_.min_retry_delay, settings_.max_retry_delay);
    retry_at_ = now + retry_delay_;
  }
}

}  // namespace interconnect
