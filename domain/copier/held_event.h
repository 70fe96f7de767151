#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "domain/copier/budget.h"
#include "domain/event.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect {

// An event between its delivery and its settlement.
struct HeldEvent {
  Event event;
  Budget::Units units;                 // of what may be held
  SubscriptionIndex subscription = 0;  // that delivered it first
  Revision position = 0;               // there
  std::int32_t added_metadata = 0;     // bytes that the copy has added to the event's metadata
  Time first_sent = kNever;            // since it arrived, or since the safety net last chose to try it again
  bool was_sent = false;

  HeldEvent() = default;
  HeldEvent(Event copy, const EventView& original)
      : event(std::move(copy)),
        added_metadata(static_cast<std::int32_t>(event.metadata().size()) -
                       static_cast<std::int32_t>(original.metadata.size())) {}

  // It arrived when newer events of its stream had already gone to the destination.
  bool is_overtaken = false;
  // It arrived when newer ones had gone there, or when what is there had been looked up for newer ones only.
  bool is_behind = false;
  // Between it and the newest event of its stream that had arrived before, there may be one that has not.
  bool is_after_gap = false;
  Revision awaits = kNoStream;  // the one, where it is known
  Revision missed = kNoStream;  // the one, once it has been waited for in vain

  bool comes_from_projection = false;  // which may have passed over others of its stream
  bool is_carried_whole = false;       // its stream is, by the subscription: a missing revision is a missing event
  // What the subscription left out before it, and is still to be read at the source.
  enum class Hole : std::uint8_t { kNone, kBetween, kBefore };
  Hole hole = Hole::kNone;         // kBetween: since an event that was delivered; kBefore: since none was
  Revision hole_from = kNoStream;  // of kBetween: its first revision
  bool is_filled = false;          // it was read at the source itself, and nobody waits for its acknowledgement

  bool is_asked_about = false;  // by the look-up under way
  bool is_redelivered = false;  // by the server's count
  bool is_replayed = false;     // it had been parked: later ones were copied before it
  bool is_rejected = false;     // the destination will never take it
  bool is_written = false;      // by an append of ours that was confirmed at another revision than expected

  // kGone: the source itself has it no more, and nothing tells whether the destination had it.
  enum class AtDestination : std::uint8_t { kUnknown, kAbsent, kPresent, kGone };
  AtDestination at_destination = AtDestination::kUnknown;

  Time overdue_at(Duration writer_timeout) const { return first_sent == kNever ? kNever : first_sent + writer_timeout; }
};

inline Time first_overdue(std::span<const HeldEvent> events, Duration writer_timeout) {
  Time first = kNever;
  for (const HeldEvent& held : events) first = std::min(first, held.overdue_at(writer_timeout));
  return first;
}

}  // namespace interconnect
