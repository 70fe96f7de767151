// Links that come without their events, through the copier.
#include <gtest/gtest.h>

#include "domain/copier/copier_script.h"
#include "domain/copier/link_resolver.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = CopierScript::Texts;

class LinkScriptTest : public ::testing::Test {
 protected:
  LinkScriptTest() { script_.start(); }
  static CopierSettings settings() {
    CopierSettings settings;
    settings.writer_timeout = seconds(5);
    return settings;
  }

  CopierScript script_{{.settings = settings(), .streams = {"$ce-s"}}};
};

TEST_F(LinkScriptTest, AnEventWhoseLinkCameAloneIsReadAndCopied) {
  script_.deliver_link(1, "0@s-a@b.com");
  EXPECT_EQ(script_.advance(), Texts({"read source s-a@b.com forward 0"}));
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-a@b.com @-1 [7]"}));
  script_.appended(0);
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"})) << "the link's id is acknowledged";
}

TEST_F(LinkScriptTest, TheWrongEventIsNotBelieved) {
  // 5.0.1 reads `0@s-a@b.com` as event 0 of stream s-a.
  script_.deliver_one({.id = 5, .revision = 0, .stream = "s-a", .link = "0@s-a@b.com"});
  EXPECT_EQ(script_.advance(), Texts({"read source s-a@b.com forward 0"}));
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-a@b.com @-1 [7]"}));
}

TEST_F(LinkScriptTest, WhatIsBehindItInItsStreamWaits) {
  script_.deliver_link(1, "0@s-1");
  script_.deliver_one({.id = 8, .revision = 1, .stream = "s-1", .link = "1@s-1"});
  script_.deliver_one({.id = 9, .revision = 0, .stream = "s-2", .link = "0@s-2"});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 0", "append s-2 @-1 [9]"}));
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [7 8]"}));
}

