#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/event.h"
#include "domain/subscription.h"

namespace interconnect {

// What follows from one of a group's settings.
struct GroupFinding {
  enum class Weight : std::uint8_t {
    kNote,     // another setting than the wanted: what it changes
    kPromise,  // the copy cannot keep a promise with it; the text names the promise
  };
  Weight weight = Weight::kNote;
  std::string text;  // begins with the setting, under the configuration file's name for it

  friend bool operator==(const GroupFinding&, const GroupFinding&) = default;
};

// What beside its settings decides how a group serves the copy.
struct GroupCircumstances {
  // For so long an event may be held here in good health.
  std::chrono::milliseconds held_for = std::chrono::seconds(35);
  // 5.0.1 takes a message timeout of 0 for "never", 21.2.0 for "at once" (PersistentSubscriptionParams).
  bool zero_timeout_is_never = false;
  std::optional<Revision> end = std::nullopt;           // the stream's last revision; kNoStream: it has no events
  std::optional<std::size_t> consumers = std::nullopt;  // of the group, others' included
};

// Judges a group that has `has` where `wanted` is configured: every difference, and every setting, be it wanted or not,
// with which a promise cannot be kept.
std::vector<GroupFinding> group_findings(const GroupSettings& has, const GroupSettings& wanted,
                                         const GroupCircumstances& circumstances);

// What the copy's start makes of a group that is there: kUnchanged, kUpdated, or kKept, if the user may not update it
// or an update would lose its place. `last_checkpoint`: -1 for none.
SubscriptionStarted group_at_start(const GroupSettings& present, const GroupSettings& wanted,
                                   std::int64_t last_checkpoint, bool may_update);

// How to give the group the wanted settings by hand, with the warning that belongs to it. `url`: of the group in the
// HTTP API. The call asks for the password; it holds no secret.
std::string group_update_advice(const std::string& url, const GroupSettings& present, const GroupSettings& wanted);

}  // namespace interconnect
