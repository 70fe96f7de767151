#include "domain/copier/budget.h"

#include <gtest/gtest.h>

#include <utility>

namespace interconnect {
namespace {

TEST(BudgetTest, UnitsAreGivenBackWithWhatCarriesThem) {
  Budget budget;
  {
    const Budget::Units units = budget.take(1, 100);
    EXPECT_EQ(budget.events(), 1U);
    EXPECT_EQ(budget.bytes(), 100U);
  }
  EXPECT_EQ(budget.events(), 0U);
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(BudgetTest, MovedUnitsAreGivenBackOnce) {
  Budget budget;
  Budget::Units units = budget.take(1, 100);
  Budget::Units moved = std::move(units);
  units.release();
  EXPECT_EQ(budget.bytes(), 100U);
  moved = budget.take(1, 30);
  EXPECT_EQ(budget.bytes(), 30U);
  moved.release();
  EXPECT_EQ(budget.events(), 0U);
}

TEST(BudgetTest, WhatIsTakenOfAPartIsTakenOfTheWhole) {
  Budget whole;
  Budget part(&whole);
  const Budget::Units of_part = part.take(1, 10);
  const Budget::Units of_whole = whole.take(2, 20);
  EXPECT_EQ(part.bytes(), 10U);
  EXPECT_EQ(whole.bytes(), 30U);
  EXPECT_EQ(whole.events(), 3U);
}

TEST(BudgetTest, ALoneEventFitsWhateverItsSize) {
  Budget budget;
  EXPECT_TRUE(budget.fits(1'000, 100));
  const Budget::Units units = budget.take(1, 60);
  EXPECT_TRUE(budget.fits(40, 100));
  EXPECT_FALSE(budget.fits(41, 100));
}

TEST(BudgetDeathTest, ItOutlivesItsUnits) {
  EXPECT_DEATH(
      {
        Budget::Units units;
        Budget budget;
        units = budget.take(1, 1);
      },
      "what must hold");
}

}  // namespace
}  // namespace interconnect
