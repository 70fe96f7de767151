#include "domain/copier/look_up.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <set>

namespace interconnect {
namespace {

EventId id_of(int n) {
  EventId id;
  id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

// A destination (or source) that holds events by number, which answers a look-up until it is over.
struct Streams {
  std::vector<int> source;
  std::vector<int> destination;
  std::set<int> in_doubt;
  Revision shown_from = 0;  // of the destination
  std::size_t pages = 0;
  std::string data = {};                                             // of each event
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();  // that a page can carry
  std::size_t failures = 0;

  LookUp::Question question(int first, std::int32_t depth = 4) const {
    LookUp::Question question;
    question.stream = "s";
    question.first_revision = first;
    question.first_id = id_of(first);
    question.events = in_doubt.size();
    question.depth = depth;
    question.is_admitted = [](const EventView&) { return true; };
    question.revision_in_doubt = [this](const EventId& id) -> std::optional<Revision> {
      const int number = id.bytes[14] << 8 | id.bytes[15];
      return in_doubt.contains(number) ? std::optional<Revision>(number) : std::nullopt;
    };
    question.is_in_doubt = [this](const EventId& id) { return in_doubt.contains(id.bytes[14] << 8 | id.bytes[15]); };
    return question;
  }

  LookUp::Findings run(LookUp look_up) {
    while (const auto asked = look_up.next()) {
      ++pages;
      const std::vector<int>& stream = asked->store == Store::kSource ? source : destination;
      std::vector<EventView> events;
      const bool is_forward = asked->read.direction == ReadDirection::kForward;
      const Revision first = asked->store == Store::kSource ? 0 : shown_from;
      Revision at = asked->read.from == kStreamEnd ? static_cast<Revision>(stream.size()) - 1 : asked->read.from;
      if (is_forward) at = std::max(at, first);
      const auto exists = [&] { return at >= first && at < static_cast<Revision>(stream.size()); };
      for (std::int32_t i = 0; i < asked->read.count && exists(); ++i) {
        EventView event;
        event.id = id_of(stream[static_cast<std::size_t>(at)]);
        event.revision = at;
        event.data = data;
        events.push_back(event);
        at += is_forward ? 1 : -1;
      }
      if (events.size() * data.size() > most_bytes) {
        ++failures;
        EXPECT_LT(failures, 100u) << "the same page again and again";
        if (failures == 100) break;
        look_up.shrink_pages();
        continue;
      }
      look_up.on_page({events, !stream.empty(), !exists(), at});
    }
    return std::move(look_up).findings();
  }
};

std::vector<int> numbers(int from, int to) {
  std::vector<int> result;
  for (int n = from; n < to; ++n) result.push_back(n);
  return result;
}

std::set<int> present(const LookUp::Findings& found) {
  std::set<int> result;
  for (const EventId& id : found.present) result.insert(id.bytes[14] << 8 | id.bytes[15]);
  return result;
}

TEST(LookUpTest, AnEmptyStreamHoldsNothing) {
  Streams streams;
  streams.in_doubt = {0};
  const auto found = streams.run(LookUp::whole(streams.question(0), false));
  EXPECT_TRUE(found.of_destination);
  EXPECT_TRUE(found.scanned);
  EXPECT_EQ(found.tail, kNoStream);
  EXPECT_TRUE(found.present.empty());
}

TEST(LookUpTest, FindsWhatWasWrittenOfWhatIsInDoubt) {
  Streams streams{numbers(0, 1'000), numbers(0, 903), {}};
  for (int n = 900; n < 906; ++n) streams.in_doubt.insert(n);
  const auto found = streams.run(LookUp::whole(streams.question(900), false));
  EXPECT_EQ(present(found), (std::set{900, 901, 902}));
  EXPECT_TRUE(found.scanned);
  EXPECT_EQ(found.tail, 902);
  EXPECT_LE(found.events_read, 20u) << "in proportion to what is in doubt";
}

TEST(LookUpTest, DisorderUpToTheDepthHidesNothing) {
  // 900 was written four places before its predecessor.
  Streams streams{numbers(0, 1'000), numbers(0, 896), {900, 901}};
  for (const int n : {900, 896, 897, 898, 899}) streams.destination.push_back(n);
  const auto found = streams.run(LookUp::whole(streams.question(900), false));
  EXPECT_EQ(present(found), std::set{900});
}

TEST(LookUpTest, DisorderBeforeTheGuessedPageHidesNothing) {
  // The destination lacks three events, so 500 is a little before its own place; 501 is before the page of the guess.
  Streams streams{numbers(0, 5'000), numbers(3, 498), {500, 501}};
  for (const int n : {501, 498, 499, 500}) streams.destination.push_back(n);
  for (int n = 502; n < 5'000; ++n) streams.destination.push_back(n);
  const auto found = streams.run(LookUp::whole(streams.question(500), false));
  EXPECT_EQ(present(found), streams.in_doubt);
  EXPECT_LE(found.events_read, 50u);
}

TEST(LookUpTest, ADestinationFarAheadIsWalkedInStepFromWhereTheFirstIs) {
  Streams streams{numbers(0, 5'000), numbers(0, 5'000), {}};
  for (int n = 1'000; n < 1'010; ++n) streams.in_doubt.insert(n);
  LookUp::Question question = streams.question(1'000);
  question.memory = 100;
  const auto found = streams.run(LookUp::whole(std::move(question), false));
  EXPECT_EQ(present(found), streams.in_doubt);
  EXPECT_LE(found.events_read, 100u);
  ASSERT_TRUE(found.cursor);
  EXPECT_LE(*found.cursor, 1'010);
  EXPECT_GE(*found.cursor, 1'000);

  streams.in_doubt = {1'010, 1'011};
  const auto next = streams.run(LookUp::walk(streams.question(1'010), *found.cursor));
  EXPECT_EQ(present(next), streams.in_doubt);
  EXPECT_LE(next.events_read, 20u);
}

TEST(LookUpTest, AnIdThatIsThereTwiceCountsOnce) {
  Streams streams{numbers(0, 100), {}, {10, 11}};
  streams.destination = {10, 10, 10, 10, 90, 91, 92, 93, 11, 94, 95, 96};
  const auto found = streams.run(LookUp::walk(streams.question(10), 0));
  EXPECT_EQ(present(found), streams.in_doubt);
}

TEST(LookUpTest, SinceReadsOnlyWhatFollows) {
  Streams streams{numbers(0, 100), numbers(0, 60), {50, 99}};
  const auto found = streams.run(LookUp::since(streams.question(50), 54));
  EXPECT_FALSE(found.is_whole_region);
  EXPECT_TRUE(found.present.empty()) << "50 lies before";
  EXPECT_EQ(found.tail, 59);
}

TEST(LookUpTest, ATailThatCannotBeReadYetIsReported) {
  Streams streams{numbers(0, 100), numbers(0, 10), {10}};
  LookUp::Question question = streams.question(10);
  question.reported_tail = 12;
  const auto found = streams.run(LookUp::since(std::move(question), 9));
  EXPECT_EQ(found.tail, 9);
  EXPECT_EQ(found.unseen_tail, 12);
}

TEST(LookUpTest, WhereSubscriptionsShareStreamsNoPlaceTellsAnything) {
  // 90 was carried over by another subscription, long before.
  Streams streams{numbers(0, 100), {0, 90}, {80, 90}};
  for (int n = 1; n < 80; ++n) streams.destination.push_back(n);
  LookUp::Question question = streams.question(80);
  question.is_copied_in_order = false;
  const auto found = streams.run(LookUp::whole(std::move(question), false));
  EXPECT_EQ(present(found), std::set{90});
}

TEST(LookUpTest, AGapIsToldFromTheSourceAlone) {
  Streams streams{numbers(0, 100), {}, {50}};
  const auto missing = streams.run(LookUp::gap(streams.question(50), 47));
  EXPECT_FALSE(missing.of_destination);
  EXPECT_EQ(missing.predecessor, 49);
  const auto none = streams.run(LookUp::gap(streams.question(50), 49));
  EXPECT_FALSE(none.predecessor);
}

TEST(LookUpTest, ThePredecessorIsLookedForAtBothEnds) {
  Streams streams{numbers(0, 100), numbers(0, 49), {50}};
  const auto missing = streams.run(LookUp::whole(streams.question(50), true));
  EXPECT_EQ(missing.predecessor, 49);
  streams.destination.push_back(49);
  const auto there = streams.run(LookUp::whole(streams.question(50), true));
  EXPECT_FALSE(there.predecessor);
  EXPECT_EQ(there.met_predecessor, 49);
}

TEST(LookUpTest, AnIdThatTheSourceRepeatsIsNoWitnessOfWhatComesBeforeIt) {
  Streams streams;
  streams.source = {0, 1, 2, 1};
  streams.destination = {0, 1};
  streams.in_doubt = {1};
  LookUp::Question question = streams.question(3);
  question.first_id = id_of(1);
  const auto found = streams.run(LookUp::whole(std::move(question), true));
  EXPECT_EQ(present(found), std::set<int>{1});
  EXPECT_EQ(found.predecessor, std::optional<Revision>(2));
}

TEST(LookUpTest, PagesFitTheEventsThatAreThere) {
  // What waits is small, so the first page is asked for as if all were.
  Streams streams{numbers(0, 1'000), numbers(0, 1'000), {100}};
  streams.data = std::string(100 << 10, 'x');
  streams.most_bytes = 2 << 20;
  const auto found = streams.run(LookUp::whole(streams.question(100, 64), false));
  EXPECT_EQ(present(found), streams.in_doubt);
  EXPECT_EQ(streams.failures, 1u);
}

TEST(LookUpTest, SmallPagesGuessThePlaceAsWell) {
  Streams streams{numbers(0, 5'000), numbers(0, 5'000), {500}};
  streams.data = std::string(100 << 10, 'x');
  const auto found = streams.run(LookUp::whole(streams.question(500, 64), false));
  EXPECT_EQ(present(found), streams.in_doubt);
  EXPECT_LE(found.events_read, 300u);
}

TEST(LookUpTest, GoesOnWithoutASourceThatCannotBeRead) {
  Streams streams{{}, numbers(0, 30), {20}};
  LookUp look_up = LookUp::whole(streams.question(20), true);
  ASSERT_EQ(look_up.next()->store, Store::kSource);
  look_up.on_source_unreadable();
  const auto found = streams.run(std::move(look_up));
  EXPECT_EQ(present(found), std::set{20});
}

// A destination that shows only the end of its stream.
class HiddenTest : public ::testing::Test {
 protected:
  LookUp::Findings run(std::set<int> in_doubt, bool order_proves = true) {
    streams_.in_doubt = std::move(in_doubt);
    LookUp::Question question = streams_.question(*streams_.in_doubt.begin());
    question.order_proves = order_proves;
    question.count_proves = count_proves_;
    question.known_tail = known_tail_;
    question.is_copied = [this](const EventView& event) {
      return !not_copied_.contains(event.id.bytes[14] << 8 | event.id.bytes[15]);
    };
    return streams_.run(LookUp::whole(std::move(question), false));
  }

  bool count_proves_ = false;
  std::optional<Revision> known_tail_;
  std::set<int> not_copied_;
  Streams streams_{.source = numbers(0, 60), .destination = numbers(0, 50), .in_doubt = {}, .shown_from = 46};
};

TEST_F(HiddenTest, WhatPrecedesOneInDoubtThatIsShownWasThere) {
  const LookUp::Findings found = run({10, 11, 45, 46, 47, 50});
  EXPECT_EQ(present(found), (std::set{46, 47}));
  EXPECT_EQ(found.hidden_below, 47);
  EXPECT_FALSE(found.may_be_hidden);
}

TEST_F(HiddenTest, TheSourceTellsWhetherWhatIsShownComesLater) {
  const LookUp::Findings found = run({10, 11});
  EXPECT_EQ(found.hidden_below, 46);
  EXPECT_TRUE(found.of_destination);
  EXPECT_EQ(found.tail, 49);
}

TEST_F(HiddenTest, WhatComesAfterAllThatIsShownWasNot) {
  const LookUp::Findings found = run({50, 51});
  EXPECT_LE(found.hidden_below.value_or(0), 50);
  EXPECT_FALSE(found.may_be_hidden);
}

TEST_F(HiddenTest, WithoutAnOrderTheNumberOfEventsTells) {
  count_proves_ = true;
  const LookUp::Findings found = run({10, 11}, false);
  EXPECT_EQ(found.hidden_below, 46);
  EXPECT_TRUE(found.is_hidden_by_count);
}

TEST_F(HiddenTest, WhatIsNotCopiedDoesNotCount) {
  count_proves_ = true;
  not_copied_ = {3, 7};
  streams_.destination.clear();
  for (int n = 0; n < 50; ++n) {
    if (!not_copied_.contains(n)) streams_.destination.push_back(n);
  }
  const LookUp::Findings found = run({10, 11}, false);
  EXPECT_EQ(found.hidden_below, 48) << "of the source: the destination is two behind";
  EXPECT_TRUE(found.is_hidden_by_count);
}

// What somebody else wrote stands where one that was not copied is missing.
TEST_F(HiddenTest, AnEqualRevisionAloneTellsNothing) {
  count_proves_ = true;
  not_copied_ = {3};
  streams_.destination[3] = 900;
  std::erase(streams_.destination, 10);
  streams_.destination.insert(streams_.destination.begin() + 10, 901);
  const LookUp::Findings found = run({10, 11}, false);
  EXPECT_FALSE(found.hidden_below);
  EXPECT_TRUE(found.may_be_hidden);
}

TEST_F(HiddenTest, WithFewerEventsNothingTells) {
  count_proves_ = true;
  streams_.destination.erase(streams_.destination.begin() + 10);  // while another consumer copied those behind it
  const LookUp::Findings found = run({10, 11}, false);
  EXPECT_FALSE(found.hidden_below);
  EXPECT_TRUE(found.may_be_hidden);
}

TEST_F(HiddenTest, WithoutAnOrderOrACountNothingTells) {
  const LookUp::Findings found = run({10, 11}, false);
  EXPECT_FALSE(found.hidden_below);
  EXPECT_TRUE(found.may_be_hidden);
}

TEST_F(HiddenTest, WhereNothingIsShownTheLastRevisionTells) {
  count_proves_ = true;
  streams_.source = numbers(0, 50);
  streams_.shown_from = 50;
  known_tail_ = 49;
  EXPECT_EQ(run({10, 11}).hidden_below, 50) << "as many as in the source";
  known_tail_ = 47;
  EXPECT_LE(run({48, 49}).hidden_below.value_or(0), 48) << "as many as before those in doubt";
  EXPECT_FALSE(run({48, 49}).may_be_hidden);
  EXPECT_FALSE(run({48, 49}, false).may_be_hidden);
  EXPECT_EQ(run({46, 47, 48}).hidden_below, 48) << "in order";
  EXPECT_FALSE(run({46, 47, 48}).is_hidden_by_count);
  EXPECT_TRUE(run({46, 47, 48}, false).may_be_hidden);
}

TEST_F(HiddenTest, WhereNothingOfTheSourceIsShownNothingTells) {
  streams_.destination = numbers(0, 46);
  for (int n = 900; n < 904; ++n) streams_.destination.push_back(n);
  const LookUp::Findings found = run({10, 11});
  EXPECT_FALSE(found.hidden_below);
  EXPECT_TRUE(found.may_be_hidden);
}

// Those that arrive while it reads are met as well, and do not stand for those that it was asked about.
TEST_F(HiddenTest, AnotherThatIsShownDoesNotStandForOneThatIsHidden) {
  streams_.in_doubt = {10, 47};
  LookUp::Question question = streams_.question(10);
  question.order_proves = true;
  question.events = 1;
  const LookUp::Findings found = streams_.run(LookUp::whole(std::move(question), false));
  EXPECT_EQ(found.hidden_below, 47);
}

}  // namespace
}  // namespace interconnect
