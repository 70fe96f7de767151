#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "domain/event.h"
#include "domain/store.h"
#include "domain/stream_read.h"

namespace interconnect {

// Finds out what a destination stream holds of the events that are about to be written to it, page by page. It reads
// in proportion to what is in doubt wherever the destination is a copy made in order, whoever else writes there; only
// an event that cannot be placed costs a scan of the stream.
//
// What it establishes is a region at the stream's end: whatever of the source's stream is there, from the first event
// in doubt on, is in the region. Events that arrive later are told from it too, without another look.
class LookUp {
 public:
  // By their estimated size 16 pages stay below the 10 MiB that 5.0.1 lets a client leave pending.
  static constexpr std::size_t kPageBytes = 512 << 10;
  static constexpr std::size_t kMaxPage = 500;  // events

  struct Question {
    std::string stream;
    Revision first_revision = 0;  // in the source, of the oldest event in doubt
    EventId first_id;
    std::size_t events = 1;  // in doubt
    std::int32_t depth = 64;
    std::int32_t page_limit = kMaxPage;     // events, of the first page
    std::size_t memory = 2'048;             // ids that a region may hold
    std::optional<Revision> reported_tail;  // from a WrongExpectedVersion
    bool is_copied_in_order = true;         // false: no event's place tells where those after it are
    bool order_proves = false;              // one that was copied tells that those before it in the source were
    bool count_proves = false;              // as many events as in the source are those of the source
    bool is_replayed = false;               // the first in doubt had been parked: the order of copying is not its order

    std::function<bool(const EventView&)>
        is_admitted;                                  // would this event of the source have been delivered and copied?
    std::function<bool(const EventId&)> is_in_doubt;  // is this one of the events in doubt?
    // its revision in the source, of one in doubt
    std::function<std::optional<Revision>(const EventId&)> revision_in_doubt = [](const EventId&) {
      return std::optional<Revision>();
    };
    // would this event of the source be copied, and may not be delivered?
    std::function<bool(const EventView&)> is_left_out = [](const EventView&) { return false; };
    // would this event of the source be copied, delivered or filled in?
    std::function<bool(const EventView&)> is_copied = [](const EventView&) { return true; };
    std::optional<Revision> known_tail;  // of the destination: no less than that was there
    bool may_lag = false;                // the reported tail may still come to be seen: no proof without it
    bool is_deletion = false;            // of metadata(): the first in doubt soft-deletes the stream it belongs to
  };

  // Nothing is known of the destination stream, or an event arrived behind newer ones. With `settle_predecessor`, the
  // admitted event before the first in doubt is looked for at both ends as well.
  static LookUp whole(Question question, bool settle_predecessor);
  // What the destination held up to `known_tail` is settled: only what others wrote since is in doubt.
  static LookUp since(Question question, Revision known_tail);
  // The destination is ahead: goes on from `cursor`, in step with the source.
  static LookUp walk(Question question, Revision cursor);
  // Only the source: is there an admitted event between `seen` and the first in doubt?
  static LookUp gap(Question question, Revision seen);
  // Of a metadata stream, and of the first in doubt alone: only the newest metadata counts, at both ends.
  static LookUp metadata(Question question);

  struct Page {
    Store store = Store::kDestination;
    StreamRead read;  // without an id
  };
  // What to read next; nothing when it is over.
  std::optional<Page> next() const;

  void on_page(const StreamPage& page);
  // The page could not be had, as it is or may be too large: asks for smaller ones, until some have come.
  void shrink_pages();
  // The source cannot be read: goes on without what it would have told.
  void on_source_unreadable();

