#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "domain/copier/string_hash.h"
#include "domain/event.h"
#include "domain/subscription.h"

namespace interconnect {

// A subscription whose copy is verified, and where its group began.
struct VerifiedSubscription {
  std::string stream;
  std::string group;
  // Nothing: at the stream's end as it was then, which is not known any more.
  std::optional<Revision> start_from = 0;
};

// The streams that a copy wrote to, and what each is to hold, by what the subscribed streams hold and link to. It knows
// nothing of types and schemas. A stream takes its name and some hundred bytes, whatever it holds; with links that no
// projection of the servers made, 16 bytes for each run of revisions more.
class ExpectedStreams {
 public:
  // With `only`, no others than these; empty: all.
  ExpectedStreams(std::vector<VerifiedSubscription> subscriptions, const std::vector<std::string>& only,
                  bool with_metadata_streams);

  // What a subscribed stream holds, in its order: an event of its own, or a link to one. False: it is of a stream that
  // is not copied at all.
  bool add(SubscriptionIndex subscription, std::string_view stream, Revision revision);
  // The subscribed stream shows its events from there on: with the group's start, what came before it was not copied.
  void set_shown_from(SubscriptionIndex subscription, Revision revision);
  // A message of the group's parked stream.
  void add_parked(std::string_view stream, Revision revision);

  // In the order in which they were met first.
  std::size_t size() const { return entries_.size(); }
  std::string_view name(std::size_t stream) const { return entries_[stream].name; }
  std::optional<std::size_t> find(std::string_view stream) const;

  enum class Expectation : std::uint8_t {
    kRequired,
    kOptional,  // it may have been copied: before the group's start, behind what was linked, left out by a projection
    kOutside,   // no subscription brings it
  };
  Expectation expects(std::size_t stream, const EventView& event) const;
  bool is_parked(std::size_t stream, Revision revision) const;

 private:
  struct Run {
    Revision first;
    Revision last;
  };
  // What one subscription brings of a stream.
  struct Claim {
    Revision first = 0;
    Revision last = 0;
    std::uint32_t subscription = 0;
    std::unique_ptr<std::vector<Run>> runs;  // only where `first` and `last` do not tell; in their order

    void add(Revision revision);
    bool has(Revision revision) const;
  };
  struct Entry {
    std::string_view name;
    absl::InlinedVector<Claim, 1> claims;
  };
  struct Subscribed {
    VerifiedSubscription subscription;
    bool is_category = false;
    std::optional<std::string> only_type;
    Revision shown_from = 0;
  };

  Entry& entry(std::string_view stream);
  std::string_view keep(std::string_view name);
  bool is_whole(const Subscribed& subscribed, std::string_view stream) const;
  Expectation expects(const Claim& claim, std::string_view stream, const EventView& event) const;

  std::vector<Subscribed> subscriptions_;
  absl::flat_hash_set<std::string, StringHash, std::equal_to<>> only_;
  bool with_metadata_streams_;
  std::vector<std::unique_ptr<char[]>> names_;
  std::size_t room_ = 0;  // in the last of them
  char* free_ = nullptr;
  std::deque<Entry> entries_;
  absl::flat_hash_map<std::string_view, std::uint32_t> index_;  // by names_
  absl::flat_hash_map<std::string, absl::flat_hash_set<Revision>, StringHash, std::equal_to<>> parked_;
};

}  // namespace interconnect
