#include "domain/verify/copy_wait.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using std::chrono::seconds;
using State = CopyWait::State;

TEST(CopyWaitTest, WaitsUntilEveryGroupHasPassedItsEnd) {
  CopyWait wait({9, 4}, seconds(60));
  wait.look({{5, 1}, {4, 1}}, seconds(0));
  EXPECT_EQ(wait.state(), State::kWaits);
  EXPECT_EQ(wait.behind(), 4u);
  EXPECT_TRUE(wait.copy_runs());
  wait.look({{9, 1}, {3, 1}}, seconds(1));
  EXPECT_EQ(wait.state(), State::kWaits);
  wait.look({{12, 1}, {4, 1}}, seconds(2));
  EXPECT_EQ(wait.state(), State::kPassed);
}

TEST(CopyWaitTest, AStreamWithoutEventsNeedsNoWait) {
  CopyWait wait({kNoStream}, seconds(60));
  wait.look({{std::nullopt, 0}}, seconds(0));
  EXPECT_EQ(wait.state(), State::kPassed);
}

TEST(CopyWaitTest, WhereNoCopyRunsNothingWillCome) {
  CopyWait wait({9}, seconds(60));
  wait.look({{5, 0}}, seconds(0));
  EXPECT_EQ(wait.state(), State::kNobody);
  EXPECT_FALSE(wait.copy_runs());
}

TEST(CopyWaitTest, ACopyThatStandsStillIsNotWaitedFor) {
  CopyWait wait({9}, seconds(60));
  wait.look({{5, 1}}, seconds(100));
  wait.look({{6, 1}}, seconds(159));
  wait.look({{6, 1}}, seconds(218));
  EXPECT_EQ(wait.state(), State::kWaits);
  wait.look({{6, 1}}, seconds(219));
  EXPECT_EQ(wait.state(), State::kStalled);
}

TEST(CopyWaitTest, WhatAGroupDoesNotTellIsNotWaitedFor) {
  CopyWait wait({9, 9}, seconds(60));
  wait.look({{9, 1}, {std::nullopt, 0}}, seconds(100));
  EXPECT_EQ(wait.state(), State::kWaits) << "a server may be busy for a while";
  wait.look({{9, 1}, {std::nullopt, 0}}, seconds(110));
  EXPECT_EQ(wait.state(), State::kUnknown);
  EXPECT_TRUE(wait.copy_runs());
}

TEST(CopyWaitTest, AGroupThatWillNotTellIsNotWaitedFor) {
  CopyWait wait({9, 9}, seconds(60));
  wait.look({{9, 1}, {std::nullopt, 0, true}}, seconds(0));
  EXPECT_EQ(wait.state(), State::kUnknown);
}

TEST(CopyWaitTest, AGroupThatTellsAgainIsWaitedForAnew) {
  CopyWait wait({9}, seconds(60));
  wait.look({{std::nullopt, 0}}, seconds(0));
  wait.look({{5, 1}}, seconds(9));
  wait.look({{std::nullopt, 0}}, seconds(11));
  EXPECT_EQ(wait.state(), State::kWaits);
  wait.look({{9, 1}}, seconds(12));
  EXPECT_EQ(wait.state(), State::kPassed);
}

}  // namespace
}  // namespace interconnect
