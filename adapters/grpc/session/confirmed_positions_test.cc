#include "adapters/grpc/session/confirmed_positions.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

TEST(ConfirmedPositionsTest, WhatLiesBehindAllThatWasConfirmedWasWritten) {
  ConfirmedPositions positions;
  EXPECT_FALSE(positions.is_repeat(100, positions.newest())) << "nothing is known before the first";
  EXPECT_FALSE(positions.is_repeat(101, positions.newest()));
}

TEST(ConfirmedPositionsTest, WhatWasConfirmedBeforeItWasSentIsNotWrittenAnew) {
  ConfirmedPositions positions;
  positions.is_repeat(100, positions.newest());
  const auto newest_when_sent = positions.newest();
  EXPECT_TRUE(positions.is_repeat(100, newest_when_sent));
  EXPECT_TRUE(positions.is_repeat(40, newest_when_sent));
  EXPECT_EQ(positions.newest(), 100);
}

TEST(ConfirmedPositionsTest, AppendsThatAreAnsweredInAnotherOrderAreNoRepeats) {
  ConfirmedPositions positions;
  positions.is_repeat(100, positions.newest());
  const auto sent_together = positions.newest();
  EXPECT_FALSE(positions.is_repeat(300, sent_together));
  EXPECT_FALSE(positions.is_repeat(200, sent_together));
  EXPECT_EQ(positions.newest(), 300);
}

TEST(ConfirmedPositionsTest, AnAnswerWithoutAPositionTellsNothing) {
  ConfirmedPositions positions;
  positions.is_repeat(100, positions.newest());
  EXPECT_FALSE(positions.is_repeat(std::nullopt, positions.newest()));
}

}  // namespace
}  // namespace interconnect::next
