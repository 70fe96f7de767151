#include "adapters/grpc/session/stale_consumers.h"

#include <gtest/gtest.h>

#include <functional>

namespace interconnect::next {
namespace {

using namespace std::chrono_literals;
using Connections = std::vector<GroupConnection>;

GroupConnection consumer(const std::string& name, std::int64_t total, std::int64_t in_flight) {
  return {
      .connection_name = name, .from = "", .username = "admin", .total_items = total, .in_flight_messages = in_flight};
}

const GroupConnection kUs = consumer("us", 500, 0);
const GroupConnection kGhost = consumer("ghost", 2'000, 2'000);

struct Eviction {
  Duration after;
  StaleConsumers::Stale stale;
};

class StaleConsumersTest : public testing::Test {
 protected:
  // Looks whenever it is time to until `end` after the connect: what is evicted, and when.
  std::vector<Eviction> watch(Duration end, const std::function<Connections(Duration after)>& listed) {
    std::vector<Eviction> evictions;
    while (watched_.next_look() && *watched_.next_look() - connected_at_ <= end) {
      const Time now = *watched_.next_look();
      watched_.looking();
      EXPECT_FALSE(watched_.next_look());
      ++looks_;
      const Connections connections = listed(now - connected_at_);
      if (const auto stale = watched_.looked(connections, now)) evictions.push_back({now - connected_at_, *stale});
    }
    return evictions;
  }

  void connect(Time now) {
    connected_at_ = now;
    watched_.connected(now);
  }

