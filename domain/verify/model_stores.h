#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/verify/difference.h"
#include "domain/verify/verifier.h"

namespace interconnect::testing {

struct ModelEvent {
  EventId id;
  std::string type = "T";
  ContentKind content = ContentKind::kJson;
  std::string data;
  std::string metadata;
  Revision revision = 0;
};

struct ModelStream {
  std::vector<ModelEvent> events;  // those that are shown
  Revision next = 0;               // of the event that is written next
  bool is_deleted = false;         // softly
  bool is_tombstoned = false;

  void append(ModelEvent event) {
    event.revision = next++;
    events.push_back(std::move(event));
  }
  // What a scavenge or the stream's metadata take from its front.
  void truncate(std::size_t events_to_hide);
  // As if what follows had been written at once: no revision is left out from here on.
  void renumber(std::size_t from);
};

using ModelStore = std::map<std::string, ModelStream>;

// A page as an adapter answers it. `tells_next`: as over TCP, the end of a stream is told.
class ModelReader {
 public:
  explicit ModelReader(bool tells_next) : tells_next_(tells_next) {}
  ReadOutcome read(const ModelStore& store, const StreamRead& read);

 private:
  bool tells_next_;
  std::vector<EventView> views_;
  std::string stream_;
};

// What somebody does to a copy.
enum class Tampering : std::uint8_t {
  kNone,
  kDrop,
  kDropAll,
  kExtra,
  kDouble,
  kSwap,
  kData,
  kMetadata,
  kType,
  kContentKind,
  kShift,
  kDelete,
  kTombstone,
  kStreamMetadata,
};
inline constexpr int kTamperings = 14;

// Two stores, of which the one is a copy of the other, made up from a seed, and perhaps tampered with.
struct ModelCopy {
  explicit ModelCopy(std::uint64_t seed);

  std::vector<VerifiedSubscription> subscriptions;
  std::vector<std::string> patterns;  // of types
  ModelStore source;
  ModelStore destination;
  bool is_unreliable = false;  // reads fail now and then
  bool copy_runs = false;
  Tampering tampering = Tampering::kNone;
  std::set<std::pair<std::string, DifferenceKind>> expected;

  std::mt19937_64 random;
  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  void make_streams();
  void make_links();
  void make_copy();
  void tamper();
  ModelEvent make_event();

  std::uint64_t next_id_ = 0;
  std::set<std::string> with_parked_;
  std::set<std::string> with_repeats_;
  // Of each stream, the ids that are to be at the destination.
  std::map<std::string, std::vector<EventId>> required_;
};

std::string to_string(Tampering tampering);

// Runs the verifier over the two to its end; what it told, by stream and kind.
struct ModelRun {
  std::set<std::pair<std::string, DifferenceKind>> found;
  Verifier::Summary summary;
  bool is_over = false;
};
ModelRun verify(ModelCopy& copy);

}  // namespace interconnect::testing