  struct Findings {
    bool of_destination = false;  // the destination was read: the following three are set
    Revision tail = kNoStream;
    std::vector<std::pair<EventId, Revision>> region;  // if it fits
    std::optional<Revision> cursor;                    // if they do not: where the region begins
    std::vector<EventId> present;                      // those in doubt that were met; the rest is absent, if `scanned`
    bool is_whole_region = true;                       // false: only what was written since, beside an earlier region
    bool scanned = false;                              // the region was read to its end
    // The destination hides the beginning of its stream, by its metadata or a deletion. What is in doubt and below this
    // revision of the source was there: a later event is.
    std::optional<Revision> hidden_below;
    bool is_hidden_by_count = false;     // the number of events tells it as well, whatever their order
    bool may_be_hidden = false;          // it hides events, and nothing tells which
    bool is_unproven = false;            // what it hides was not asked, since it may still come to be seen
    std::optional<Revision> gone_below;  // the source itself shows only what comes from here on
    bool revives = false;                // of metadata(): the append brings a soft-deleted stream back to life
    // Of metadata(): an earlier deletion is the newest there, unless what has revived the stream since is not seen yet.
    bool is_older_deletion = false;
    std::optional<Revision> unseen_tail;      // the reported tail, if less than that was to be read
    std::optional<Revision> predecessor;      // the nearest admitted event before the first in doubt, if not met
    std::optional<Revision> met_predecessor;  // if met
    Revision first_revision = 0;              // of the first in doubt
    // The source was read back to that predecessor, or to its beginning, and shows nothing that is left out.
    bool nothing_left_out = false;
    std::size_t events_read = 0;  // at the destination
  };
  Findings findings() &&;

 private:
  enum class Stage {
    kSource,
    kTail,
    kGuess,
    kBackward,
    kForward,
    kLater,
    kCount,
    kNewestMetadata,
    kNewestOfSource,
    kOver
  };

  // One event in both stores, by its revisions.
  struct Match {
    Revision at_destination = kNoStream;
    Revision in_source = kNoStream;
  };

  LookUp(Question question, Stage stage);
  void fit_pages(const StreamPage& page);
  bool is_last(const StreamPage& page, ReadDirection direction) const;
  void on_source_page(const StreamPage& page);
  void on_tail_page(const StreamPage& page);
  void on_guess_page(const StreamPage& page);
  void on_forward_page(const StreamPage& page);
  void go_on_forward(const StreamPage& page);
  void meet(const EventView& event);
  void note(const EventView& event);
  // Everything in doubt that is there follows this place, but for some disorder.
  std::optional<Revision> anchor() const;
  Revision before_disorder(Revision revision) const { return std::max<Revision>(0, revision - question_.depth); }
  void after_source();
  void after_tail_page();
  void settle_region();
  void settle_hidden();
  void on_later_page(const StreamPage& page);
  void on_count_page(const StreamPage& page);
  void note_match(Revision at_destination, Revision in_source);
  bool note_shown_from(const StreamPage& page);
  void give_up_proof();
  void on_newest_metadata(const StreamPage& page);
  void on_newest_of_source(const StreamPage& page);
  std::int32_t page_size(std::size_t wanted) const;

  Question question_;
  Stage stage_;
  Findings found_;

  Revision from_ = 0;  // of the next page
  bool wants_tail_after_source_ = false;
  bool settle_predecessor_ = false;
  bool source_was_read_ = false;
  bool is_forward_ = false;
  bool stops_when_all_met_ = false;
  Revision source_floor_ = kNoStream;  // nothing at or below it is asked of the source
  std::size_t source_events_read_ = 0;

  absl::flat_hash_map<EventId, Revision> predecessors_;  // before the first in doubt, in the source
  std::optional<EventId> nearest_id_;
  std::optional<Revision> nearest_revision_;
  bool met_left_out_ = false;  // before the first in doubt, behind the nearest
  bool nearest_met_ = false;
  bool is_first_repeated_ = false;  // the source has its id earlier as well

  std::vector<std::pair<EventId, Revision>> met_;  // at the destination, while they fit
  absl::flat_hash_set<EventId> present_;
  bool overflow_ = false;
  bool hides_ = false;                       // the destination shows less than the beginning of the region
  std::optional<Revision> latest_in_doubt_;  // in the source, of those that were met
  std::optional<Match> match_;               // the newest at the destination
  bool later_was_read_ = false;
  absl::flat_hash_set<EventId> counted_;  // of the source, that were to be copied
  Revision counted_up_to_ = kNoStream;
  std::optional<Revision> lowest_met_;
  std::optional<Revision> highest_in_doubt_;
  std::optional<Revision> first_met_at_;
  std::optional<Revision> predecessor_met_at_;  // the latest of them
  std::optional<Revision> backward_from_;       // where reading backward goes on
};

}  // namespace interconnect
