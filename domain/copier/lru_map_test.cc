#include "domain/copier/lru_map.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

TEST(LruMapTest, ForgetsWhatWasPutFirst) {
  LruMap<int, char> map(2);
  map.put(1, 'a');
  map.put(2, 'b');
  map.put(1, 'c');
  map.put(3, 'd');
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.find(2), nullptr);
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(1), 'c');
  EXPECT_EQ(*map.find(3), 'd');
}

TEST(LruMapTest, WhatIsTakenIsGoneAndItsPlaceIsUsedAgain) {
  LruMap<int, char> map(3);
  for (int key = 1; key <= 3; ++key) map.put(key, static_cast<char>('a' + key));
  EXPECT_EQ(map.take(2), 'c');
  EXPECT_EQ(map.take(2), std::nullopt);
  EXPECT_EQ(map.take(1), 'b');
  map.put(4, 'e');
  map.put(5, 'f');
  map.put(6, 'g');
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.take(3), std::nullopt) << "it was put first";
  EXPECT_EQ(map.take(4), 'e');
  EXPECT_EQ(map.take(5), 'f');
  EXPECT_EQ(map.take(6), 'g');
  EXPECT_EQ(map.size(), 0u);
  map.put(7, 'h');
  EXPECT_EQ(*map.find(7), 'h');
}

TEST(LruMapTest, OfNoCapacityHoldsNothing) {
  LruMap<int, char> map(0);
  map.put(1, 'a');
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(1), nullptr);
}

}  // namespace
}  // namespace interconnect
