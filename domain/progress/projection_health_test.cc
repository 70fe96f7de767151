#include "domain/progress/projection_health.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Optional;
using State = ProjectionHealth::State;

class ProjectionHealthTest : public testing::Test {
 protected:
  ProjectionHealth health{"$by_category"};

  void running(double progress, const std::string& position, Time now, std::int64_t buffered = 0) {
    health.look({.is_running = true,
                 .status = "Running",
                 .progress = progress,
                 .position = position,
                 .buffered_events = buffered},
                now);
  }
};

TEST_F(ProjectionHealthTest, NothingIsKnownBeforeTheFirstLook) {
  EXPECT_EQ(health.state(), State::kUnknown);
  EXPECT_EQ(health.is_running(), std::nullopt);
  EXPECT_EQ(health.trouble(), std::nullopt);
  EXPECT_EQ(health.lasting_trouble(0s, 100s), std::nullopt);
}

// Seen on 5.0.1: one that was stopped says 100, whatever it has missed.
TEST_F(ProjectionHealthTest, AStoppedOneIsInTroubleWhateverItsProgress) {
  running(100, "C:5/P:5", 1s);
  EXPECT_EQ(health.state(), State::kWell);
  EXPECT_EQ(health.progress(), 100);
  health.look({.status = "Faulted", .reason = "it threw", .progress = 100.0, .position = "C:5/P:5"}, 2s);
  EXPECT_EQ(health.state(), State::kNotRunning);
  EXPECT_EQ(health.is_running(), false);
  EXPECT_EQ(health.progress(), std::nullopt);
  EXPECT_EQ(health.trouble(), "projection $by_category is not running (Faulted)");
  EXPECT_EQ(health.reason(), "it threw");
  health.look({.status = "Faulted", .progress = 100.0}, 30s);
  EXPECT_EQ(health.lasting_trouble(60s, 61s), std::nullopt);
  EXPECT_THAT(health.lasting_trouble(60s, 62s), Optional(HasSubstr("not running (Faulted), for 60 s")));
  running(100, "C:5/P:5", 63s);
  EXPECT_EQ(health.trouble(), std::nullopt);
}

TEST_F(ProjectionHealthTest, OneThatIsNotThereIsInTrouble) {
  health.look({.is_there = false}, 5s);
  EXPECT_EQ(health.trouble(), "projection $by_category is not there");
  EXPECT_THAT(health.lasting_trouble(10s, 15s), Optional(HasSubstr("not there, for 10 s")));
}

// Seen on 5.0.1, in a log of 61 KB that nobody writes to.
TEST_F(ProjectionHealthTest, OneAtRestIsWellThoughItsProgressNeverBecomesWhole) {
  for (int i = 1; i < 5; ++i) {
    running(98.2, "C:61452/P:61452", Time(std::chrono::seconds(i)));
    EXPECT_EQ(health.state(), State::kWell);
  }
  // A small log that somebody writes to.
  running(98.1, "C:65452/P:65452", 6s);
  EXPECT_EQ(health.state(), State::kWell);
}

TEST_F(ProjectionHealthTest, OneThatMovesFarFromTheEndIsBehind) {
  running(67.9, "C:414226000/P:414226000", 1s);
  EXPECT_EQ(health.state(), State::kWell) << "whether it moves is not known";
  running(68.3, "C:416000000/P:416000000", 2s);
  EXPECT_EQ(health.state(), State::kBehind);
  EXPECT_EQ(health.trouble(), "projection $by_category is behind, at 68.3 %");
  running(70, "C:430000000/P:430000000", 500s);
  EXPECT_EQ(health.lasting_trouble(60s, 501s), std::nullopt) << "it gets on";
  running(99.9999, "C:630000000/P:630000000", 600s);
  EXPECT_EQ(health.state(), State::kWell);
}

TEST_F(ProjectionHealthTest, OneThatIsStuckWithEventsInItsBufferIsBehindForLong) {
  running(50, "C:414226000/P:414226000", 1s);
  running(50, "C:414226000/P:414226000", 2s, 200);
  EXPECT_EQ(health.state(), State::kBehind);
  running(50, "C:414226000/P:414226000", 60s, 200);
  EXPECT_THAT(health.lasting_trouble(50s, 61s), Optional(HasSubstr("behind, at 50.0 % and has not moved, for 60 s")));
}

TEST_F(ProjectionHealthTest, OfOtherSourcesThanTheLogTheShareCounts) {
  running(50, "$ce-hero: 7", 1s);
  running(51, "$ce-hero: 8", 2s);
  EXPECT_EQ(health.state(), State::kBehind);
  running(99.5, "$ce-hero: 16", 3s);
  EXPECT_EQ(health.state(), State::kWell);
}

TEST_F(ProjectionHealthTest, WhatCannotBeAskedForIsForgotten) {
  health.look({.is_there = false}, 5s);
  health.forget();
  EXPECT_EQ(health.trouble(), std::nullopt);
  EXPECT_EQ(health.is_running(), std::nullopt);
}

}  // namespace
}  // namespace interconnect
