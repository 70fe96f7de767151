#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// In what a stream of the destination differs from what the copy would have made of the source's.
enum class DifferenceKind : std::uint8_t {
  kMissing,         // not at the destination
  kExtra,           // at the destination, and the copy would not have written it
  kData,            // other bytes
  kMetadata,        // other bytes, or without what the copy adds
  kType,            // another type
  kContentKind,     // JSON or not
  kOrder,           // in another order; the first is where the disorder begins
  kDoubled,         // once more than the source has it
  kShifted,         // a higher revision than its place tells: something else was there, and is not shown
  kStreamMetadata,  // the stream's own metadata, as far as they are copied
  kDeletion,        // deleted at one of the two alone
};
inline constexpr std::size_t kDifferenceKinds = 11;

// "missing", "extra", "data", ... as in docs/verify.md.
std::string_view to_string(DifferenceKind kind);

struct Difference {
  std::uint64_t events = 0;
  // Of the first of them: at the source for what is missing, altered or metadata, else at the destination.
  Revision first = kNoStream;

  void add(Revision revision, std::uint64_t count = 1) {
    if (events == 0 || revision < first) first = revision;
    events += count;
  }
  friend bool operator==(const Difference&, const Difference&) = default;
};

struct StreamDifference {
  std::string stream;
  std::array<Difference, kDifferenceKinds> kinds;
  std::uint64_t expected = 0;  // events that are to be there
  std::uint64_t present = 0;   // events that the destination shows

  Difference& operator[](DifferenceKind kind) { return kinds[static_cast<std::size_t>(kind)]; }
  const Difference& operator[](DifferenceKind kind) const { return kinds[static_cast<std::size_t>(kind)]; }
  // Over all kinds.
  std::uint64_t events() const;
  bool any() const { return events() > 0; }

  friend bool operator==(const StreamDifference&, const StreamDifference&) = default;
};

}  // namespace interconnect