  StaleConsumers watched_{"us"};
  Time connected_at_{0};
  int looks_ = 0;
};

TEST_F(StaleConsumersTest, AConsumerThatWasThereBeforeUsAndTakesNothingIsEvictedInTimeForTheCopiersPatience) {
  connect(1'000s);
  const auto evictions = watch(60s, [](Duration) { return Connections{kGhost, kUs}; });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].after, 6s);
  EXPECT_EQ(evictions[0].stale.connection, kGhost);
  EXPECT_EQ(evictions[0].stale.seen_for, 6s);
}

TEST_F(StaleConsumersTest, OneThatAppearsAMomentAfterUsAsWell) {
  connect(1'000s);
  const auto evictions = watch(60s, [](Duration after) {
    return after < 3s ? Connections{kUs} : Connections{kUs, kGhost};
  });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_LT(evictions[0].after, 15s);
}

TEST_F(StaleConsumersTest, OneThatIsSentMoreAndAnswersForNoneIsNoLessDead) {
  connect(1'000s);
  const auto evictions = watch(60s, [](Duration after) {
    const auto sent = after / 1s + 10;
    return Connections{kUs, consumer("ghost", sent, sent)};
  });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].after, 6s);
}

TEST_F(StaleConsumersTest, OneThatAnswersIsLeftAlone) {
  connect(1'000s);
  const auto evictions = watch(600s, [](Duration after) {
    return Connections{kUs, consumer("slow", after / 2s + 2'000, 2'000)};
  });
  EXPECT_TRUE(evictions.empty());
}

TEST_F(StaleConsumersTest, OneThatHoldsNothingIsLeftAlone) {
  connect(1'000s);
  EXPECT_TRUE(watch(600s, [](Duration) { return Connections{kUs, consumer("idle", 10, 0)}; }).empty());
}

TEST_F(StaleConsumersTest, WeAreLeftAloneWhateverWeHold) {
  connect(1'000s);
  EXPECT_TRUE(watch(600s, [](Duration) { return Connections{consumer("us", 2'000, 2'000)}; }).empty());
}

TEST_F(StaleConsumersTest, NobodyIsEvictedWhereWeDoNotKnowOurselves) {
  connect(1'000s);
  EXPECT_TRUE(watch(600s, [](Duration) { return Connections{kGhost, consumer("a proxy", 3, 1)}; }).empty());
}

TEST_F(StaleConsumersTest, OfTwoWithOurNameTheOneThatMovesIsUs) {
  connect(1'000s);
  const auto evictions = watch(60s, [](Duration after) {
    return Connections{consumer("us", 2'000, 2'000), consumer("us", after / 1s + 10, 10)};
  });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].stale.connection.total_items, 2'000);
}

TEST_F(StaleConsumersTest, OfTwoWithOurNameAndNoneThatMovesOneIsEvicted) {
  connect(1'000s);
  const auto evictions = watch(60s, [](Duration) {
    return Connections{consumer("us", 2'000, 2'000), consumer("us", 7, 7)};
  });
  ASSERT_EQ(evictions.size(), 1u);
}

TEST_F(StaleConsumersTest, LaterOnThereIsMorePatience) {
  connect(1'000s);
  const auto evictions = watch(300s, [](Duration after) {
    return after < 100s ? Connections{kUs} : Connections{kUs, kGhost};
  });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_GE(evictions[0].after, 130s);
  EXPECT_LE(evictions[0].after, 145s);
  EXPECT_GE(evictions[0].stale.seen_for, 30s);
}

TEST_F(StaleConsumersTest, LooksAreRareInTheLongRun) {
  connect(1'000s);
  watch(3'600s, [](Duration) { return Connections{kUs}; });
  EXPECT_LE(looks_, 370);
}

TEST_F(StaleConsumersTest, AnEvictionThatFailedIsAskedForAgain) {
  connect(1'000s);
  const auto always = [](Duration) { return Connections{kUs, kGhost}; };
  EXPECT_EQ(watch(6s, always).size(), 1u);
  watched_.not_evicted();
  EXPECT_EQ(watch(10s, always).size(), 1u);
}

TEST_F(StaleConsumersTest, NobodyIsEvictedAgainWithinFiveMinutesReconnectionsIncluded) {
  connect(1'000s);
  const auto always = [](Duration) { return Connections{kUs, kGhost}; };
  EXPECT_EQ(watch(10s, always).size(), 1u);
  watched_.disconnected();
  EXPECT_FALSE(watched_.next_look());
  connect(1'010s);
  const auto again = watch(400s, always);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_GE(again[0].after, 296s);
}

TEST_F(StaleConsumersTest, WhatWasSeenBeforeAReconnectionIsForgotten) {
  connect(1'000s);
  EXPECT_TRUE(watch(5s, [](Duration) { return Connections{kUs, kGhost}; }).empty());
  watched_.disconnected();
  connect(1'005s);
  const auto evictions = watch(60s, [](Duration) { return Connections{kUs, kGhost}; });
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].after, 6s);
}

TEST_F(StaleConsumersTest, ThatNothingCanBeReadIsNewsOnce) {
  connect(1'000s);
  watched_.looking();
  EXPECT_TRUE(watched_.not_looked(true, 1'000s));
  EXPECT_TRUE(watched_.next_look());
  EXPECT_FALSE(watched_.not_looked(true, 1'002s));
  watched_.looked(Connections{kUs}, 1'004s);
  EXPECT_TRUE(watched_.not_looked(true, 1'006s));
  EXPECT_FALSE(watched_.suspects_older());
}

TEST_F(StaleConsumersTest, AConsumerThatTakesNothingIsSuspectedUntilItIsGone) {
  connect(1'000s);
  watched_.looked(Connections{kUs, kGhost}, 1'000s);
  EXPECT_FALSE(watched_.suspects_older());
  watched_.looked(Connections{kUs, kGhost}, 1'002s);
  EXPECT_TRUE(watched_.suspects_older());
  watched_.looked(Connections{kUs}, 1'004s);
  EXPECT_FALSE(watched_.suspects_older());
}

TEST_F(StaleConsumersTest, NeitherWeNorAConsumerThatMovesAreSuspected) {
  const GroupConnection us = consumer("us", 500, 500);
  connect(1'000s);
  watched_.looked(Connections{us, consumer("another", 20, 10)}, 1'000s);
  watched_.looked(Connections{us, consumer("another", 30, 10)}, 1'002s);
  EXPECT_FALSE(watched_.suspects_older());
}

TEST_F(StaleConsumersTest, OneWithOurNameIsSuspectedIfThereAreTwo) {
  const Connections both{consumer("us", 500, 500), consumer("us", 2'000, 2'000)};
  connect(1'000s);
  watched_.looked(both, 1'000s);
  watched_.looked(both, 1'002s);
  EXPECT_TRUE(watched_.suspects_older());
}

TEST_F(StaleConsumersTest, AsLongAsTheServerGivesNoAnswerTheLooksAreFrequentAndItIsSuspected) {
  connect(1'000s);
  for (Time now = 1'000s; now < 1'040s; now += 7s) {
    watched_.not_looked(false, now);
    EXPECT_TRUE(watched_.suspects_older());
    EXPECT_EQ(watched_.next_look(), now + 2s);
  }
  watched_.looked(Connections{kUs, kGhost}, 1'040s);
  EXPECT_TRUE(watched_.looked(Connections{kUs, kGhost}, 1'046s));
}

TEST_F(StaleConsumersTest, NobodyIsSuspectedForEver) {
  connect(1'000s);
  watched_.not_looked(false, 1'121s);
  EXPECT_FALSE(watched_.suspects_older());
  EXPECT_EQ(watched_.next_look(), 1'131s);
  watched_.looked(Connections{kUs, kGhost}, 1'121s);
  watched_.looked(Connections{kUs, kGhost}, 1'123s);
  EXPECT_FALSE(watched_.suspects_older());
}

}  // namespace
}  // namespace interconnect::next
