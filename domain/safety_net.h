#pragma once

#include <string>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// What becomes of an event that the copy cannot carry over.
enum class SafetyAction {
  kExit,   // end the process; the event stays unacknowledged and comes again at the next start
  kRetry,  // keep trying to write it, in its place; its stream waits behind it. For an invalid event: the same as kExit
  kSkip,   // acknowledge it and go on: the event is missing at the destination
  kPark,   // have the server park it in the source's consumer group, and go on
};

enum class WriteFailureReason {
  kTimedOut,      // the writer timeout passed without a confirmed write; the event has been looked up and is not there
  kUnreachable,   // the writer timeout passed, and the destination does not tell whether the event is there
  kRefused,       // credentials or rights were refused for as long as the writer timeout, for all streams it seems
  kStreamDenied,  // this one stream may not be written or read, while others are written: its `$acl` forbids us
  kRejected,      // the destination will never take it: too large, its stream deleted, malformed
};

struct WriteFailure {
  WriteFailureReason reason = WriteFailureReason::kTimedOut;
  std::string message;  // what the destination said last
};

struct InvalidEvent {
  bool allowed_type = true;  // false: its type is not among those to be copied
  std::string reason;
};

// The rules for what goes wrong with one event. Users replace it to decide (or to note) for themselves. Called on the
// copying thread: must neither block nor throw. Copying, logging and counting go on whatever it returns.
class SafetyNet {
 public:
  virtual ~SafetyNet() = default;

  // An allowed, valid event that the destination does not take.
  virtual SafetyAction cannot_write_event(const EventView& event, const WriteFailure& failure) = 0;

  // An event that the policy refused.
  virtual SafetyAction invalid_event(const EventView& event, const InvalidEvent& why) = 0;
};

// The same answer to every event of either kind. But no event is given up because of its destination: where that is
// away, or refuses us everywhere, kSkip and kPark are the same as kExit.
class StockSafetyNet final : public SafetyNet {
 public:
  // `on_invalid_event` speaks of events that failed validation; an event of a type that is not allowed is always
  // skipped, since that is what the list of types is for.
  explicit StockSafetyNet(SafetyAction on_write_failure = SafetyAction::kExit,
                          SafetyAction on_invalid_event = SafetyAction::kSkip)
      : on_write_failure_(on_write_failure), on_invalid_event_(on_invalid_event) {}

  SafetyAction cannot_write_event(const EventView&, const WriteFailure& failure) override {
    const bool is_about_event =
        failure.reason != WriteFailureReason::kUnreachable && failure.reason != WriteFailureReason::kRefused;
    return is_about_event || on_write_failure_ == SafetyAction::kRetry ? on_write_failure_ : SafetyAction::kExit;
  }
  SafetyAction invalid_event(const EventView&, const InvalidEvent& why) override {
    return why.allowed_type ? on_invalid_event_ : SafetyAction::kSkip;
  }

 private:
  SafetyAction on_write_failure_;
  SafetyAction on_invalid_event_;
};

}  // namespace interconnect
