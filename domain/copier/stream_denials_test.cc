#include "domain/copier/stream_denials.h"

#include <chrono>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using std::chrono::seconds;

constexpr Duration kPatience = seconds(5);

TEST(StreamDenialsTest, WithoutAWriteElsewhereItMayBeTheRefusalOfAll) {
  StreamDenials denials;
  EXPECT_FALSE(denials.is_own(1, kPatience));
  denials.on_denied(1, seconds(10));
  EXPECT_FALSE(denials.is_own(1, kPatience));
  denials.on_written(2, seconds(4));
  EXPECT_FALSE(denials.is_own(1, kPatience)) << "too long before";
  EXPECT_FALSE(denials.is_known(1));
}

TEST(StreamDenialsTest, AWriteElsewhereSinceProvesIt) {
  StreamDenials denials;
  denials.on_denied(1, seconds(10));
  denials.on_denied(2, seconds(11));
  denials.on_written(3, seconds(12));
  EXPECT_TRUE(denials.is_own(1, kPatience));
  EXPECT_TRUE(denials.is_own(2, kPatience));
  denials.on_written(1, seconds(13));
  EXPECT_FALSE(denials.is_known(1)) << "it may be written again";
  denials.on_denied(1, seconds(20));
  EXPECT_FALSE(denials.is_own(1, kPatience));
}

TEST(StreamDenialsTest, AWriteToTheStreamItselfProvesNothing) {
  StreamDenials denials;
  denials.on_written(1, seconds(9));
  denials.on_denied(1, seconds(10));
  EXPECT_FALSE(denials.is_own(1, kPatience));
  denials.on_written(2, seconds(8));  // its outcome came late
  EXPECT_TRUE(denials.is_own(1, kPatience));
}

TEST(StreamDenialsTest, AWriteShortlyBeforeProvesItUnlessOthersAreRefusedSince) {
  StreamDenials denials;
  denials.on_written(2, seconds(6));
  denials.on_denied(1, seconds(10));
  denials.on_denied(3, seconds(12));
  EXPECT_FALSE(denials.is_own(1, kPatience));
  denials.on_written(3, seconds(9));
  EXPECT_TRUE(denials.is_own(1, kPatience));
}

TEST(StreamDenialsTest, WhatIsKnownStaysUnlessOthersAreRefusedToo) {
  StreamDenials denials;
  denials.on_denied(1, seconds(10));
  denials.on_written(2, seconds(11));
  ASSERT_TRUE(denials.is_own(1, kPatience));
  denials.on_denied(1, seconds(100));
  EXPECT_TRUE(denials.is_known(1));
  denials.on_denied(2, seconds(101));
  EXPECT_FALSE(denials.is_known(1));
}

}  // namespace
}  // namespace interconnect
