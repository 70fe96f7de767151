#include "domain/copier/ledger.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

using Arrival = Ledger::Arrival;

EventId id_of(std::uint8_t n) {
  EventId id;
  id.bytes[15] = n;
  return id;
}

Ledger::Identity event(std::uint8_t n) { return Ledger::identify("s", id_of(n)); }

TEST(LedgerTest, ASettledEventIsAcknowledgedOnce) {
  Ledger ledger(1, 10);
  EXPECT_EQ(ledger.arrive(event(1), 0, 0, id_of(1)), Arrival::kNew);
  EXPECT_TRUE(ledger.is_held(event(1)));
  EXPECT_TRUE(ledger.acknowledgements(0).empty());
  ledger.settle(event(1), true);
  ledger.settle(event(1), true);
  EXPECT_EQ(ledger.acknowledgements(0), std::vector{id_of(1)});
  EXPECT_FALSE(ledger.is_held(event(1)));
}

TEST(LedgerTest, ARedeliveryOfAHeldEventWaitsForIt) {
  Ledger ledger(1, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  EXPECT_EQ(ledger.arrive(event(1), 0, 0, id_of(1)), Arrival::kHeld);
  EXPECT_EQ(ledger.arrive(event(1), 7, 0, id_of(1)), Arrival::kHeldUnderOtherRevision);
  ledger.settle(event(1), true);
  EXPECT_EQ(ledger.acknowledgements(0), std::vector{id_of(1)});
}

TEST(LedgerTest, ARedeliveryOfASettledEventIsAcknowledgedAtOnce) {
  Ledger ledger(1, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  ledger.settle(event(1), true);
  ledger.acknowledgements(0).clear();
  EXPECT_EQ(ledger.arrive(event(1), 0, 0, id_of(1)), Arrival::kSettled);
  EXPECT_EQ(ledger.arrive(event(1), 3, 0, id_of(2)), Arrival::kSettledUnderOtherRevision);
  EXPECT_EQ(ledger.acknowledgements(0), (std::vector{id_of(1), id_of(2)}));
}

TEST(LedgerTest, AnIdIsOwedUntilAllItsDeliveriesAreSettled) {
  Ledger ledger(1, 10);
  ledger.arrive(event(1), 0, 0, id_of(9));
  ledger.arrive_and_settle(0, id_of(9));
  EXPECT_TRUE(ledger.acknowledgements(0).empty());
  EXPECT_EQ(ledger.outstanding(0), 1u);
  ledger.settle(event(1), true);
  EXPECT_EQ(ledger.acknowledgements(0), std::vector{id_of(9)});
  EXPECT_EQ(ledger.outstanding(0), 0u);
}

TEST(LedgerTest, EachSubscriptionIsOwedItsOwn) {
  Ledger ledger(2, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  EXPECT_EQ(ledger.arrive(event(1), 0, 1, id_of(2)), Arrival::kHeld);
  ledger.settle(event(1), true);
  EXPECT_EQ(ledger.acknowledgements(0), std::vector{id_of(1)});
  EXPECT_EQ(ledger.acknowledgements(1), std::vector{id_of(2)});
}

TEST(LedgerTest, NothingIsOwedToABrokenConnection) {
  Ledger ledger(1, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  ledger.disconnect(0);
  ledger.settle(event(1), true);
  EXPECT_TRUE(ledger.acknowledgements(0).empty());
  EXPECT_EQ(ledger.arrive(event(1), 0, 0, id_of(1)), Arrival::kSettled);
  EXPECT_EQ(ledger.acknowledgements(0), std::vector{id_of(1)});
}

TEST(LedgerTest, CountsIdsThatComeAgainOnAConnectionBeforeTheyAreSettled) {
  Ledger ledger(2, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  ledger.arrive(event(1), 0, 1, id_of(1));
  EXPECT_EQ(ledger.repeated(0), 0u);
  ledger.arrive(event(1), 1, 0, id_of(1));
  ledger.arrive_and_settle(0, id_of(1));
  EXPECT_EQ(ledger.repeated(0), 2u);
  ledger.settle(event(1), true);
  EXPECT_EQ(ledger.repeated(0), 2u) << "their places do not come back";
  ledger.arrive(event(1), 1, 0, id_of(1));
  EXPECT_EQ(ledger.repeated(0), 2u);
  ledger.disconnect(0);
  EXPECT_EQ(ledger.repeated(0), 0u);
}

TEST(LedgerTest, RemembersSoManySettledEvents) {
  Ledger ledger(1, 2);
  for (std::uint8_t n = 1; n <= 3; ++n) {
    ledger.arrive(event(n), n, 0, id_of(n));
    ledger.settle(event(n), true);
  }
  EXPECT_FALSE(ledger.is_held_or_settled(event(1)));
  EXPECT_TRUE(ledger.is_held_or_settled(event(2)));
  EXPECT_TRUE(ledger.is_held_or_settled(event(3)));
}

TEST(LedgerTest, WhatIsGivenUpIsNotAcknowledged) {
  Ledger ledger(2, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  ledger.arrive(event(1), 0, 1, id_of(2));
  ledger.disconnect(0);
  const auto claims = ledger.give_up(event(1));
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].subscription, 1u);
  EXPECT_EQ(claims[0].ack_id, id_of(2));
  EXPECT_TRUE(ledger.acknowledgements(1).empty());
  EXPECT_FALSE(ledger.is_held_or_settled(event(1)));
}

TEST(LedgerTest, OnlyWhatNobodyWaitsForIsWithdrawn) {
  Ledger ledger(2, 10);
  ledger.arrive(event(1), 0, 0, id_of(1));
  ledger.arrive(event(2), 1, 0, id_of(2));
  ledger.arrive(event(2), 1, 1, id_of(2));
  ledger.disconnect(0);
  EXPECT_TRUE(ledger.withdraw(event(1)));
  EXPECT_FALSE(ledger.withdraw(event(2)));
  EXPECT_EQ(ledger.arrive(event(1), 0, 0, id_of(1)), Arrival::kNew);
}

TEST(LedgerTest, TheSameIdInAnotherStreamIsAnotherEvent) {
  Ledger ledger(1, 10);
  ledger.arrive(Ledger::identify("a", id_of(1)), 0, 0, id_of(1));
  EXPECT_EQ(ledger.arrive(Ledger::identify("b", id_of(1)), 0, 0, id_of(2)), Arrival::kNew);
}

}  // namespace
}  // namespace interconnect
