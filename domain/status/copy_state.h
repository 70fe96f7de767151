#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/progress/lag_estimate.h"
#include "domain/time.h"

namespace interconnect {

// What a copy is about, in one word.
enum class CopyPhase : std::uint8_t {
  kStarting,    // how far the source is ahead is not known yet
  kCatchingUp,  // the source is ahead by more than what is on its way
  kLive,        // what is written to the source arrives within seconds
  kWaiting,     // for a store, a subscription, a projection or an older consumer
  kStalled,     // there is work, and none is done
  kHanging,     // the copying thread does not turn
  kStopping,    // was asked to
  kEnded,
};
// As the JSON has it: "starting", "catchingUp", ...
std::string_view to_string(CopyPhase phase);

struct CopyState {
  CopyPhase phase = CopyPhase::kStarting;
  std::string text = "";  // for people: why, or what is waited for

  friend bool operator==(const CopyState&, const CopyState&) = default;
};

// What the state is judged by.
struct CopyStateLook {
  bool is_stopping = false;
  std::optional<std::string> stall = std::nullopt;
  std::array<std::optional<std::string>, 2> link_problems = {};  // by store, which has answered before
  std::array<bool, 2> has_answered = {false, false};             // by store
  std::optional<std::string> unconnected = std::nullopt;         // a subscription, named for people
  bool was_connected = false;                                    // all subscriptions have been connected before
  bool waits_for_older = false;                                  // for what an older consumer may hold
  std::optional<std::string> lag_doubt = std::nullopt;           // why the lag cannot be known now
  std::optional<Lag> lag = std::nullopt;
  std::optional<Duration> time_left = std::nullopt;
};

// The state at each look. A copy that is live stays so over what is made up for soon.
class CopyStateJudge {
 public:
  CopyState look(const CopyStateLook& look);

 private:
  bool is_live(const CopyStateLook& look) const;

  bool was_live_ = false;
};

}  // namespace interconnect
