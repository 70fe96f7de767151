#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/budget.h"
#include "domain/copier/lru_map.h"
#include "domain/copier/revision_reader.h"
#include "domain/copier/string_hash.h"
#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"
#include "domain/time.h"

namespace interconnect {

// Reads the events of links that the server delivered without them, or with another event than they name. What is
// delivered behind such a link waits for it, in a queue: one for each stream, or one for all.
//
//   add() -> unresolved -> (read at the source) -> event | gone | invalid -> next()
//                 ^  a link to a link  |
//                 +--------------------+
//   add_behind() -> event -> next()
class LinkResolver {
 public:
  // A link to a link is followed so often; a longer chain, or a circle, is invalid.
  static constexpr int kMaxLinks = 8;
  static constexpr std::size_t kRememberedStreams = 1'024;
  static constexpr std::size_t kEntryBytes = 512;  // what a delivery takes beside its events' bytes

  struct Settings {
    bool one_queue = false;      // for all streams
    std::size_t max_reads = 16;  // at the same time, each of another stream
    RevisionReader::Settings reading;
  };
  // What waits takes its share of `held`, which outlives this.
  LinkResolver(Settings settings, Budget& held) : settings_(settings), held_(held), patience_(kRememberedStreams) {}

  // Whether the delivery's event is still to be read: it came without its event, or the event is a link itself, or is
  // not the one that its link names.
  static bool is_unresolved(const Delivery& delivery);
  // Whether the delivery, whose event is there, is to wait behind an unresolved link.
  bool must_wait(const Delivery& delivery) const;

  // What the delivery takes while it waits, without the event that is read for it.
  static std::size_t bytes_of(const Delivery& delivery);
  void add(const Delivery& delivery, Time now);
  void add_behind(const Delivery& delivery);

  // A delivery whose turn has come, with what became of its link.
  struct Outcome {
    enum class Kind : std::uint8_t { kEvent, kGone, kInvalid };
    Kind kind = Kind::kEvent;
    Delivery delivery;  // without event and link: they are the following two
    std::optional<Event> event;
    std::optional<Event> link;
    std::string target_stream;     // of a link that is gone: what it names
    Revision target_revision = 0;  // there
    std::string reason;            // why it is gone, or invalid
  };
  std::optional<Outcome> next();

  // The subscription's connection is gone: what it delivered comes again. Returns the positions of what was waiting.
  std::vector<Revision> drop(SubscriptionIndex subscription);

  // A page to be read at the source; its outcome goes to on_read() with this key.
  struct Read {
    std::uint64_t key = 0;
    StreamRead read;  // without an id
  };
  std::optional<Read> next_read(Time now);
  void on_read(std::uint64_t key, const ReadOutcome& outcome, Time now);

  // A stream whose reads have been denied for as long as the patience lasts, with what the server said last.
  struct Denied {
    std::string stream;
    std::string message;
  };
  const std::optional<Denied>& denied() const { return denied_; }

  // When next_read() is to be asked again.
  std::optional<Time> next_deadline() const;

  // Deliveries that wait.
  std::size_t size() const { return positions_.size(); }
  std::size_t size(SubscriptionIndex subscription) const;
  std::size_t reads() const { return reads_; }
  std::optional<Revision> lowest_position() const;

 private:
  struct Entry {
    Outcome outcome;
    bool is_resolved = false;
    std::string queue;
    int links_followed = 0;
    Budget::Units units;
  };
  // A stream of the source that is read, and who waits for which of its revisions.
  struct Target {
    RevisionReader reader;
    std::multimap<Revision, Entry*> waiting;
    Time read_at = kNever;
  };

  std::string_view queue_of(std::string_view stream) const;  // may point into the stream
  Entry& put(Entry entry);
  void follow(Entry& entry, std::string_view text, Time now);
  void finish(Entry& entry, Outcome::Kind kind, std::string_view reason);
  void count_bytes(Entry& entry);
  void on_found(Entry& entry, const EventView& event, Time now);
  void want_read(std::uint64_t key, Target& target, Time when);
  void go_on(std::uint64_t key, Time now);
  void forget(std::uint64_t key);

  Settings settings_;
  Budget& held_;
  absl::flat_hash_map<std::string, std::list<Entry>, StringHash, std::equal_to<>> queues_;
  std::set<std::string> may_go_;  // queues whose front is resolved
  std::map<std::uint64_t, Target> targets_;
  absl::flat_hash_map<std::string, std::uint64_t> keys_;  // of targets, by stream
  // By stream: of those that were dropped with their connection, so that reconnections do not put their end off.
  LruMap<std::string, RevisionReader::Patience> patience_;
  std::set<std::pair<Time, std::uint64_t>> wanted_reads_;
  std::multiset<Revision> positions_;
  std::vector<std::size_t> sizes_;  // by subscription
  std::optional<Denied> denied_;
  std::uint64_t next_key_ = 1;
  std::size_t reads_ = 0;
};

}  // namespace interconnect
