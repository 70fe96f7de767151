#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/hole_fill.h"
#include "domain/copier/look_up.h"
#include "domain/event.h"
#include "domain/store_error.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect {

// An event between its delivery and its settlement.
struct HeldEvent {
  Event event;
  SubscriptionIndex subscription = 0;  // that delivered it first
  Revision position = 0;               // there
  Time first_sent = kNever;            // since it arrived, or since the safety net last chose to try it again
  bool was_sent = false;

  // It arrived when newer events of its stream had already gone to the destination.
  bool is_overtaken = false;
  // It arrived when newer ones had gone there, or when what is there had been looked up for newer ones only.
  bool is_behind = false;
  // Between it and the newest event of its stream that had arrived before, there may be one that has not.
  bool is_after_gap = false;
  Revision awaits = kNoStream;  // the one, where it is known

  // What the subscription left out before it, and is still to be read at the source.
  enum class Hole : std::uint8_t { kNone, kBetween, kBefore };
  Hole hole = Hole::kNone;         // kBetween: since an event that was delivered; kBefore: since none was
  Revision hole_from = kNoStream;  // of kBetween: its first revision
  bool is_filled = false;          // it was read at the source itself, and nobody waits for its acknowledgement

  bool is_asked_about = false;  // by the look-up under way
  bool is_redelivered = false;  // by the server's count
  bool is_replayed = false;     // it had been parked: later ones were copied before it
  bool is_rejected = false;     // the destination will never take it

  // kGone: the source itself has it no more, and nothing tells whether the destination had it.
  enum class AtDestination : std::uint8_t { kUnknown, kAbsent, kPresent, kGone };
  AtDestination at_destination = AtDestination::kUnknown;
};

// One destination stream: what waits for it, what is on its way, and what is known of both of its ends. At most one
// append is in flight, and what arrives meanwhile leaves as the next.
//
//   kIdle -> kReady -> kAppending -> kIdle
//             ^  |         |
//             |  v         v  (doubt)
//             | kFilling  kLookingUp
//             +--+---------+
//   kPaused: waits for its timer, then goes on with what it was at.
//   kAwaiting: waits for an older event, which may arrive at any time, and for its timer; then becomes kReady.
struct Lane {
  enum class State : std::uint8_t { kIdle, kReady, kAppending, kLookingUp, kFilling, kPaused, kAwaiting };

  std::string stream;
  std::uint64_t stream_hash = 0;
  std::uint64_t number = 0;  // in the order of making
  bool is_metadata = false;  // of a metadata stream
  State state = State::kIdle;
  State paused_at = State::kIdle;  // of kPaused: kAppending, kLookingUp and kFilling are gone on with

  // By source revision, oldest first; those before `head` are gone.
  std::vector<HeldEvent> waiting;
  std::size_t head = 0;
  std::size_t bytes = 0;  // of all that is held for the stream

  // The append in flight: `batch` is what it points to, `sent` belongs to it index by index.
  std::vector<Event> batch;
  std::vector<HeldEvent> sent;
  std::uint64_t append_id = 0;  // not 0: an outcome is still to come, if only of an append that was given up
  std::size_t batch_bytes = 0;
  Time sent_at{0};
  bool asks_for_tail = false;  // an append that cannot succeed: its refusal tells the destination's last revision

  // The destination's end.
  std::optional<Revision> tail;     // the last confirmed revision
  bool is_known_to_be_new = false;  // a refusal said that there is no such stream, not even a deleted one
  bool revives_stream = false;      // of a metadata stream: the next append brings the soft-deleted stream back to life
  // What is there and has not come from the source (yet), by id.
  absl::flat_hash_map<EventId, Revision> ahead;
  std::optional<Revision> walk_cursor;  // set: there is too much ahead to be remembered, from here on
  // The destination has all that is copied of the source below this revision, and hides what it does not show of it.
  Revision hidden_below = 0;
  Revision counted_below = 0;   // so much of it whatever the order of copying
  Revision looked_up_from = 0;  // what the two tell holds for events of the source from this revision on

  // The source's end.
  Revision newest_seen = kNoStream;  // that arrived, refused ones included
  Revision newest_sent = kNoStream;  // that was sent to the destination, was found there, or was given up

  std::unique_ptr<LookUp> look_up;
  EventId look_up_began_with;
  std::unique_ptr<HoleFill> hole_fill;
  EventId hole_fill_before;  // the event that follows the hole
  Time look_up_refused_since = kNever;
  std::optional<Revision> confirmed_meanwhile;  // by the late outcome of an append that had been given up
  Time unseen_since = kNever;                   // since then the destination has shown less than it told of

  Time next_gap_until{0};  // a gap is waited out at least until then, because the one before it just was

  Time timer = kNever;
  Time waiting_overdue_at = kNever;  // the first of what had been sent and waits again, at the earliest
  Duration retry_delay{0};
  int doubts = 0;                                                     // WrongExpectedVersions in a row
  std::size_t batch_limit = std::numeric_limits<std::size_t>::max();  // events; to find the one that spoils an append
  bool is_retried_by_safety_net = false;
  bool is_listed_idle = false;
  std::optional<StoreError> last_error;  // of an append, since the last one that the destination judged

  bool is_filling() const {
    return state == State::kFilling || (state == State::kPaused && paused_at == State::kFilling);
  }
  bool has_waiting() const { return head < waiting.size(); }
  std::size_t waiting_count() const { return waiting.size() - head; }
  HeldEvent& front() { return waiting[head]; }
  bool is_idle() const { return state == State::kIdle && !has_waiting() && batch.empty() && append_id == 0; }

  HeldEvent take_front();
  // By source revision; among equal ones, last.
  void insert(HeldEvent held);
  // What was sent waits again.
  void take_back_sent();
  // As a new one, but for the room that it has, if that is to be kept.
  void recycle(bool keeps_room);
  std::size_t room() const { return waiting.capacity() + batch.capacity() + sent.capacity(); }  // for events
};

}  // namespace interconnect
