#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/budget.h"
#include "domain/copier/lane.h"
#include "domain/copier/lru_map.h"
#include "domain/copier/string_hash.h"
#include "domain/copier/timers.h"
#include "domain/time.h"

namespace interconnect {

// The lanes by stream and by number, with their timers. A lane that has nothing to do is closed; what it knows is kept,
// as far as there is room, until it is opened again.
class Lanes {
 public:
  struct Settings {
    std::size_t remembered_streams = 0;
    std::size_t max_idle_lanes = 0;  // that know more of their stream than is remembered otherwise
  };
  // Events take their share of `held`, which outlives this.
  Lanes(const Settings& settings, Budget& held);

  Lane* find(std::string_view stream, std::uint64_t hash) const;
  // Null if it was closed.
  Lane* find(std::uint64_t number) const;
  Lane& at(std::uint64_t number) const { return *by_number_.at(number); }
  Lane& open(std::string_view stream, std::uint64_t hash);
  void close_if_idle(Lane& lane);
  std::size_t size() const { return by_stream_.size(); }

  // An event of the stream arrived that is not to be copied. Not beyond a gap: it would hide the gap from the event
  // that follows.
  void pass_over(std::string_view stream, Revision revision);

  // A stream's metadata stream is its counterpart, and the other way round. Null: it has no lane.
  Lane* counterpart(const Lane& lane) const { return metadata_lanes_ == 0 ? nullptr : find_counterpart(lane); }
  bool has_metadata_lanes() const { return metadata_lanes_ > 0; }

  // In no fixed order.
  template <typename Do>
  void for_each(const Do& each) const {
    for (const auto& [number, lane] : by_number_) each(*lane);
  }

  void set_timer(Lane& lane, Time when);
  // Null: no timer is due. The lane's timer is off then.
  Lane* take_due(Time now);
  Time next_timer();

 private:
  // What is known of a stream without a lane, by the hash of its name.
  struct Memory {
    Revision tail = kNoStream;
    Revision newest_seen = kNoStream;
    Revision newest_sent = kNoStream;
    Revision looked_up_from = 0;
  };

  std::unique_ptr<Lane> make();
  void close(Lane& lane);
  Lane* find_counterpart(const Lane& lane) const;
  auto holding_timer() const;

  Settings settings_;
  Budget& held_;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Lane>, StringHash> by_stream_;  // by the names that they hold
  absl::flat_hash_map<std::uint64_t, Lane*> by_number_;
  Timers timers_;  // by number
  std::uint64_t next_number_ = 1;
  std::size_t metadata_lanes_ = 0;

  std::vector<std::unique_ptr<Lane>> spare_;
  std::size_t spare_room_ = 0;    // that they keep, for events
  std::deque<std::string> idle_;  // kept for what they know beyond a Memory; may name lanes that are gone
  LruMap<std::uint64_t, Memory> memory_;
};

}  // namespace interconnect