TEST_F(LinkScriptTest, OneReadAnswersForAllLinksOfAStream) {
  for (const char* text : {"3@s-1", "4@s-1", "7@s-1"}) script_.deliver_link(text[0], text);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 3"}));
  EXPECT_EQ(script_.last_read_count, 5);
  script_.show(
      {.events = {{.id = 40, .revision = 4}, {.id = 50, .revision = 5}, {.id = 70, .revision = 7}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [40]"}));
  script_.appended(0);
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 5"})) << "no link has come to 5 and 6";
  script_.show({.is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @0 [70]"}));
  script_.appended(1);
  EXPECT_EQ(script_.advance(), Texts({"ack [51 52 55]"})) << "3 is gone: the stream begins after it";
}

TEST_F(LinkScriptTest, AStreamThatIsNotThereAnswersForAll) {
  script_.deliver_link(1, "3@s-1");
  script_.advance();
  script_.deliver_link(2, "0@s-1");
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 0", "ack [1]"})) << "it may have been written since";
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts({"ack [2]"}));
}

TEST_F(LinkScriptTest, ADeletedStreamAnswersForAll) {
  script_.deliver_link(1, "9223372036854775807@s-1");
  script_.deliver_link(2, "1@s-1");
  script_.advance();
  script_.fail_read(ErrorKind::kStreamDeleted);
  EXPECT_EQ(script_.advance(), Texts({"ack [1 2]"}));
}

TEST_F(LinkScriptTest, WhatWasAskedBelowARunningReadIsAskedAnew) {
  script_.deliver_link(1, "3@s-1");
  script_.advance();
  script_.deliver_link(2, "1@s-1");
  script_.show({.events = {{.id = 30, .revision = 3}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 1", "append s-1 @-1 [30]"}));
}

TEST_F(LinkScriptTest, TruncatedToTheEndIsGone) {
  script_.deliver_link(1, "3@s-1");
  script_.advance();
  script_.show({.is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 backward -1"}));
  script_.show({.is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

TEST_F(LinkScriptTest, APageThatBeginsLaterIsAProof) {
  script_.deliver_link(1, "3@s-1");
  script_.advance();
  script_.show({.next = 10});  // 5.0.1: an empty page tells where the stream begins
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

TEST_F(LinkScriptTest, BeyondTheStreamsEndIsGoneOnlyAfterAWhile) {
  script_.deliver_link(1, "3@s-1");
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 3"}));
  script_.show({.is_end = true});
  script_.advance();
  script_.show({.events = {{.id = 20, .revision = 2}}, .next = 1});
  EXPECT_EQ(script_.advance(), Texts()) << "it may be seen a little later";
  EXPECT_EQ(script_.advance(seconds(6)), Texts({"read source s-1 forward 3"}));
  script_.show({.is_end = true});
  script_.advance();
  script_.show({.events = {{.id = 20, .revision = 2}}, .next = 1});
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

// Else a server whose message timeout is shorter than the patience would keep the copier waiting for ever.
TEST_F(LinkScriptTest, AReconnectionDoesNotPutOffWhatIsGoneAfterAWhile) {
  script_.deliver_link(1, "3@s-1");
  script_.advance();
  script_.show({.is_end = true});
  script_.advance();
  script_.show({.events = {{.id = 20, .revision = 2}}, .next = 1});
  script_.advance(seconds(3));
  script_.drop();
  script_.show({.is_end = true});
  script_.start(GroupState::kUnchanged);
  script_.deliver_link(1, "3@s-1");
  EXPECT_EQ(script_.advance(seconds(3)), Texts({"read source s-1 forward 3"}));
  script_.show({.is_end = true});
  script_.advance();
  script_.show({.events = {{.id = 20, .revision = 2}}, .next = 1});
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

TEST_F(LinkScriptTest, AFailedReadIsTriedAgain) {
  script_.deliver_link(1, "0@s-1");
  script_.advance();
  script_.fail_read(ErrorKind::kUnavailable);
  EXPECT_EQ(script_.advance(), Texts());
  EXPECT_EQ(script_.advance(milliseconds(20)), Texts({"read source s-1 forward 0"}));
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [7]"}));
}

TEST_F(LinkScriptTest, DeniedForTheWriterTimeoutEndsWith3) {
  script_.deliver_link(1, "0@s-1");
  script_.advance();
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(seconds(5)), Texts({"read source s-1 forward 0"}));
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts({"exit 3"}));
  EXPECT_NE(script_.last_words.find("'s-1'"), std::string::npos) << script_.last_words;
}

TEST_F(LinkScriptTest, TextThatIsNoLinkIsInvalid) {
  script_.deliver_link(1, "nonsense");
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
  script_.safety_net.on_invalid = SafetyAction::kPark;
  script_.deliver_link(2, "x@s-1");
  EXPECT_EQ(script_.advance(), Texts({"park 2"}));
}

TEST_F(LinkScriptTest, ALinkDeliveredAsAnEventIsFollowed) {
  // By a group that does not resolve links: type `$>` is on no list.
  script_.deliver_one({.id = 1, .revision = 0, .stream = "$ce-s", .type = "$>", .data = "4@s-1"});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 4"}));
  script_.show({.events = {{.id = 7, .revision = 4}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-1 @-1 [7]"}));
}

TEST_F(LinkScriptTest, ALinkToALinkIsFollowed) {
  // As a parked event that is replayed comes.
  script_.deliver_one({.id = 1, .revision = 9, .stream = "$ce-s", .type = "$>", .data = "4@s-1", .link = "9@$ce-s"});
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 4"}));
  script_.show({.events = {{.id = 2, .revision = 4, .type = "$>", .data = "0@s-2"}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"read source s-2 forward 0"}));
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"append s-2 @-1 [7]"}));
}

TEST_F(LinkScriptTest, ACircleIsInvalid) {
  script_.deliver_link(1, "0@s-1");
  for (int i = 0; i < LinkResolver::kMaxLinks; ++i) {
    EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 0"})) << i;
    script_.show({.events = {{.id = 2, .revision = 0, .type = "$>", .data = "0@s-1"}}, .is_end = true});
  }
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

TEST_F(LinkScriptTest, AFilteredTypeIsFilteredOnceItIsKnown) {
  script_.deliver_link(1, "0@s-1");
  script_.advance();
  script_.show({.events = {{.id = 7, .revision = 0, .type = "Other"}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts({"ack [1]"}));
}

TEST_F(LinkScriptTest, ALostConnectionsLinksComeAgain) {
  script_.deliver_link(1, "0@s-1");
  script_.deliver_one({.id = 8, .revision = 1, .stream = "s-1", .link = "1@s-1"});
  script_.advance();
  script_.drop();
  script_.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script_.advance(), Texts());
  script_.start(GroupState::kUnchanged);
  script_.deliver_link(1, "0@s-1");
  EXPECT_EQ(script_.advance(), Texts({"read source s-1 forward 0"}));
}

TEST_F(LinkScriptTest, ReadsAreBounded) {
  CopierSettings settings;
  settings.max_link_reads = 2;
  CopierScript script({.settings = settings, .streams = {"$ce-s"}});
  script.start();
  for (const char* text : {"0@s-1", "0@s-2", "0@s-3"}) script.deliver_link(text[4], text);
  EXPECT_EQ(script.advance(), Texts({"read source s-1 forward 0", "read source s-2 forward 0"}));
  script.no_stream();
  EXPECT_EQ(script.advance(), Texts({"read source s-3 forward 0", "ack [49]"}));
}

TEST_F(LinkScriptTest, WhatIsHeldBehindLinksIsBounded) {
  CopierSettings settings;
  settings.max_held_bytes = 2'000;
  CopierScript script({.settings = settings, .streams = {"$ce-s"}});
  script.start();
  script.deliver_link(1, "0@s-1");
  script.deliver_one({.id = 8, .revision = 1, .stream = "s-1", .data = std::string(2'000, ' '), .link = "1@s-1"});
  EXPECT_EQ(script.advance(), Texts({"resubscribe 0 buffer 1"}));
  EXPECT_EQ(script.copier().load().held_events, 0u);
}

TEST(GlobalOrderLinkTest, EverythingBehindALinkWaits) {
  CopierSettings settings;
  settings.ordering = CopierSettings::Ordering::kGlobal;
  CopierScript script({.settings = settings, .streams = {"$ce-s"}});
  script.start();
  script.order_of_sink(1 << 20);
  script.deliver_link(1, "0@s-1");
  script.deliver_one({.id = 8, .revision = 0, .stream = "s-2", .link = "0@s-2"});
  EXPECT_EQ(script.advance(), Texts({"read source s-1 forward 0"}));
  script.show({.events = {{.id = 7, .revision = 0}}, .is_end = true});
  EXPECT_EQ(script.advance(), Texts({"read destination s-1 backward -1"})) << "of s-1, the first in turn";
}

}  // namespace
}  // namespace interconnect
