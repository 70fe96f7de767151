// Metadata and deletions of streams that come through a category, and streams that are soft-deleted.

#include <gtest/gtest.h>

#include "domain/copier/copier_script.h"

namespace interconnect {
namespace {

using Texts = CopierScript::Texts;

constexpr std::string_view kDeletion = R"({"$tb":9223372036854775807})";
constexpr std::string_view kMaxCount = R"({"$maxCount":5})";

class MetadataTest : public ::testing::Test {
 protected:
  MetadataTest() { script.start(); }

  void deliver_metadata(int number, Revision revision, std::string_view data = kDeletion) {
    script.deliver_one({.id = number, .revision = revision, .stream = "$$s", .type = "$metadata", .data = data});
  }
  // Neither stream is known to the destination, and what is delivered first is told so.
  void first_append_asks_for_the_tail() {
    EXPECT_EQ(script.advance(), Texts({"append s @4611686018427387903 [0]"}));
    script.wrong(kNoStream);
  }
  // The newest metadata at both ends: at the destination none; in the source this.
  void show_newest_in_source(int number, Revision revision) {
    EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
    script.no_stream();
    EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
    script.show({.events = {{.id = number, .revision = revision, .type = "$metadata"}}, .is_end = true, .next = -1});
  }

  CopierScript script{{.streams = {"$ce-s"}, .buffer_size = 100, .copies_metadata = true}};
};

TEST_F(MetadataTest, ADeletionLandsBehindTheEventsBeforeItAndAheadOfThoseAfterIt) {
  script.deliver({0, 1});
  deliver_metadata(50, 0);
  script.deliver({2});
  first_append_asks_for_the_tail();
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1]"}));
  script.appended(1);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 50, .revision = 0, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts({"append $$s @-1 [50]"}));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"append s @1 [2]"}));
}

TEST_F(MetadataTest, OldMetadataIsLeftOut) {
  deliver_metadata(50, 3);
  show_newest_in_source(51, 4);
  EXPECT_EQ(script.advance(), Texts({"ack [50]"}));
  EXPECT_EQ(script.observer.gone, std::vector<Revision>{3});
}

// The destination may execute the append later than what comes after the deletion, and hide that.
TEST_F(MetadataTest, OldMetadataThatWasSentIsSentUntilItIsConfirmed) {
  script.safety_net.on_write_failure = SafetyAction::kRetry;
  deliver_metadata(50, 3);
  show_newest_in_source(50, 3);
  EXPECT_EQ(script.advance(), Texts({"append $$s @-1 [50]"}));
  EXPECT_EQ(script.advance(CopierSettings{}.writer_timeout), Texts({"read destination $$s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 51, .revision = 4, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts());
  script.fail(ErrorKind::kTimeout);  // late
  EXPECT_EQ(script.advance(CopierSettings{}.max_retry_delay), Texts({"read destination $$s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 51, .revision = 4, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts({"append $$s @-1 [50]"}));
  script.appended(0);
  EXPECT_EQ(script.advance(), Texts({"ack [50]"}));
}

TEST_F(MetadataTest, MetadataThatCarriesAsHighARevisionIsThere) {
  deliver_metadata(50, 3);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 60, .revision = 9, .type = "$metadata", .metadata = R"({"eventRevision":3})"}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts({"ack [50]"}));
}

TEST_F(MetadataTest, MetadataIsAppendedAtTheExactRevisionBehindAStrangers) {
  deliver_metadata(50, 3);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 60, .revision = 9, .type = "$metadata", .data = std::string(kMaxCount)}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 50, .revision = 3, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts({"append $$s @9 [50]"}));
}

// It would bring the stream back to life.
TEST_F(MetadataTest, ASecondDeletionIsNothingToDo) {
  deliver_metadata(50, 3);
  Texts actions = script.advance();
  for (int i = 0; i < 300 && actions != Texts({"ack [50]"}); ++i) {
    if (!actions.empty()) {
      ASSERT_EQ(actions, Texts({"read destination $$s backward -1"}));
      script.show({.events = {{.id = 60, .revision = 9, .type = "$metadata", .data = std::string(kDeletion)}},
                   .is_end = true,
                   .next = -1});
    }
    actions = script.advance(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(actions, Texts({"ack [50]"}));
}

TEST_F(MetadataTest, WhatHasRevivedTheStreamSinceAnEarlierDeletionMayBeSeenLate) {
  deliver_metadata(50, 3);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 60, .revision = 9, .type = "$metadata", .data = std::string(kDeletion)}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts());
  EXPECT_EQ(script.advance(std::chrono::milliseconds(20)), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 61, .revision = 10, .type = "$metadata", .data = R"({"$tb":5})"}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 50, .revision = 3, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts({"append $$s @10 [50]"}));
}

TEST_F(MetadataTest, WhatRevivesAStreamIsWrittenOnceMoreBehindTheServersOwn) {
  deliver_metadata(50, 3, kMaxCount);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 60, .revision = 9, .type = "$metadata", .data = std::string(kDeletion)}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.show({.events = {{.id = 50, .revision = 3, .type = "$metadata"}}, .is_end = true, .next = -1});
  EXPECT_EQ(script.advance(), Texts({"append $$s @9 [50]"}));
  script.appended(10);
  EXPECT_EQ(script.advance(), Texts({"append $$s @11 [50]"}));
  script.appended(12);
  EXPECT_EQ(script.advance(), Texts({"ack [50]"}));
}

