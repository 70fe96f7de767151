#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace interconnect::next {

// Tells an append that wrote from one that the server had already: to a repeat it answers with the position of the
// first write (AlreadyCommitted in RequestManagerBase.cs of 21.2.0 and 24.10.4). The log only grows: what is written
// anew lies behind all that had been confirmed before it was sent. A repeat of what was written later than that is not
// told: an earlier sending of the same append wrote it, and its answer was lost.
class ConfirmedPositions {
 public:
  // Of the newest append that was confirmed; taken down when an append is sent.
  std::optional<std::uint64_t> newest() const { return newest_; }

  // Notes the position that an append was confirmed at. Whether it was a repeat, as far as that can be told.
  bool is_repeat(std::optional<std::uint64_t> position, std::optional<std::uint64_t> newest_when_sent) {
    if (!position) return false;
    newest_ = std::max(newest_.value_or(0), *position);
    return newest_when_sent && *position <= *newest_when_sent;
  }

 private:
  std::optional<std::uint64_t> newest_;
};

}  // namespace interconnect::next
