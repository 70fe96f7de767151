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

// Proves what a destination held that hides the beginning of its stream, by its metadata or a deletion: one that it
// shows tells of the others. By its place: if as many events precede it there as in the source, none of these is
// missing. By its order: if the copy was made in order, those before it in the source were there.
class HiddenProof {
 public:
  // The destination shows the source's event `in_source` at `at_destination`.
  void note_match(Revision at_destination, Revision in_source);
  // The destination shows one of those in doubt; its revision in the source.
  void note_in_doubt(Revision in_source);

  // What both ends have shown so far.
  struct Shown {
    bool is_beginning = false;    // the first in doubt at the destination, or something of what precedes it
    bool is_predecessor = false;  // something of what precedes it
    bool source_was_read = false;
    std::span<const std::pair<EventId, Revision>> met;  // all that the destination shows
  };
  enum class Next : std::uint8_t { kOver, kReadPredecessors, kRead };
  Next next(const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);

  // Of kRead: a page of the source, forward.
  Revision from() const { return from_; }
  std::int32_t page_size(const LookUpQuestion& question) const;
  Next on_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);

  static Next give_up(LookUpFindings& found);

 private:
  // One event at both ends.
  struct Match {
    Revision at_destination = kNoStream;
    Revision in_source = kNoStream;
  };
  enum class Reading : std::uint8_t { kNothing, kLater, kCount };

  Next read(Reading reading, Revision from);
  bool note_shown_from(const StreamPage& page, LookUpFindings& found) const;
  Next on_later_page(const StreamPage& page, const LookUpQuestion& question, const Shown& shown, LookUpFindings& found);
  Next on_count_page(const StreamPage& page, const LookUpQuestion& question, LookUpFindings& found);
  std::size_t count_at_destination(const LookUpQuestion& question) const;

  std::optional<Match> match_;               // the newest at the destination
  std::optional<Revision> latest_in_doubt_;  // in the source, of those that the destination shows
  Reading reading_ = Reading::kNothing;
  Revision from_ = 0;
  std::size_t events_read_ = 0;
  bool later_was_read_ = false;
  absl::flat_hash_set<EventId> counted_;  // of the source, that were to be copied
  Revision counted_up_to_ = kNoStream;
};

}  // namespace interconnect