TEST_F(MetadataTest, ARefusedAppendBeginsAgainWithTheRead) {
  deliver_metadata(50, 0);
  show_newest_in_source(50, 0);
  EXPECT_EQ(script.advance(), Texts({"append $$s @-1 [50]"}));
  script.wrong(0);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.show({.events = {{.id = 50, .revision = 0, .type = "$metadata", .data = std::string(kDeletion)}},
               .is_end = true,
               .next = -1});
  EXPECT_EQ(script.advance(), Texts({"ack [50]"}));
}

TEST_F(MetadataTest, ASourceThatDoesNotShowItsMetadataHoldsNothingBack) {
  deliver_metadata(50, 0);
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"read source $$s backward -1"}));
  script.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script.advance(), Texts({"append $$s @-1 [50]"}));
}

TEST_F(MetadataTest, AnEventWaitsForNoDeletionThatWasDeliveredBehindIt) {
  deliver_metadata(50, 0);
  script.deliver({0});
  EXPECT_EQ(script.advance(), Texts({"read destination $$s backward -1"})) << "the deletion alone";
  script.no_stream();
  script.advance();
  script.fail_read(ErrorKind::kUnavailable);
  EXPECT_EQ(script.advance(), Texts{});
}

// The server's count says that it was delivered before: it may have been written, and deleted since.
class SoftDeletedTest : public ::testing::Test {
 protected:
  SoftDeletedTest() {
    script.retry_count = 1;
    script.begins_at_start = true;
    script.start();
  }
  // 1, of a stream that shows nothing.
  void told_of_a_last_revision() {
    script.advance();
    script.wrong(1);
    script.advance();  // what was told of may still come to be seen
    ASSERT_EQ(script.advance_while({.shows_nothing = true}, std::chrono::seconds(6)),
              Texts({"read source s forward 0"}));
  }

  CopierScript script;
};

TEST_F(SoftDeletedTest, ARedeliveredEventAsksForTheLastRevisionBeforeItExpectsNoStream) {
  script.deliver({0, 1});
  EXPECT_EQ(script.advance(), Texts({"append s @4611686018427387903 [0]"}));
  script.wrong(kNoStream);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0 1]"}));
}

TEST_F(SoftDeletedTest, WhatTheStreamsLastRevisionCountsIsThere) {
  script.deliver({0, 1});
  told_of_a_last_revision();
  script.page({.first = 0, .ids = {0, 1}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 0);
}

TEST_F(SoftDeletedTest, CopiedInOrderTheLastRevisionTellsWhatIsThere) {
  script.deliver({0, 1, 2});
  told_of_a_last_revision();
  script.page({.first = 0, .ids = {0, 1, 2}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [2]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 0);
}

TEST_F(SoftDeletedTest, WhereTheNumberDoesNotTellItIsWrittenAndCounted) {
  script.strategy = ConsumerStrategy::kRoundRobin;
  script.drop();
  script.start();
  script.deliver({0, 1, 2});
  told_of_a_last_revision();
  script.page({.first = 0, .ids = {0, 1, 2}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [0 1 2]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 3);
}

// One may lag behind while the other copies what comes later: there are as many, and not the same.
TEST_F(SoftDeletedTest, WithTwoConsumersTheNumberTellsNothing) {
  script.strategy = ConsumerStrategy::kRoundRobin;
  script.drop();
  script.start();
  script.deliver({0, 1});
  told_of_a_last_revision();
  script.page({.first = 0, .ids = {0, 1}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"append s @1 [0 1]"}));
  EXPECT_EQ(script.observer.may_be_doubled, 2);
}

TEST_F(SoftDeletedTest, WhatTheSourceHasNoMoreIsGone) {
  script.deliver({0, 1});
  told_of_a_last_revision();
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"ack [0 1]"}));
  EXPECT_EQ(script.observer.gone, (std::vector<Revision>{0, 1}));
}

TEST_F(SoftDeletedTest, ARefusalThatTellsNothingIsTakenForANewStream) {
  script.deliver({0});
  script.advance();
  script.wrong(std::nullopt);
  EXPECT_EQ(script.advance(), Texts({"append s @-1 [0]"}));
}

}  // namespace
}  // namespace interconnect
