#include "adapters/grpc/session/pending_appends.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint64_t> ids(const std::vector<PendingAppends::Pending>& appends) {
  std::vector<std::uint64_t> result;
  for (const auto& append : appends) result.push_back(append.id);
  return result;
}

TEST(PendingAppendsTest, AnAnswerCountsOnce) {
  PendingAppends appends(5s);
  appends.sent(1, "s", 40, 100s);
  const auto answered = appends.answered(1, 101s);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->newest_position_when_sent, 40);
  EXPECT_FALSE(appends.answered(1, 102s)) << "a server may answer twice";
  EXPECT_FALSE(appends.answered(7, 102s));
  EXPECT_EQ(appends.next_deadline(), std::nullopt);
}

TEST(PendingAppendsTest, EachHasTheSameTime) {
  PendingAppends appends(5s);
  appends.sent(1, "a", std::nullopt, 100s);
  appends.sent(2, "b", std::nullopt, 101s);
  appends.sent(3, "c", std::nullopt, 102s);
  EXPECT_EQ(appends.next_deadline(), 105s);
  appends.answered(1, 103s);
  EXPECT_EQ(appends.next_deadline(), 106s);
  EXPECT_EQ(ids(appends.expire(105'999ms)), std::vector<std::uint64_t>{});
  EXPECT_EQ(ids(appends.expire(106s)), std::vector<std::uint64_t>{2});
  EXPECT_FALSE(appends.answered(2, 106s)) << "too late";
  EXPECT_EQ(appends.next_deadline(), 107s);
}

TEST(PendingAppendsTest, IsSilentWhereNothingWasAnsweredWhileTheOldestWaited) {
  PendingAppends appends(5s);
  appends.sent(1, "a", std::nullopt, 100s);
  appends.sent(2, "b", std::nullopt, 100s);
  appends.answered(2, 104s);
  appends.expire(105s);
  EXPECT_FALSE(appends.is_silent()) << "the other was answered";
  appends.sent(3, "c", std::nullopt, 105s);
  appends.expire(110s);
  EXPECT_TRUE(appends.is_silent());
}

TEST(PendingAppendsTest, WhatIsGivenUpIsNoLongerPending) {
  PendingAppends appends(5s);
  appends.sent(1, "a", std::nullopt, 100s);
  appends.sent(2, "b", std::nullopt, 100s);
  appends.sent(3, "c", std::nullopt, 100s);
  appends.answered(2, 101s);
  EXPECT_EQ(ids(appends.give_up()), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(ids(appends.give_up()), std::vector<std::uint64_t>{});
  EXPECT_EQ(appends.next_deadline(), std::nullopt);
  EXPECT_FALSE(appends.answered(1, 102s));
}

}  // namespace
}  // namespace interconnect::next
