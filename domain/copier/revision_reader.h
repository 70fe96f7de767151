#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/time.h"

namespace interconnect {

// Reads the events at given revisions of one stream of the source, or finds out why they are gone. One read at a time.
// A revision is gone only if the stream does not exist, is deleted, or shows a later event and not this one. A stream
// that ends before it is read again until the patience is over: what is written last may be seen last.
class RevisionReader {
 public:
  static constexpr std::int32_t kFirstPage = 32;
  static constexpr std::int32_t kMaxPage = 500;         // events
  static constexpr std::size_t kPageBytes = 512 << 10;  // that a page is to have

  struct Settings {
    Duration min_retry_delay = std::chrono::milliseconds(20);
    Duration max_retry_delay = std::chrono::seconds(1);
    Duration patience = std::chrono::seconds(5);
  };
  // What has been so for a while, so that a later reader of the stream need not wait anew.
  struct Patience {
    Time denied_since = kNever;
    Revision beyond_end = 0;  // the lowest that is
    Time beyond_end_since = kNever;
    bool has_begun() const { return denied_since != kNever || beyond_end_since != kNever; }
  };
  RevisionReader(std::string stream, Settings settings) : stream_(std::move(stream)), settings_(settings) {}
  // Goes on with the patience of an earlier reader of the stream.
  void resume(const Patience& patience) { patience_ = patience; }

  const std::string& stream() const { return stream_; }

  // A read that is under way does not answer for it: the server may have read before the event was written.
  void want(Revision revision) { (is_reading_ ? wanted_next_ : wanted_).insert(revision); }
  // Those for which `is_wanted` is false are waited for no more.
  template <typename IsWanted>
  void forget_unless(const IsWanted& is_wanted) {
    const auto is_forgotten = [&](Revision revision) { return !is_wanted(revision); };
    std::erase_if(wanted_, is_forgotten);
    std::erase_if(wanted_next_, is_forgotten);
  }
  bool wants_any() const { return !wanted_.empty(); }

  // Not while a read is under way.
  bool is_reading() const { return is_reading_; }
  Time next_read_at() const { return retry_at_; }
  // Something is wanted. The read has no id.
  StreamRead start_read();

  // The read's outcome. Each wanted revision that it answers for is no longer wanted, and is told, lowest first.
  struct Told {
    std::function<void(const EventView&)> found;
    std::function<void(Revision, std::string_view reason)> gone;
  };
  void on_read(const ReadOutcome& outcome, Time now, const Told& told);

  // Since when the server denies the reads: for want of credentials or rights.
  Time denied_since() const { return patience_.denied_since; }

  const Patience& patience() const { return patience_; }

 private:
  void judge(const ReadOutcome& outcome, Time now, const Told& told);
  void on_page(const StreamPage& page, Time now, const Told& told);
  void on_last_event(const StreamPage& page, Time now, const Told& told);
  void on_error(const StoreError& error, Time now, const Told& told);
  // What is wanted from `first` on, and below `below`.
  void tell_gone(Revision first, Revision below, std::string_view reason, const Told& told);
  void tell_beyond_end(Revision end, Time now, const Told& told);
  void retry(Time now);

  std::string stream_;
  Settings settings_;
  std::set<Revision> wanted_;
  std::set<Revision> wanted_next_;  // since the read under way was asked
  bool is_reading_ = false;
  bool asks_last_event_ = false;  // the stream's last event, instead of a page: the last page was empty
  Revision from_ = 0;             // of the read under way
  std::int32_t page_limit_ = kFirstPage;
  Duration retry_delay_{0};
  Time retry_at_{0};
  Patience patience_;
};

}  // namespace interconnect
