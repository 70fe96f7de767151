// One destination stream whose $acl forbids us, beside others that are written.
#include <chrono>
#include <string>

#include "domain/copier/copier_script.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = CopierScript::Texts;

class DeniedStreamTest : public ::testing::Test {
 protected:
  explicit DeniedStreamTest(CopierSettings settings = {}) : script_({.settings = settings, .streams = {"$ce-x"}}) {
    script_.start();
  }

  void deliver(const CopierScript::Arriving& arriving) { script_.deliver_one(arriving); }
  // Every append is refused, until something is looked up or given up.
  Texts refuse(Duration at_most = seconds(6)) {
    return script_.advance_while({.appends = ErrorKind::kAccessDenied}, at_most);
  }
  // Every append and every read, until somebody is given up.
  Texts refuse_all(ErrorKind kind) { return script_.advance_while({.appends = kind, .reads = kind}, seconds(10)); }
  void write(const CopierScript::Arriving& arriving) {
    deliver(arriving);
    ASSERT_EQ(script_.advance(),
              Texts({"append " + std::string(arriving.stream) + " @" + std::to_string(*arriving.revision - 1) + " [" +
                     std::to_string(arriving.id) + "]"}));
    script_.appended(*arriving.revision);
    script_.advance(milliseconds(5));
  }

  CopierScript script_;
};

TEST_F(DeniedStreamTest, IsToldAsSuchWhenOthersWereWrittenShortlyBefore) {
  write({.id = 1, .revision = 0, .stream = "open"});
  deliver({.id = 2, .revision = 0, .stream = "shut"});
  script_.advance();
  ASSERT_EQ(refuse(), Texts({"read destination shut backward -1"}));
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts({"exit 3"}));
  ASSERT_EQ(script_.safety_net.failed.size(), 1u);
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
  EXPECT_NE(script_.last_words.find("to other streams, but not to 'shut'"), std::string::npos) << script_.last_words;
  EXPECT_NE(script_.last_words.find("said the server"), std::string::npos) << script_.last_words;
}

TEST_F(DeniedStreamTest, IsToldAsSuchWhenOthersAreWrittenSince) {
  deliver({.id = 1, .revision = 0, .stream = "shut"});
  script_.advance();
  script_.safety_net.on_write_failure = SafetyAction::kSkip;
  script_.fail(ErrorKind::kAccessDenied);
  script_.advance();
  write({.id = 2, .revision = 0, .stream = "open"});
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [2]"}));
  EXPECT_EQ(script_.advance(milliseconds(50)), Texts({"append shut @-1 [1]"}));
  ASSERT_EQ(refuse(), Texts({"read destination shut backward -1"}));
  script_.no_stream();
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [1]"}));
  ASSERT_EQ(script_.safety_net.failed.size(), 1u);
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
}

TEST_F(DeniedStreamTest, WhatFollowsInItIsGivenUpAtOnceUntilItMayBeWritten) {
  write({.id = 1, .revision = 0, .stream = "open"});
  deliver({.id = 2, .revision = 0, .stream = "shut"});
  script_.advance();
  script_.safety_net.on_write_failure = SafetyAction::kPark;
  refuse();
  script_.no_stream();
  ASSERT_EQ(script_.advance(), Texts({"park 2"}));
  deliver({.id = 3, .revision = 1, .stream = "shut"});
  ASSERT_EQ(script_.advance(), Texts({"append shut @-1 [3]"}));
  script_.fail(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts({"park 3"}));
  deliver({.id = 4, .revision = 2, .stream = "shut"});
  ASSERT_EQ(script_.advance(), Texts({"append shut @-1 [4]"}));
  script_.appended(0);
  EXPECT_EQ(script_.advance(), Texts({"ack [4]"}));
  deliver({.id = 5, .revision = 3, .stream = "shut"});
  script_.advance();
  script_.fail(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts{}) << "it may be the refusal of all";
  EXPECT_EQ(script_.safety_net.failed.size(), 2u);
}

TEST_F(DeniedStreamTest, ThatMayNotBeReadEitherIsToldAsSuch) {
  write({.id = 1, .revision = 0, .stream = "open"});
  script_.safety_net.on_write_failure = SafetyAction::kSkip;
  deliver({.id = 2, .revision = 0, .stream = "shut"});
  script_.advance();
  ASSERT_EQ(refuse(), Texts({"read destination shut backward -1"}));
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [2]"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
}

TEST_F(DeniedStreamTest, BesideAnotherThatIsRefusedItMayBeTheRefusalOfAll) {
  write({.id = 1, .revision = 0, .stream = "open"});
  deliver({.id = 2, .revision = 0, .stream = "shut"});
  deliver({.id = 3, .revision = 1, .stream = "open"});
  script_.advance();
  EXPECT_EQ(refuse_all(ErrorKind::kAccessDenied), Texts({"exit 3"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kRefused);
}

TEST_F(DeniedStreamTest, CredentialsThatAreRefusedAreNotItsAffair) {
  write({.id = 1, .revision = 0, .stream = "open"});
  deliver({.id = 2, .revision = 0, .stream = "shut"});
  script_.advance();
  EXPECT_EQ(refuse_all(ErrorKind::kNotAuthenticated), Texts({"exit 3"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kRefused);
}

}  // namespace
}  // namespace interconnect
