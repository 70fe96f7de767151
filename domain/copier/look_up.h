#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "domain/copier/hidden_proof.h"
#include "domain/copier/look_up_question.h"
#include "domain/copier/metadata_look_up.h"
#include "domain/event.h"
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
  static constexpr std::size_t kPageBytes = kLookUpPageBytes;
  static constexpr std::size_t kMaxPage = kMaxLookUpPage;  // events
  using Question = LookUpQuestion;
  using Page = LookUpPage;
  using Findings = LookUpFindings;

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

  // What to read next; nothing when it is over.
  std::optional<Page> next() const;

  void on_page(const StreamPage& page);
  // The page could not be had, as it is or may be too large: asks for smaller ones, until some have come.
  void shrink_pages();
  // The source cannot be read: goes on without what it would have told.
  void on_source_unreadable();

  Findings findings() &&;

 private:
  // kHidden: the proof reads, or is about to. kMetadata: it is a metadata stream.
  enum class Stage : std::uint8_t { kSource, kTail, kGuess, kBackward, kForward, kHidden, kMetadata, kOver };

  LookUp(Question question, Stage stage);
  bool is_last(const StreamPage& page, ReadDirection direction) const { return is_last_page(page, from_, direction); }
  std::optional<Page> newest_metadata() const;
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
  HiddenProof::Shown shown() const;
  void go_on_with_proof(HiddenProof::Next next);
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
  MetadataLookUp metadata_;
  HiddenProof proof_;

  absl::flat_hash_map<EventId, Revision> predecessors_;  // before the first in doubt, in the source
  std::optional<EventId> nearest_id_;
  std::optional<Revision> nearest_revision_;
  bool met_left_out_ = false;  // before the first in doubt, behind the nearest
  bool nearest_met_ = false;
  bool is_first_repeated_ = false;  // the source has its id earlier as well

  std::vector<std::pair<EventId, Revision>> met_;  // at the destination, while they fit
  absl::flat_hash_set<EventId> present_;
  bool overflow_ = false;
  bool hides_ = false;  // the destination shows less than the beginning of the region
  std::optional<Revision> lowest_met_;
  std::optional<Revision> highest_in_doubt_;
  std::optional<Revision> first_met_at_;
  std::optional<Revision> predecessor_met_at_;  // the latest of them
  std::optional<Revision> backward_from_;       // where reading backward goes on
};

}  // namespace interconnect
