#include "domain/progress/stall_watch.h"

#include <chrono>

namespace interconnect {
namespace {

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

void StallWatch::look(const Look& look, Time now) {
  const bool settles = !has_looked_ || look.settled != last_.settled;
  const bool group_moves = settles || look.group_activity != last_.group_activity;
  here_.waits = look.held > 0;
  if (settles || !here_.waits || !look.links_answer || look.waits_for_older) here_.since = now;
  // Behind what another consumer holds up, a group has nothing for this one.
  at_source_.waits = look.lag_events > 0 && !look.others_hold;
  if (group_moves || !at_source_.waits || !look.links_answer || look.waits_for_older) at_source_.since = now;
  last_ = look;
  has_looked_ = true;
}

std::optional<std::string> StallWatch::stall(Time now) const {
  if (here_.waits && now - here_.since >= patience_) {
    return "stalled: nothing has been settled for " + seconds(now - here_.since) + ", with " +
           std::to_string(last_.held) + " events of " + subscription_ + " held";
  }
  if (at_source_.waits && now - at_source_.since >= patience_) {
    return "stalled: nothing has been delivered for " + seconds(now - at_source_.since) + ", though " + subscription_ +
           " is " + std::to_string(last_.lag_events) + " events behind";
  }
  return std::nullopt;
}

}  // namespace interconnect
