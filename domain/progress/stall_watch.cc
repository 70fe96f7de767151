#include "domain/progress/stall_watch.h"

#include <algorithm>
#include <chrono>

namespace interconnect {
namespace {

// What others hold may be what the stream's turn waits for: their affair, but not for ever, since one of them may be
// the ghost of a connection.
constexpr int kPatienceWithOthers = 10;

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

void StallWatch::look(Look look, Time now) {
  // What a lost connection had delivered comes again.
  if (!look.is_connected) look.held = std::max(look.held, last_.held);
  const bool settles = !has_looked_ || look.settled != last_.settled;
  const bool group_moves = settles || look.group_activity != last_.group_activity;
  here_.waits = look.held > 0;
  if (settles || !here_.waits || !look.links_answer || look.waits_for_older) here_.since = now;
  at_source_.waits = look.lag_events > 0;
  if (group_moves || !at_source_.waits || !look.links_answer || look.waits_for_older) at_source_.since = now;
  last_ = look;
  has_looked_ = true;
}

std::optional<std::string> StallWatch::stall(Time now) const {
  if (here_.waits && now - here_.since >= patience_) {
    return "stalled: nothing has been settled for " + seconds(now - here_.since) + ", with " +
           std::to_string(last_.held) + " events of " + subscription_ + " held";
  }
  if (is_source_still(now)) {
    return "stalled: nothing has been delivered for " + seconds(now - at_source_.since) + ", though " + subscription_ +
           " is " + std::to_string(last_.lag_events) + " events behind" +
           (gets_nothing(now) ? ": the group at the source has come to a standstill, which an update of it ends" : "");
  }
  return std::nullopt;
}

bool StallWatch::is_source_still(Time now) const {
  const Duration patience = last_.others_hold ? kPatienceWithOthers * patience_ : patience_;
  return at_source_.waits && now - at_source_.since >= patience;
}

bool StallWatch::gets_nothing(Time now) const { return last_.is_connected && last_.held == 0 && is_source_still(now); }

bool StallWatch::takes_turn_to_mend(Time now) {
  if (!gets_nothing(now) || (mended_at_ && now - *mended_at_ < patience_)) return false;
  mended_at_ = now;
  return true;
}

}  // namespace interconnect
