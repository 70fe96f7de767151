#include "domain/verify/sequence_diff.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

struct At {
  int id;
  Revision revision;
  bool is_required = true;
};

EventPrint print(int id) {
  EventPrint print;
  print.id.bytes[0] = static_cast<std::uint8_t>(id);
  print.id.bytes[1] = static_cast<std::uint8_t>(id >> 8);
  return print;
}

SequenceDiff::Verdict compare(const std::vector<At>& expected, const std::vector<At>& present,
                              std::size_t max_unmatched = SequenceDiff::kMaxUnmatched) {
  SequenceDiff diff(max_unmatched);
  for (std::size_t i = 0; i < std::max(expected.size(), present.size()); ++i) {
    if (i < expected.size()) diff.on_expected(print(expected[i].id), expected[i].revision, expected[i].is_required);
    if (i < present.size()) diff.on_present(print(present[i].id), present[i].revision);
  }
  diff.on_ends(expected.empty() ? 0 : expected.back().revision + 1, present.empty() ? 0 : present.back().revision + 1);
  if (diff.has_such_ids()) {
    diff.begin_count();
    for (const At& event : expected) diff.count_expected(print(event.id).id);
    for (const At& event : present) diff.count_present(print(event.id).id);
  }
  return diff.verdict();
}

std::string text(const SequenceDiff::Verdict& verdict) {
  std::string all;
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    const Difference& difference = verdict.difference.kinds[kind];
    if (difference.events == 0) continue;
    all += std::string(to_string(static_cast<DifferenceKind>(kind))) + " " + std::to_string(difference.events) + " @" +
           std::to_string(difference.first) + "; ";
  }
  if (verdict.hidden > 0) all += "hidden " + std::to_string(verdict.hidden) + "; ";
  if (verdict.repeated > 0) all += "repeated " + std::to_string(verdict.repeated) + "; ";
  if (verdict.gone > 0) all += "gone " + std::to_string(verdict.gone) + "; ";
  return all;
}

TEST(SequenceDiffTest, WhatIsEqualHasNoDifference) {
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}}, {{1, 0}, {2, 1}})), "");
  EXPECT_EQ(text(compare({}, {})), "");
}

TEST(SequenceDiffTest, CountsWhatIsMissingAndNamesTheFirst) {
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}, {4, 3}}, {{1, 0}, {4, 1}})), "missing 2 @1; ");
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}}, {})), "missing 2 @0; ");
}

TEST(SequenceDiffTest, WhatMayBeThereIsNotMissing) { EXPECT_EQ(text(compare({{1, 0, false}, {2, 1}}, {{2, 0}})), ""); }

TEST(SequenceDiffTest, TellsExtraDoubledAndOrderApart) {
  EXPECT_EQ(text(compare({{1, 0}}, {{1, 0}, {9, 1}})), "extra 1 @1; ");
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}}, {{1, 0}, {1, 1}, {2, 2}})), "doubled 1 @1; ");
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}}, {{1, 0}, {3, 1}, {2, 2}})), "order 1 @1; ");
}

TEST(SequenceDiffTest, AnIdThatTheSourceRepeatsIsNeededOnce) {
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {1, 2}}, {{1, 0}, {2, 1}})), "repeated 1; ");
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {1, 2}}, {{1, 0}, {2, 1}, {1, 2}})), "");
}

TEST(SequenceDiffTest, AnIdMayBeThereForALaterEventThatHasIt) {
  EXPECT_EQ(text(compare({{1, 0, false}, {2, 1}, {3, 2}, {1, 3}}, {{2, 0}, {3, 1}, {1, 2}})), "repeated 1; ");
}

TEST(SequenceDiffTest, RevisionsProveWhatIsHidden) {
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}}, {{3, 2}})), "hidden 2; ");
  // In the middle, as a scavenge may leave it.
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}}, {{1, 0}, {3, 2}})), "hidden 1; ");
  // Fewer revisions than events: not all of them were there.
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}}, {{3, 1}})), "missing 1 @1; hidden 1; ");
  // What is hidden before does not prove what is missing behind.
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}, {3, 2}}, {{1, 1}, {2, 2}})), "missing 1 @2; shifted 1 @1; ");
}

TEST(SequenceDiffTest, HigherRevisionsThanTheirPlaceAreShifted) {
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}}, {{1, 3}, {2, 4}})), "shifted 3 @3; ");
  EXPECT_EQ(text(compare({{1, 0}, {2, 1}}, {{1, 0}, {2, 2}})), "shifted 1 @2; ");
  // Where the source shows less, what came before may have been there.
  EXPECT_EQ(text(compare({{1, 3}, {2, 4}}, {{1, 3}, {2, 4}})), "");
  EXPECT_EQ(text(compare({{1, 3}, {2, 4}}, {{1, 4}, {2, 5}})), "shifted 1 @4; ");
}

TEST(SequenceDiffTest, WhatTheSourceDoesNotShowAnyMoreIsNotExtra) {
  EXPECT_EQ(text(compare({{3, 2}}, {{1, 0}, {2, 1}, {3, 2}})), "gone 2; ");
  EXPECT_EQ(text(compare({{3, 1}}, {{1, 0}, {2, 1}, {3, 2}})), "extra 1 @1; gone 1; ");
}

TEST(SequenceDiffTest, KeepsNoMoreThanItsBound) {
  std::vector<At> many;
  for (int i = 0; i < 100; ++i) many.push_back({i, i});
  EXPECT_EQ(text(compare(many, {{99, 0}}, 10)), "missing 99 @0; ");
  EXPECT_EQ(text(compare(many, {{99, 99}}, 10)), "hidden 99; ");
  EXPECT_EQ(text(compare({{99, 99}}, many, 10)), "gone 99; ");
  EXPECT_EQ(text(compare({{99, 0}}, many, 10)), "extra 99 @0; ");
  std::vector<At> others;
  for (int i = 0; i < 100; ++i) others.push_back({1'000 + i, i});
  EXPECT_EQ(text(compare(many, others, 10)), "missing 100 @0; extra 100 @0; ");
}

}  // namespace
}  // namespace interconnect
