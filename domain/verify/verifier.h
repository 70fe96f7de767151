#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/copier/action.h"
#include "domain/event_policy.h"
#include "domain/stream_read.h"
#include "domain/time.h"
#include "domain/verify/difference.h"
#include "domain/verify/expected_streams.h"
#include "domain/verify/stream_comparison.h"
#include "domain/verify/stream_walk.h"

namespace interconnect {

struct VerifierSettings {
  PrintRules prints;
  CopyMetadata copy_metadata = CopyMetadata::kInterconnect;  // what the copy has added
  StreamWalk::Settings walk;
  std::size_t max_streams = 16;                      // that are compared at the same time
  std::vector<std::string> only;                     // streams to compare; empty: all
  Duration recheck_after = std::chrono::seconds(5);  // where a copy runs, a difference is looked at again after this
  std::size_t max_unmatched = SequenceDiff::kMaxUnmatched;
};

// Where a comparison stands, to go on from there in another process.
struct VerifyProgress {
  std::vector<Revision> ends;            // of the subscribed streams
  std::uint64_t begun = 0;               // streams, in the order in which they are met
  std::string last;                      // the name of the last of them
  std::vector<std::uint64_t> open;       // of them: not compared to the end
  std::vector<std::uint64_t> different;  // of them: found to differ, or not to be read
  VerifyCounts counts;                   // without the open and the different ones
};

// Compares what a copy by consumer groups has made with what it should be: finds the streams by reading the subscribed
// ones, then compares them, several at a time. A state machine without I/O, as the copier is.
//
//   ends -> (compare()) -> parked messages and links -> streams -> those that differed, again -> over
//
// A whole store would differ in the part that finds the streams (ExpectedStreams), and in reading all of a store at
// once.
class Verifier {
 public:
  Verifier(VerifierSettings settings, std::vector<VerifiedSubscription> subscriptions, EventPolicy policy);

  // Where an earlier process was. Before anything else.
  void resume(VerifyProgress progress);
  // What may be kept of what has been done; empty while the streams are not known.
  std::optional<VerifyProgress> progress() const;

  // The reads to be asked now. Their outcomes go to on_read().
  std::vector<ReadStream> advance(Time now);
  void on_read(std::uint64_t id, const ReadOutcome& outcome, Time now);
  // When advance() is to be called again though nothing was answered.
  Time next_deadline() const;

  // The ends of the subscribed streams, as they are at the beginning, kNoStream for one without events: what lies
  // behind need not have been copied.
  bool knows_ends() const { return phase_ != Phase::kEnds; }
  const std::vector<Revision>& ends() const { return ends_; }
  // Goes on. With a copy that runs, what differs is read again before it is told.
  void compare(bool copy_runs);

  bool is_over() const { return phase_ == Phase::kOver; }
  // Why it could not be done, if it could not: a store does not answer, or does not let us read what it must.
  const std::optional<StreamComparison::NotCompared>& failure() const { return failure_; }

  // Streams that differ, since the last call. Each is told once.
  std::vector<StreamDifference> take_differences();

  struct Skipped {
    std::string stream;
    Store store = Store::kSource;
    StoreError error;
  };
  struct Summary {
    VerifyCounts counts;
    std::uint64_t differing = 0;                     // streams
    std::array<Difference, kDifferenceKinds> kinds;  // over all streams
    std::uint64_t links = 0;                         // that were read
    std::uint64_t system_events = 0;                 // in streams of the servers, which are not copied
    std::uint64_t strange_links = 0;                 // whose texts name no event
    std::uint64_t not_compared = 0;                  // streams
    bool is_denied = false;                          // for want of rights: some of those
    std::vector<Skipped> skipped;                    // some of those
    std::vector<std::string> parked_unread;          // groups whose parked messages could not be read
    std::vector<std::string> not_found;              // of the streams that were asked for
  };
  const Summary& summary() const { return summary_; }

  enum class Phase : std::uint8_t { kEnds, kWaiting, kParked, kLinks, kStreams, kAgain, kOver };
  Phase phase() const { return phase_; }
  // Streams to be compared, as far as they are known, and those that are done.
  std::size_t streams() const { return expected_.size(); }
  std::size_t done() const { return done_; }

 private:
  struct Task {
    StreamComparison comparison;
    bool is_again = false;
  };
  using Tasks = std::list<Task>;
  struct Pending {
    Store store = Store::kSource;
    bool is_of_walk = false;
    Tasks::iterator task;
  };

  void begin_walks(Phase phase);
  void on_walk_read(const ReadOutcome& outcome, Time now);
  void after_walk();
  void take_subscribed(const EventView& event);
  void take_parked(const EventView& message);
  void begin_streams();
  void begin_tasks(Time now);
  void finish(Tasks::iterator task, Time now);
  void skip(const StreamComparison& comparison, const StreamComparison::NotCompared& why);
  void tell(const StreamComparison::Outcome& outcome);
  StreamComparison::Rules rules() const;
  static bool copies_metadata(const EventPolicy& policy);

  VerifierSettings settings_;
  std::vector<VerifiedSubscription> subscriptions_;
  EventPolicy policy_;
  ExpectedStreams expected_;
  Phase phase_ = Phase::kEnds;
  bool copy_runs_ = false;

  // One walk at a time, of the subscription's: its end, its parked messages, itself.
  std::size_t subscription_ = 0;
  std::optional<StreamWalk> walk_;
  std::vector<Revision> ends_;
  Revision walk_last_ = kNoStream;
  bool is_first_of_walk_ = true;

  Tasks tasks_;
  std::map<std::uint64_t, Pending> reads_;
  std::uint64_t next_read_id_ = 1;
  std::size_t next_stream_ = 0;
  std::deque<std::pair<Time, std::size_t>> again_;  // streams that differed, and when to compare them again
  std::deque<std::size_t> first_;                   // streams before the others: of an earlier process
  std::vector<std::uint64_t> told_;                 // streams that differ, or could not be compared
  VerifyCounts equal_;                              // of the others that are done
  std::size_t done_ = 0;
  std::optional<VerifyProgress> resumed_;

  std::vector<StreamDifference> differences_;
  Summary summary_;
  std::optional<StreamComparison::NotCompared> failure_;
};

}  // namespace interconnect
