#include "adapters/http_status/cpu_budget.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

TEST(CpuBudgetTest, ABurstIsFree) {
  CpuBudget budget(0s, 0s);
  EXPECT_EQ(budget.rest(500ms, 500ms), 0s);
}

TEST(CpuBudgetTest, WhatGoesBeyondIsRestedFor) {
  CpuBudget budget(0s, 0s);
  EXPECT_EQ(budget.rest(1s, 1s), 4s);
  EXPECT_EQ(budget.rest(5s, 1s), 0s) << "rested";
  EXPECT_EQ(budget.rest(5s + 100ms, 1s + 100ms), 900ms) << "and nothing saved";
}

TEST(CpuBudgetTest, AShareOfTheTimeIsFreeForEver) {
  CpuBudget budget(0s, 0s);
  for (int second = 1; second < 1'000; ++second) EXPECT_EQ(budget.rest(second * 1s, second * 100ms), 0s);
}

TEST(CpuBudgetTest, NoMoreThanABurstIsSaved) {
  CpuBudget budget(0s, 0s);
  EXPECT_EQ(budget.rest(1h, 0s), 0s);
  EXPECT_EQ(budget.rest(1h, 600ms), 1s);
}

}  // namespace
}  // namespace interconnect
