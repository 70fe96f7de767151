#include "app/monitoring/health.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(HealthTest, ACopyThatTurnsIsWell) {
  Health health(1s);
  health.on_turn(5s, std::nullopt);
  EXPECT_TRUE(health.health(14s).good);
}

TEST(HealthTest, AThreadThatDoesNotTurnIsNotWell) {
  Health health(1s);
  health.on_turn(5s, std::nullopt);
  const Health::Verdict verdict = health.health(17s);
  EXPECT_FALSE(verdict.good);
  EXPECT_EQ(verdict.reasons, "the copying thread has not turned for 12 s\n");
  health.on_turn(17s, std::nullopt);
  EXPECT_TRUE(health.health(17s).good);
}

TEST(HealthTest, AStalledCopyIsNotWellAndSaysWhy) {
  Health health(1s);
  health.on_turn(5s, "stalled: ...");
  EXPECT_FALSE(health.health(5s).good);
  EXPECT_EQ(health.health(5s).reasons, "stalled: ...\n");
}

TEST(HealthTest, IsReadyWhileBothStoresAnswer) {
  Health health(1s);
  EXPECT_FALSE(health.readiness().good);
  health.on_link(Store::kSource, std::nullopt);
  EXPECT_EQ(health.readiness().reasons, "the destination has not answered yet\n");
  health.on_link(Store::kDestination, std::nullopt);
  EXPECT_TRUE(health.readiness().good);
  EXPECT_TRUE(health.links_answer());
  health.on_link(Store::kSource, "does not answer the link check: no answer");
  EXPECT_THAT(health.readiness().reasons, HasSubstr("the source does not answer"));
  EXPECT_FALSE(health.links_answer());
  EXPECT_TRUE(health.health(2s).good) << "that a store is away is no fault of the copier's";
}

// A restart would have more parked.
TEST(HealthTest, WhatTheServerParkedIsToldAndChangesNothing) {
  Health health(1s);
  for (const Store store : {Store::kSource, Store::kDestination}) health.on_link(store, std::nullopt);
  health.on_parked("the source's server has parked 2 events");
  EXPECT_TRUE(health.health(1s).good);
  EXPECT_TRUE(health.readiness().good);
  EXPECT_EQ(health.readiness().reasons, "ready\nthe source's server has parked 2 events\n");
  health.on_parked(std::nullopt);
  EXPECT_EQ(health.readiness().reasons, "ready\n");
}

// A restart would not help.
TEST(HealthTest, WithoutItsProjectionsItIsWellAndNotReady) {
  Health health(1s);
  for (const Store store : {Store::kSource, Store::kDestination}) health.on_link(store, std::nullopt);
  health.on_projections("projection $by_category is not running");
  EXPECT_FALSE(health.readiness().good);
  EXPECT_EQ(health.readiness().reasons, "projection $by_category is not running\n");
  EXPECT_TRUE(health.health(1s).good);
  EXPECT_TRUE(health.links_answer());
  health.on_projections(std::nullopt);
  EXPECT_TRUE(health.readiness().good);
}

}  // namespace
}  // namespace interconnect
