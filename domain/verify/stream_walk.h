#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "domain/event.h"
#include "domain/store.h"
#include "domain/store_error.h"
#include "domain/stream_read.h"
#include "domain/time.h"

namespace interconnect {

// Reads one stream of one store, page by page, forward. What fails for now is asked again; a page that is too large is
// asked for in smaller ones. One read at a time.
class StreamWalk {
 public:
  struct Settings {
    std::int32_t first_page = 32;  // events
    std::int32_t max_page = 500;
    std::size_t page_bytes = 512 << 10;  // that a page is to have
    Duration min_retry_delay = std::chrono::milliseconds(20);
    Duration max_retry_delay = std::chrono::seconds(1);
    Duration patience = std::chrono::seconds(60);  // for so long a store may not answer
  };

  static constexpr Revision kWithoutBound = std::numeric_limits<Revision>::max();

  // From a revision on, up to and with another.
  StreamWalk(Store store, std::string stream, Revision from, Revision until, const Settings& settings);
  // The last event alone.
  static StreamWalk last_event(Store store, std::string stream, const Settings& settings);

  Store store() const { return store_; }
  const std::string& stream() const { return stream_; }

  // When the next read is to be asked; kNever while one is under way, and once it is over.
  Time next_read_at() const { return is_reading_ || end_ != End::kNotYet ? kNever : retry_at_; }
  // The read has no id.
  StreamRead start_read();
  // The read's outcome; `each` gets its events.
  void on_read(const ReadOutcome& outcome, Time now, absl::FunctionRef<void(const EventView&)> each);

  enum class End : std::uint8_t {
    kNotYet,
    kEnd,
    kNoStream,     // never written to, or soft-deleted
    kDeleted,      // tombstoned
    kDenied,       // for want of a right
    kUnavailable,  // no answer for as long as the patience; or the credentials are not taken
    kFailed,       // the store answers that it cannot
  };
  End end() const { return end_; }
  bool is_over() const { return end_ != End::kNotYet; }
  const StoreError& error() const { return error_; }  // of the last three
  // Behind its end there may be more by now: goes on there.
  void go_on() { end_ = End::kNotYet; }

  // Behind the last event that was read, or is known to be there though it is not shown.
  Revision next() const { return from_; }
  std::uint64_t shown() const { return shown_; }
  // Of the first event that was shown; kNoStream for none.
  Revision shown_from() const { return shown_from_; }

 private:
  void on_page(const StreamPage& page, absl::FunctionRef<void(const EventView&)> each);
  void on_error(const StoreError& error, Time now);

  Settings settings_;
  Store store_;
  std::string stream_;
  Revision from_;
  Revision until_;
  bool is_last_event_ = false;
  bool is_reading_ = false;
  std::int32_t page_limit_;
  Duration retry_delay_{0};
  Time retry_at_{0};
  Time failing_since_ = kNever;
  End end_ = End::kNotYet;
  StoreError error_;
  std::uint64_t shown_ = 0;
  Revision shown_from_ = kNoStream;
};

}  // namespace interconnect
