#include "domain/status/copy_state.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

CopyStateLook good_look(Lag lag, std::optional<Duration> time_left = std::nullopt) {
  return {.has_answered = {true, true}, .was_connected = true, .lag = lag, .time_left = time_left};
}

CopyPhase phase_of(const CopyStateLook& look) { return CopyStateJudge().look(look).phase; }

TEST(CopyStateTest, StartsUntilTheLagIsKnown) {
  CopyStateLook look;
  EXPECT_EQ(CopyStateJudge().look(look), (CopyState{CopyPhase::kStarting, "the source has not answered yet"}));
  look.has_answered = {true, false};
  look.unconnected = "'a'";
  EXPECT_EQ(CopyStateJudge().look(look), (CopyState{CopyPhase::kStarting, "the destination has not answered yet"}));
  look.has_answered = {true, true};
  EXPECT_EQ(CopyStateJudge().look(look), (CopyState{CopyPhase::kStarting, "subscribing"}));
  look.unconnected.reset();
  EXPECT_EQ(phase_of(look), CopyPhase::kStarting);
}

TEST(CopyStateTest, IsLiveAtTheEndAndNearIt) {
  EXPECT_EQ(phase_of(good_look({0, 0s})), CopyPhase::kLive);
  EXPECT_EQ(phase_of(good_look({500, 2s}, 3s)), CopyPhase::kLive);
}

TEST(CopyStateTest, CatchesUpWhileMuchIsBehind) {
  EXPECT_EQ(phase_of(good_look({1'000'000, 1s}, 60s)), CopyPhase::kCatchingUp) << "just begun";
  EXPECT_EQ(phase_of(good_look({5, 60s}, 1s)), CopyPhase::kCatchingUp) << "long behind";
  EXPECT_EQ(phase_of(good_look({5, 1s})), CopyPhase::kCatchingUp) << "nothing moves";
}

TEST(CopyStateTest, ALiveCopyStaysSoOverWhatIsMadeUpForSoon) {
  CopyStateJudge judge;
  EXPECT_EQ(judge.look(good_look({0, 0s})).phase, CopyPhase::kLive);
  EXPECT_EQ(judge.look(good_look({9'000, 20s}, 25s)).phase, CopyPhase::kLive);
  EXPECT_EQ(judge.look(good_look({9'000, 31s}, 25s)).phase, CopyPhase::kCatchingUp);
  EXPECT_EQ(judge.look(good_look({9'000, 20s}, 25s)).phase, CopyPhase::kCatchingUp);
}

TEST(CopyStateTest, SaysWhatItWaitsFor) {
  CopyStateLook look = good_look({7, 1s}, 1s);
  look.waits_for_older = true;
  EXPECT_EQ(CopyStateJudge().look(look),
            (CopyState{CopyPhase::kWaiting, "for events that an older consumer of the group may hold"}));
  look.lag_doubt = "projection $by_category is not running (Stopped)";
  EXPECT_EQ(CopyStateJudge().look(look).text, "for the source: projection $by_category is not running (Stopped)");
  look.unconnected = "'a'";
  EXPECT_EQ(CopyStateJudge().look(look).text, "for the subscription to 'a'");
  look.link_problems[1] = "no answer in time";
  EXPECT_EQ(CopyStateJudge().look(look).text, "for the destination: no answer in time");
  look.link_problems[0] = "refused";
  EXPECT_EQ(CopyStateJudge().look(look).text, "for the source: refused");
}

TEST(CopyStateTest, AStallAndAStopComeBeforeAllElse) {
  CopyStateLook look = good_look({7, 1s}, 1s);
  look.link_problems[0] = "refused";
  look.stall = "'a' is stalled";
  EXPECT_EQ(CopyStateJudge().look(look), (CopyState{CopyPhase::kStalled, "'a' is stalled"}));
  look.is_stopping = true;
  EXPECT_EQ(phase_of(look), CopyPhase::kStopping);
}

}  // namespace
}  // namespace interconnect
