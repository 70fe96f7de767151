#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/budget.h"
#include "domain/copier/expects.h"
#include "domain/copier/held_event.h"
#include "domain/copier/hole_fill.h"
#include "domain/copier/look_up.h"
#include "domain/event.h"
#include "domain/store_error.h"
#include "domain/time.h"

namespace interconnect {

// One destination stream: what waits for it, what is on its way, and what is known of both of its ends. At most one
// append is in flight, and what arrives meanwhile leaves as the next.
//
//   kIdle          nothing waits
//   kReady         it is in line for its turn to send
//   kBlocked       it waits for the outcome of another append: its counterpart's (a stream and its metadata stream are
//                  each other's), its own that was given up, or, in the global order, that of a lane whose turn it is
//   kAwaiting      it waits for an older event, which may arrive at any time; looks again at its timer
//   kAppending     an append is in flight
//   kRetrying      the same append goes again at its timer
//   kLookingUp     it reads what both streams hold, or is in line to read
//   kLookUpPaused  it reads on at its timer
//   kFilling       it reads what the subscription left out, or is in line to read
//   kFillPaused    it reads on at its timer
//   kBackingOff    it is ready at its timer
//
// kArrows lists what may follow what.
class Lane {
 public:
  enum class State : std::uint8_t {
    kIdle,
    kReady,
    kBlocked,
    kAwaiting,
    kAppending,
    kRetrying,
    kLookingUp,
    kLookUpPaused,
    kFilling,
    kFillPaused,
    kBackingOff
  };
  struct Arrow {
    State from;
    State to;
  };
  static constexpr Arrow kArrows[] = {
      {State::kIdle, State::kReady},           {State::kReady, State::kIdle},
      {State::kReady, State::kBlocked},        {State::kReady, State::kAwaiting},
      {State::kReady, State::kAppending},      {State::kReady, State::kLookingUp},
      {State::kReady, State::kFilling},        {State::kBlocked, State::kReady},
      {State::kBlocked, State::kIdle},         {State::kBlocked, State::kLookingUp},
      {State::kAwaiting, State::kReady},       {State::kAwaiting, State::kIdle},
      {State::kAppending, State::kIdle},       {State::kAppending, State::kReady},
      {State::kAppending, State::kRetrying},   {State::kAppending, State::kLookingUp},
      {State::kAppending, State::kBackingOff}, {State::kRetrying, State::kAppending},
      {State::kRetrying, State::kLookingUp},   {State::kLookingUp, State::kReady},
      {State::kLookingUp, State::kLookingUp},  {State::kLookingUp, State::kLookUpPaused},
      {State::kLookingUp, State::kBackingOff}, {State::kLookUpPaused, State::kLookingUp},
      {State::kFilling, State::kReady},        {State::kFilling, State::kFillPaused},
      {State::kFillPaused, State::kFilling},   {State::kBackingOff, State::kReady},
  };

  State state() const { return state_; }
  bool is_looking_up() const { return state_ == State::kLookingUp || state_ == State::kLookUpPaused; }
  bool is_filling() const { return state_ == State::kFilling || state_ == State::kFillPaused; }
  // Nothing is known to be under way or to wait.
  bool is_idle() const { return state_ == State::kIdle && append_id == 0; }
  // A turn can be begun: the order may let it send.
  bool is_free() const { return (state_ == State::kReady || state_ == State::kBlocked) && append_id == 0; }

  // --- Transitions ---

  void rest();
  void make_ready();
  void block();
  void await_predecessor();
  // `batch` is to be sent. The lane knows the append by its id.
  void append(std::uint64_t id, Budget::Units in_flight, Time now);
  // The append's time is over, or its outcome is there.
  void land() { in_flight.release(); }
  void retry_later();
  void look_up_with(LookUp next);
  void pause_look_up();
  void resume_look_up();
  // Goes on with a fill of the same hole.
  void fill(std::unique_ptr<HoleFill> fill);
  void pause_fill();
  void resume_fill();
  void back_off();

  // --- What waits ---

  bool has_waiting() const { return head < waiting.size(); }
  std::size_t waiting_count() const { return waiting.size() - head; }
  std::span<HeldEvent> all_waiting() { return std::span(waiting).subspan(head); }
  std::span<const HeldEvent> all_waiting() const { return std::span(waiting).subspan(head); }
  HeldEvent& front() { return waiting[head]; }
  const HeldEvent& front() const { return waiting[head]; }
  HeldEvent take_front();
  // By source revision; among equal ones, last.
  void insert(HeldEvent&& held);
  // The event in front leaves with the next append.
  void load_front();
  // What was sent waits again.
  void take_back_sent();
  // What was sent is at the destination, up to that revision.
  void on_sent_confirmed(Revision last);
  std::size_t batch_bytes() const;

  // --- What is known of an event that waits ---

  bool is_at_destination(const HeldEvent& held) const;
  bool is_after_hole(const HeldEvent& held) const;
  enum class Readiness : std::uint8_t { kSend, kFound, kAsk, kWait, kFill };
  // `wait_until`: until when a gap before it is waited out.
  Readiness examine(HeldEvent& held, Time wait_until, Duration next_gap_wait, Time now);
  // Never, if it was seen at the destination.
  Time give_up_at(const HeldEvent& held, Duration writer_timeout) const {
    return is_at_destination(held) ? kNever : held.overdue_at(writer_timeout);
  }
  // Notes a new event's place beside those that went before it. Whether it follows them without a gap.
  bool place(HeldEvent& held) const;
  // What the subscription, which carries the whole stream, left out before the event. With `looks_back`, also where
  // none was delivered before it.
  void note_hole(HeldEvent& held, bool looks_back) const;
  // What is known of the destination is replaced by what was found.
  void learn(LookUpFindings& found, std::size_t memory);

  // As a new one, but for the room that it has, if that is to be kept.
  void recycle(bool keeps_room);
  std::size_t room() const { return waiting.capacity() + batch.capacity() + sent.capacity(); }  // for events

  std::string stream;
  std::uint64_t stream_hash = 0;
  std::uint64_t number = 0;  // in the order of making
  bool is_metadata = false;  // of a metadata stream

  Budget held;  // of all that is held, what the lane holds

  // By source revision, oldest first; those before `head` are gone.
  std::vector<HeldEvent> waiting;
  std::size_t head = 0;

  // The append in flight: `batch` is what it points to, `sent` belongs to it index by index.
  std::vector<Event> batch;
  std::vector<HeldEvent> sent;
  std::uint64_t append_id = 0;  // not 0: an outcome is still to come, if only of an append that was given up
  Budget::Units in_flight;      // of what may be in flight, until the append's time is over
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
  Revision looked_up_from = 0;  // `ahead` and `walk_cursor` are valid for source revisions from here on

  // The source's end.
  Revision newest_seen = kNoStream;  // that arrived, refused ones included
  Revision newest_sent = kNoStream;  // that was sent to the destination, was found there, or was given up

  std::unique_ptr<LookUp> look_up;
  EventId look_up_began_with;
  std::unique_ptr<HoleFill> hole_fill;
  EventId hole_fill_before;  // the event that follows the hole
  Time read_denied_since = kNever;
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

 private:
  void become(State next);
  void drop_front();

  State state_ = State::kIdle;
};

}  // namespace interconnect
