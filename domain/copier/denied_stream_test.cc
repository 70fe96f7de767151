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
  explicit DeniedStreamTest(CopierSettings settings = {}) : script_(settings, {"$ce-x"}) { script_.start(); }

  void deliver(const std::string& stream, int number, Revision revision) {
    script_.deliver_one(number, revision, "Good", 0, stream);
  }
  // The one append of it is refused again and again, for `refused`, until it is looked up, or given up without.
  Texts refuse(Duration refused = seconds(5)) {
    const Time until = script_.now + refused;
    Texts actions;
    while (script_.now < until) {
      script_.fail(ErrorKind::kAccessDenied);
      actions = script_.advance();
      while (actions.empty() && script_.now < until) actions = script_.advance(milliseconds(10));
      if (actions.empty() || !actions.front().starts_with("append")) break;
    }
    return actions;
  }
  // Every append and every read, until somebody is given up.
  Texts refuse_all(ErrorKind kind) {
    Texts actions;
    while (script_.safety_net.failed.empty() && script_.now < seconds(10)) {
      while (script_.has_append()) script_.fail(kind);
      while (script_.has_read()) script_.fail_read(kind);
      actions = script_.advance(milliseconds(10));
    }
    return actions;
  }
  void write(const std::string& stream, int number, Revision revision) {
    deliver(stream, number, revision);
    ASSERT_EQ(script_.advance(),
              Texts({"append " + stream + " @" + std::to_string(revision - 1) + " [" + std::to_string(number) + "]"}));
    script_.appended(revision);
    script_.advance(milliseconds(5));
  }

  CopierScript script_;
};

TEST_F(DeniedStreamTest, IsToldAsSuchWhenOthersWereWrittenShortlyBefore) {
  write("open", 1, 0);
  deliver("shut", 2, 0);
  script_.advance();
  ASSERT_EQ(refuse(), Texts({"read destination backward -1"}));
  script_.no_stream();
  EXPECT_EQ(script_.advance(), Texts({"exit 3"}));
  ASSERT_EQ(script_.safety_net.failed.size(), 1u);
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
  EXPECT_NE(script_.last_words.find("to other streams, but not to 'shut'"), std::string::npos) << script_.last_words;
  EXPECT_NE(script_.last_words.find("said the server"), std::string::npos) << script_.last_words;
}

TEST_F(DeniedStreamTest, IsToldAsSuchWhenOthersAreWrittenSince) {
  deliver("shut", 1, 0);
  script_.advance();
  script_.safety_net.on_write_failure = SafetyAction::kSkip;
  script_.fail(ErrorKind::kAccessDenied);
  script_.advance();
  write("open", 2, 0);
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [2]"}));
  EXPECT_EQ(script_.advance(milliseconds(50)), Texts({"append shut @-1 [1]"}));
  ASSERT_EQ(refuse(seconds(6)), Texts({"read destination backward -1"}));
  script_.no_stream();
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [1]"}));
  ASSERT_EQ(script_.safety_net.failed.size(), 1u);
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
}

TEST_F(DeniedStreamTest, WhatFollowsInItIsGivenUpAtOnceUntilItMayBeWritten) {
  write("open", 1, 0);
  deliver("shut", 2, 0);
  script_.advance();
  script_.safety_net.on_write_failure = SafetyAction::kPark;
  refuse();
  script_.no_stream();
  ASSERT_EQ(script_.advance(), Texts({"park 2"}));
  deliver("shut", 3, 1);
  ASSERT_EQ(script_.advance(), Texts({"append shut @-1 [3]"}));
  script_.fail(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts({"park 3"}));
  deliver("shut", 4, 2);
  ASSERT_EQ(script_.advance(), Texts({"append shut @-1 [4]"}));
  script_.appended(0);
  EXPECT_EQ(script_.advance(), Texts({"ack [4]"}));
  deliver("shut", 5, 3);
  script_.advance();
  script_.fail(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(), Texts{}) << "it may be the refusal of all";
  EXPECT_EQ(script_.safety_net.failed.size(), 2u);
}

TEST_F(DeniedStreamTest, ThatMayNotBeReadEitherIsToldAsSuch) {
  write("open", 1, 0);
  script_.safety_net.on_write_failure = SafetyAction::kSkip;
  deliver("shut", 2, 0);
  script_.advance();
  ASSERT_EQ(refuse(), Texts({"read destination backward -1"}));
  script_.fail_read(ErrorKind::kAccessDenied);
  EXPECT_EQ(script_.advance(milliseconds(5)), Texts({"ack [2]"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kStreamDenied);
}

TEST_F(DeniedStreamTest, BesideAnotherThatIsRefusedItMayBeTheRefusalOfAll) {
  write("open", 1, 0);
  deliver("shut", 2, 0);
  deliver("open", 3, 1);
  script_.advance();
  EXPECT_EQ(refuse_all(ErrorKind::kAccessDenied), Texts({"exit 3"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kRefused);
}

TEST_F(DeniedStreamTest, CredentialsThatAreRefusedAreNotItsAffair) {
  write("open", 1, 0);
  deliver("shut", 2, 0);
  script_.advance();
  EXPECT_EQ(refuse_all(ErrorKind::kNotAuthenticated), Texts({"exit 3"}));
  EXPECT_EQ(script_.safety_net.failed[0].second, WriteFailureReason::kRefused);
}

}  // namespace
}  // namespace interconnect
