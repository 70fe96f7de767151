#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/copier/action.h"
#include "domain/event_metadata.h"
#include "domain/event_policy.h"
#include "domain/store.h"
#include "domain/stream_read.h"
#include "domain/time.h"
#include "domain/verify/difference.h"
#include "domain/verify/event_print.h"
#include "domain/verify/expected_streams.h"
#include "domain/verify/sequence_diff.h"
#include "domain/verify/stream_walk.h"

namespace interconnect {

// What was compared, and what was left aside, which is no difference.
struct VerifyCounts {
  std::uint64_t streams = 0;
  std::uint64_t events = 0;        // that are to be at the destination
  std::uint64_t filtered = 0;      // of a type that is not listed
  std::uint64_t invalid = 0;       // refused by their schemas
  std::uint64_t parked = 0;        // by the group
  std::uint64_t hidden = 0;        // not shown by the destination; its revisions prove that they were there
  std::uint64_t gone = 0;          // at the destination, and not shown by the source any more
  std::uint64_t repeated = 0;      // further events of an id that its stream has at the source
  std::uint64_t superseded = 0;    // metadata of streams that are newer than what the subscription brought
  std::uint64_t streams_gone = 0;  // that the source shows nothing of any more
  std::uint64_t unproven = 0;  // streams that the destination has, and shows nothing of; no revision tells what it had

  void add(const VerifyCounts& other);
  friend bool operator==(const VerifyCounts&, const VerifyCounts&) = default;
};

// Compares one stream of the two stores, in as few reads as it takes: first by a digest of each side; only if these
// differ event by event, and where ids have not met their like, once more to count these.
class StreamComparison {
 public:
  struct Rules {
    const ExpectedStreams* expected = nullptr;
    const EventPolicy* policy = nullptr;
    PrintRules prints;
    CopyMetadata copy_metadata = CopyMetadata::kInterconnect;
    StreamWalk::Settings walk;
    std::size_t max_unmatched = SequenceDiff::kMaxUnmatched;
  };
  // What the rules point to outlives it. `is_in_doubt`: event by event at once.
  StreamComparison(const Rules& rules, std::size_t stream, bool is_in_doubt);

  std::size_t stream() const { return stream_; }

  // When next_read() is to be asked; kNever if it waits for the outcomes of reads.
  Time next_read_at() const;
  // The read has no id. At most one for each store is under way.
  std::optional<ReadStream> next_read(Time now);
  void on_read(Store store, const ReadOutcome& outcome, Time now);

  struct NotCompared {
    Store store = Store::kSource;
    StreamWalk::End end = StreamWalk::End::kNotYet;
    StoreError error;
  };
  struct Outcome {
    StreamDifference difference;
    VerifyCounts counts;
    std::optional<NotCompared> not_compared;
  };
  bool is_over() const { return stage_ == Stage::kOver; }
  const Outcome& outcome() const { return outcome_; }

 private:
  enum class Stage : std::uint8_t {
    kQuick,          // both sides' digests
    kThorough,       // event by event
    kCountPresent,   // the destination's ids
    kCountExpected,  // the source's ids
    kWhyNotThere,    // the metadata of a stream that the destination does not have
    kNewest,         // of a metadata stream
    kOver,
  };

  std::optional<StreamWalk>& walk(Store store) { return walks_[static_cast<std::size_t>(store)]; }
  const std::optional<StreamWalk>& walk(Store store) const { return walks_[static_cast<std::size_t>(store)]; }
  Time next_read_at(Store store) const;
  bool may_read(Store store) const;
  void begin(Stage stage);
  void take_source(const EventView& event);
  void take_destination(const EventView& event);
  // Whether it is to be copied, and must be there; nothing if it is not to be copied.
  std::optional<bool> judge(const EventView& event);
  EventPrint print_of_copy(const EventView& event) const;
  void go_on();
  void after_quick();
  void after_thorough();
  void after_newest();
  bool is_equal_by_digest() const;
  void finish() { stage_ = Stage::kOver; }
  void finish_by_verdict();

  Rules rules_;
  std::size_t stream_;
  std::string name_;
  Stage stage_ = Stage::kOver;
  std::array<std::optional<StreamWalk>, 2> walks_;
  Outcome outcome_;
  bool source_was_read_last_ = false;  // after the destination's end was seen

  // Of the quick stage.
  StreamPrint required_;
  StreamPrint all_;  // with what may be there
  StreamPrint present_;
  Revision first_required_ = kNoStream;

  std::optional<SequenceDiff> diff_;

  // Of the newest of a metadata stream.
  std::optional<EventPrint> newest_expected_;
  std::optional<EventPrint> newest_present_;
  Revision newest_revision_ = 0;
  bool source_is_deleted_ = false;
  bool destination_is_deleted_ = false;
};

}  // namespace interconnect
