#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/event.h"
#include "domain/verify/difference.h"
#include "domain/verify/event_print.h"

namespace interconnect {

// Compares what is to be in a stream with what is there, event by event, by their ids. Both come in their order, by
// turns; what has not met its like is kept, up to a bound. Ids that stay without their like may be met elsewhere: where
// such_ids() are not empty, both streams are to be counted for them before the verdict.
class SequenceDiff {
 public:
  // Of either side. What is kept beyond it counts as missing or extra without another look.
  static constexpr std::size_t kMaxUnmatched = 65'536;
  static constexpr std::size_t kMaxHoles = 65'536;

  explicit SequenceDiff(std::size_t max_unmatched = kMaxUnmatched) : max_unmatched_(max_unmatched) {}

  // An event of the source that is not to be copied.
  void on_passed_over() { ++source_shown_; }
  void on_expected(const EventPrint& event, Revision revision, bool is_required);
  void on_present(const EventPrint& event, Revision revision);
  // Both have been read to their ends, behind which the next revision would be this.
  void on_ends(Revision source_next, Revision destination_next);

  // How far each is, about: who is behind is read next.
  Revision expected_progress() const { return expected_progress_; }
  Revision present_progress() const { return last_present_ + 1; }

  bool has_such_ids() const;
  bool is_such_id(const EventId& id) const { return occurrences_.contains(id); }
  // Before the counting.
  void begin_count();
  void count_expected(const EventId& id) { count(id, &Occurrences::expected); }
  void count_present(const EventId& id) { count(id, &Occurrences::present); }

  struct Verdict {
    StreamDifference difference;
    std::uint64_t hidden = 0;    // events that are not shown and were there
    std::uint64_t repeated = 0;  // ids that the source's stream holds more often than the destination's
    std::uint64_t gone = 0;      // events of the destination that the source may have had and does not show any more
  };
  Verdict verdict() const;

 private:
  struct Unmatched {
    EventPrint print;
    Revision revision = 0;
    std::uint64_t number = 0;        // among its side's, from 1
    std::uint64_t source_shown = 0;  // events of the source up to it
    bool is_required = false;
  };
  // By their numbers.
  using Side = std::map<std::uint64_t, Unmatched>;
  // Between two pairs that are in order, where a side's revisions tell that something is not shown.
  struct Hole {
    std::uint64_t after_expected = 0;  // numbers of the pairs
    std::uint64_t before_expected = 0;
    std::uint64_t after_present = 0;
    std::uint64_t before_present = 0;
    Revision at = 0;          // the destination's revision behind it
    std::uint64_t slots = 0;  // revisions that the destination does not show
    std::uint64_t gone = 0;   // revisions that the source does not show
  };
  // What is not kept any more, from before the first pair.
  struct Spilled {
    Difference required;
    std::uint64_t optional = 0;
    Difference present;
  };
  struct Occurrences {
    std::uint64_t expected = 0;
    std::uint64_t present = 0;
  };

  void match(const Unmatched& expected, const Unmatched& present);
  void advance(const Unmatched& expected, const Unmatched& present);
  void keep_expected(Unmatched unmatched);
  void keep_present(Unmatched unmatched);
  void count(const EventId& id, std::uint64_t Occurrences::*which) {
    if (const auto found = occurrences_.find(id); found != occurrences_.end()) ++(found->second.*which);
  }
  Occurrences occurrences_of(const EventId& id) const;

  std::size_t max_unmatched_;
  StreamDifference difference_;
  std::uint64_t expected_ = 0;
  std::uint64_t required_ = 0;
  std::uint64_t present_ = 0;
  std::uint64_t source_shown_ = 0;
  Revision expected_progress_ = 0;
  Revision last_present_ = kNoStream;

  Side unmatched_expected_;
  Side unmatched_present_;
  absl::flat_hash_map<EventId, std::uint64_t> expected_ids_;
  absl::flat_hash_map<EventId, std::uint64_t> present_ids_;
  Spilled spilled_;

  // The first pair, and the latest that is in order: numbers, revisions and what the source has shown.
  std::uint64_t first_matched_expected_ = 0;
  std::uint64_t first_matched_present_ = 0;
  std::uint64_t matched_expected_ = 0;
  std::uint64_t matched_present_ = 0;
  std::uint64_t matched_source_shown_ = 0;
  Revision matched_source_revision_ = kNoStream;
  Revision matched_revision_ = kNoStream;
  std::vector<Hole> holes_;

  absl::flat_hash_map<EventId, Occurrences> occurrences_;
};

}  // namespace interconnect
