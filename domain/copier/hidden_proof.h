#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "domain/copier/look_up_question.h"
#include "domain/event.h"
#include "domain/stream_read.h"

namespace interconnect {

// Finds out where the first events in doubt would be at a destination that hides the beginning of its stream, by its
// metadata or a deletion. A later event that is shown tells it: so many places before that one as there are events in
// the source between them. Where nothing is shown: the number of events before them in the source.
//
// That is a supposition: somebody else may write to the stream, or an event may be missing in it. See Proofs.
class HiddenProof {
 public:
  // The destination shows one of those in doubt.
  void note_in_doubt() { shows_in_doubt_ = true; }

  // What both ends have shown so far.
  struct Shown {
    bool is_beginning = false;    // the first in doubt at the destination, or something of what precedes it
    bool is_predecessor = false;  // something of what precedes it
    bool source_was_read = false;
    bool stream_exists = true;                               // at the destination; false: or it is soft-deleted
    std::span<const std::pair<EventId, Revision>> met = {};  // all that the destination shows
  };
  enum class Next : std::uint8_t { kOver, kReadPredecessors, kRead };
  Next next(const LookUpQuestion& question, const Shown& shown);

  // Of kRead: a page of the source, forward.
  Revision from() const { return from_; }
  std::int32_t page_size(const LookUpQuestion& question) const;
  Next on_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);

  static Next give_up(LookUpFindings& found);

 private:
  enum class Reading : std::uint8_t { kNothing, kLater, kFromStart };

  Next read(Reading reading, Revision from);
  bool note_shown_from(const StreamPage& page, LookUpFindings& found) const;
  void count(const EventView& event, const LookUpQuestion& question, bool may_begin_run);
  LookUpFindings::Supposition run_at(Revision place, Revision below) const;
  Next on_later_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);
  Next on_start_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);

  bool shows_in_doubt_ = false;
  Reading reading_ = Reading::kNothing;
  Revision from_ = 0;
  std::size_t events_read_ = 0;
  absl::flat_hash_set<EventId> counted_;  // of the source, that were to be copied
  bool has_reached_first_ = false;
  // Events in doubt that follow each other among those that were to be copied.
  EventId run_begins_with_;
  std::size_t before_run_ = 0;  // of those counted
  std::size_t run_ = 0;
  bool is_run_over_ = false;
};

}  // namespace interconnect
