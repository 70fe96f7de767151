// What a destination hides, and proves to be there.

#include <gtest/gtest.h>

#include "domain/copier/copier_script.h"

namespace interconnect {
namespace {

using Texts = CopierScript::Texts;

// The destination holds four events or more, and shows the last one.
class ProofTest : public ::testing::Test {
 protected:
  // What was delivered again is in doubt; the source shows all of it.
  void doubt(Revision tail, const CopierScript::Page& shown) {
    script.start(GroupState::kUnchanged);
    script.deliver({0, 1, 2, 3});
    EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2 3]"}));
    script.wrong(tail);
    EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
    script.page(shown);
    EXPECT_EQ(script.advance(), Texts({"read source s forward 0"}));
    script.page({.first = 0, .ids = {0, 1, 2, 3}, .is_end = true});
  }

  CopierScript script;
};

TEST_F(ProofTest, WhatIsHiddenIsThereIfItsAppendIsARepeat) {
  doubt(3, {.first = 3, .ids = {3}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.appended(2);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1 2 3]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 0);
}

// Somebody else's events are as good as ours to a count.
TEST_F(ProofTest, WhatIsNotWhereItWasSupposedIsWritten) {
  doubt(4, {.first = 4, .ids = {3}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [0 1 2]"}));
  script.wrong(4);
  EXPECT_EQ(script.advance(), Texts({"append s @0 [0]"})) << "those behind it may be missing";
  script.wrong(4);
  EXPECT_EQ(script.advance(), Texts({"append s @4 [0]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 1);
  script.appended(5);
  EXPECT_EQ(script.advance(), Texts({"append s @1 [1 2]"})) << "each is asked about";
  script.appended(3);
  EXPECT_EQ(script.advance(), Texts({"ack [0 1 2 3]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 1);
}

TEST_F(ProofTest, WhatArrivesBehindIsSupposedInTheNextPlace) {
  script.start(GroupState::kUnchanged);
  script.deliver({0});
  script.advance();
  script.wrong(3);
  script.advance();
  script.page({.first = 3, .ids = {3}, .is_end = true});
  script.advance();
  script.page({.first = 0, .ids = {0, 1, 2, 3}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [0]"}));
  script.deliver({1, 2, 3, 4});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"})) << "without a look";
  script.appended(2);
  EXPECT_EQ(script.advance(), Texts({"append s @3 [4]"}));
}

TEST_F(ProofTest, AGuessThatIsRefusedIsLookedUp) {
  script.start(GroupState::kUnchanged);
  script.deliver({0});
  script.advance();
  script.wrong(3);
  script.advance();
  script.page({.first = 3, .ids = {3}, .is_end = true});
  script.advance();
  script.page({.first = 0, .ids = {0, 1, 2, 3}, .is_end = true});
  script.advance();
  script.appended(0);
  script.advance();
  script.deliver({1, 2});
  EXPECT_EQ(script.advance(), Texts({"append s @0 [1 2]"}));
  script.wrong(3);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
}

TEST_F(ProofTest, WhatWasWrittenSinceIsReadFirst) {
  doubt(3, {.first = 3, .ids = {3}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  script.wrong(5);
  EXPECT_EQ(script.advance(), Texts({"read destination s backward -1"}));
  EXPECT_EQ(script.observer.may_be_doubled, 0);
}

TEST_F(ProofTest, ADestinationThatDoesNotAnswerIsForTheSafetyNet) {
  doubt(3, {.first = 3, .ids = {3}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1 2]"}));
  EXPECT_EQ(script.advance_while({.appends = ErrorKind::kUnavailable, .reads = ErrorKind::kUnavailable},
                                 std::chrono::seconds(12)),
            Texts({"exit 1"}));
}

}  // namespace
}  // namespace interconnect
