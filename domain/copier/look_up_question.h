#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/event.h"
#include "domain/store.h"
#include "domain/stream_read.h"

namespace interconnect {

// By their estimated size 16 pages stay below the 10 MiB that 5.0.1 lets a client leave pending.
inline constexpr std::size_t kLookUpPageBytes = 512 << 10;
inline constexpr std::size_t kMaxLookUpPage = 500;  // events

// What a look-up is asked: which of the events in doubt does the destination stream hold?
struct LookUpQuestion {
  std::string stream;
  Revision first_revision = 0;  // in the source, of the oldest event in doubt
  EventId first_id;
  std::size_t events = 1;  // in doubt
  std::int32_t depth = 64;
  std::int32_t page_limit = kMaxLookUpPage;  // events, of the first page
  std::size_t memory = 2'048;                // ids that a region may hold
  std::optional<Revision> reported_tail;     // from a WrongExpectedVersion
  bool is_copied_in_order = true;            // false: no event's place tells where those after it are
  bool order_proves = false;                 // one that was copied tells that those before it in the source were
  bool count_proves = false;                 // as many events as in the source are those of the source
  bool is_replayed = false;  // the first in doubt had been parked: the order of copying is not its order

  std::function<bool(const EventView&)> is_admitted;  // would this event of the source have been delivered and copied?
  std::function<bool(const EventId&)> is_in_doubt;    // is this one of the events in doubt?
  // its revision in the source, of one in doubt
  std::function<std::optional<Revision>(const EventId&)> revision_in_doubt = [](const EventId&) {
    return std::optional<Revision>();
  };
  // would this event of the source be copied, and may not be delivered?
  std::function<bool(const EventView&)> is_left_out = [](const EventView&) { return false; };
  // would this event of the source be copied, delivered or filled in?
  std::function<bool(const EventView&)> is_copied = [](const EventView&) { return true; };
  std::optional<Revision> known_tail;  // of the destination: no less than that was there
  bool may_lag = false;                // the reported tail may still come to be seen: no proof without it
  bool is_deletion = false;            // of metadata: the first in doubt soft-deletes the stream it belongs to
};

struct LookUpPage {
  Store store = Store::kDestination;
  StreamRead read;  // without an id
};

// Whether nothing is left to read behind the page that was read from there. A page may be empty where the stream was
// truncated, and say where to go on.
inline bool is_last_page(const StreamPage& page, Revision from, ReadDirection direction) {
  if (page.end_of_stream || !page.stream_exists) return true;
  if (!page.events.empty()) return false;
  return direction == ReadDirection::kForward ? page.next <= from
                                              : page.next < 0 || (from != kStreamEnd && page.next >= from);
}

// What a look-up found.
struct LookUpFindings {
  bool of_destination = false;  // the destination was read: the following three are set
  Revision tail = kNoStream;
  std::vector<std::pair<EventId, Revision>> region;  // if it fits
  std::optional<Revision> cursor;                    // if they do not: where the region begins
  std::vector<EventId> present;                      // those in doubt that were met; the rest is absent, if `scanned`
  bool is_whole_region = true;                       // false: only what was written since, beside an earlier region
  bool scanned = false;                              // the region was read to its end
  // The destination hides the beginning of its stream, by its metadata or a deletion. What is in doubt and below this
  // revision of the source was there: a later event is.
  std::optional<Revision> hidden_below;
  bool is_hidden_by_count = false;     // the number of events tells it as well, whatever their order
  bool may_be_hidden = false;          // it hides events, and nothing tells which
  bool is_unproven = false;            // what it hides was not asked, since it may still come to be seen
  std::optional<Revision> gone_below;  // the source itself shows only what comes from here on
  bool revives = false;                // of metadata: the append brings a soft-deleted stream back to life
  // Of metadata: an earlier deletion is the newest there, unless what has revived the stream since is not seen yet.
  bool is_older_deletion = false;
  std::optional<Revision> unseen_tail;      // the reported tail, if less than that was to be read
  std::optional<Revision> predecessor;      // the nearest admitted event before the first in doubt, if not met
  std::optional<Revision> met_predecessor;  // if met
  Revision first_revision = 0;              // of the first in doubt
  // The source was read back to that predecessor, or to its beginning, and shows nothing that is left out.
  bool nothing_left_out = false;
  std::size_t events_read = 0;  // at the destination
};

}  // namespace interconnect
