#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.h"
#include "domain/time.h"

namespace interconnect {

// Why an event did not get to the destination.
enum class TroubleKind : std::uint8_t { kFiltered, kInvalid, kFailed, kParked };
inline constexpr std::size_t kTroubleKinds = 4;
// "filtered", "invalid", "failed", "parked".
std::string_view to_string(TroubleKind kind);

// An event that did not get there: its names, never what it holds.
struct EventTrouble {
  std::uint64_t number = 0;  // counts all, from 1
  TroubleKind kind = TroubleKind::kFiltered;
  std::string stream;
  Revision revision = 0;
  std::string type;
  std::string reason;
  Time at{0};

  friend bool operator==(const EventTrouble&, const EventTrouble&) = default;
};

struct TroubleCount {
  TroubleKind kind = TroubleKind::kFiltered;
  std::string reason;
  std::uint64_t events = 0;

  friend bool operator==(const TroubleCount&, const TroubleCount&) = default;
};

// Remembers the last kRemembered events of each kind, so that many of one do not hide the few of another, and counts
// all by their reason. Adding takes no memory once the names have been as long before.
class EventTroubles {
 public:
  static constexpr std::size_t kRemembered = 100;
  static constexpr std::size_t kMaxReasons = 50;  // of a kind; further ones are counted as one
  static constexpr std::size_t kMaxName = 200;    // bytes of a stream's or a type's name that are kept

  void add(TroubleKind kind, const EventView& event, std::string_view reason, Time at);

  std::uint64_t total() const { return total_; }
  // By kind, then in the order of their first event.
  std::vector<TroubleCount> counts() const;
  // Oldest first. Texts are fit to be shown.
  std::vector<EventTrouble> last() const;

 private:
  struct OfKind {
    std::vector<TroubleCount> counts;
    std::size_t counted_last = 0;  // most events have the reason of the one before
    std::vector<EventTrouble> ring;
    std::size_t next = 0;
  };
  static void count(OfKind& one, TroubleKind kind, std::string_view reason);

  std::array<OfKind, kTroubleKinds> by_kind_;
  std::uint64_t total_ = 0;
};

}  // namespace interconnect
