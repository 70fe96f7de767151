#include "domain/status/event_troubles.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

EventView event(std::string_view stream, Revision revision) {
  EventView event;
  event.stream = stream;
  event.type = "Hired";
  event.revision = revision;
  event.data = "{\"secret\": 1}";
  return event;
}

TEST(EventTroublesTest, RemembersNamesReasonAndTime) {
  EventTroubles troubles;
  troubles.add(TroubleKind::kInvalid, event("hero-1", 7), "data: no object", 3s);
  EXPECT_THAT(troubles.last(),
              ElementsAre(EventTrouble{1, TroubleKind::kInvalid, "hero-1", 7, "Hired", "data: no object", 3s}));
  EXPECT_EQ(troubles.total(), 1u);
}

TEST(EventTroublesTest, ManyOfOneKindDoNotHideTheFewOfAnother) {
  EventTroubles troubles;
  troubles.add(TroubleKind::kParked, event("hero-1", 1), "parked", 1s);
  for (int i = 0; i < 1'000; ++i) troubles.add(TroubleKind::kFiltered, event("hero-2", i), "filtered", 2s);
  const auto last = troubles.last();
  ASSERT_THAT(last, SizeIs(EventTroubles::kRemembered + 1));
  EXPECT_EQ(last.front().kind, TroubleKind::kParked);
  EXPECT_EQ(last[1].revision, 900);
  EXPECT_EQ(last.back().revision, 999);
  EXPECT_EQ(last.back().number, 1'001u);
}

TEST(EventTroublesTest, CountsByKindAndReason) {
  EventTroubles troubles;
  for (const char* reason : {"a", "a", "b", "a"}) troubles.add(TroubleKind::kInvalid, event("s", 1), reason, 1s);
  troubles.add(TroubleKind::kFiltered, event("s", 1), "a", 1s);
  EXPECT_THAT(troubles.counts(),
              ElementsAre(TroubleCount{TroubleKind::kFiltered, "a", 1}, TroubleCount{TroubleKind::kInvalid, "a", 3},
                          TroubleCount{TroubleKind::kInvalid, "b", 1}));
}

TEST(EventTroublesTest, ReasonsBeyondABoundCountAsOne) {
  EventTroubles troubles;
  for (int i = 0; i < 1'000; ++i) {
    troubles.add(TroubleKind::kFailed, event("s", i), "reason " + std::to_string(i), 1s);
  }
  troubles.add(TroubleKind::kFailed, event("s", 1), "reason 3", 1s);
  const auto counts = troubles.counts();
  ASSERT_THAT(counts, SizeIs(EventTroubles::kMaxReasons));
  EXPECT_EQ(counts[3], (TroubleCount{TroubleKind::kFailed, "reason 3", 2}));
  EXPECT_EQ(counts.back(),
            (TroubleCount{TroubleKind::kFailed, "other reasons", 1'000 - EventTroubles::kMaxReasons + 1}));
}

TEST(EventTroublesTest, NamesAreBoundedAndFitToBeShown) {
  EventTroubles troubles;
  const std::string name = "a\x1b[2J\n" + std::string(10'000, 'x');
  troubles.add(TroubleKind::kFiltered, event(name, 1), "why\n", 1s);
  const EventTrouble trouble = troubles.last().front();
  EXPECT_EQ(trouble.stream.size(), EventTroubles::kMaxName);
  EXPECT_EQ(trouble.stream.find('\x1b'), std::string::npos);
  EXPECT_EQ(trouble.reason, "why");
}

}  // namespace
}  // namespace interconnect
