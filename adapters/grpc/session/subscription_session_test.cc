#include "adapters/grpc/session/subscription_session.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

using namespace std::chrono_literals;
using Step = SubscriptionSession::Step;

constexpr ReconnectionSettings kTwice{.max_attempts = 2, .delay = 20ms, .patience = 0ms};

CallStatus status_of(int code, std::string exception = "") {
  CallStatus status;
  status.code = code;
  status.exception = std::move(exception);
  return status;
}

const CallStatus kGone = status_of(kStatusNotFound, "persistent-subscription-does-not-exist");
const CallStatus kCut = status_of(kStatusUnavailable);

// Who may neither read its settings nor create it would be told for ever that it is gone.
TEST(SubscriptionSessionTest, AMissingGroupThatMayNotBeCreatedIsARefusal) {
  SubscriptionSession session({.max_attempts = -1, .delay = 10s});
  GroupUpsert::Ready unread;
  unread.not_created = status_of(kPermissionDenied, "access-denied");
  for (int i = 0; i < 3; ++i) {
    session.group_ready(unread);
    const auto dropped = session.failed(kGone, "it", 100s);
    EXPECT_EQ(dropped.reason, DropReason::kAccessDenied);
    EXPECT_EQ(session.next_step(), Step::kUpsert) << "it may have been created since";
  }
}

TEST(SubscriptionSessionTest, UpsertsFirstThenOnlyConnects) {
  SubscriptionSession session(kTwice);
  EXPECT_EQ(session.next_step(), Step::kUpsert);
  session.group_ready({GroupState::kCreated, {}});
  EXPECT_EQ(session.next_step(), Step::kConnect);
  EXPECT_EQ(session.confirmed(0s).state, GroupState::kCreated);
  const auto dropped = session.failed(kCut, "it", 100s);
  EXPECT_EQ(dropped.reason, DropReason::kConnectionLost);
  EXPECT_EQ(dropped.retry_in, 20ms);
  EXPECT_EQ(session.next_step(), Step::kConnect);
}

TEST(SubscriptionSessionTest, AnUpsertThatFailsIsTriedAgain) {
  SubscriptionSession session(kTwice);
  EXPECT_EQ(session.failed(kCut, "it", 0s).retry_in, 20ms);
  EXPECT_EQ(session.next_step(), Step::kUpsert);
}

TEST(SubscriptionSessionTest, ADroppedSubscriptionConnectsSoon) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  session.confirmed(0s);
  const auto dropped = session.failed(status_of(kCancelled, "persistent-subscription-dropped"), "it", 0s);
  EXPECT_EQ(dropped.reason, DropReason::kGroupChanged);
  EXPECT_EQ(dropped.retry_in, 20ms);
}

TEST(SubscriptionSessionTest, AGroupThatIsGoneIsUpsertedAtOnce) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  session.confirmed(0s);
  session.failed(status_of(kCancelled, "persistent-subscription-dropped"), "it", 0s);
  const auto dropped = session.failed(kGone, "it", 0s);
  EXPECT_EQ(dropped.reason, DropReason::kNotFound);
  EXPECT_EQ(dropped.retry_in, 0s);
  EXPECT_EQ(session.next_step(), Step::kUpsert);
}

// So a server answers for a group that is gone, and whose name no trailer takes.
TEST(SubscriptionSessionTest, AnHttp500MayMeanThatTheGroupIsGone) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  session.confirmed(0s);
  CallStatus status = status_of(kUnknown);
  status.message = "Received http2 header with status: 500";
  const auto dropped = session.failed(status, "it", 0s);
  EXPECT_EQ(dropped.reason, DropReason::kServer);
  EXPECT_EQ(dropped.retry_in, 20ms);
  EXPECT_EQ(session.next_step(), Step::kUpsert);
}

TEST(SubscriptionSessionTest, AGroupThatVanishesAgainAndAgainIsNotHammered) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  EXPECT_EQ(session.failed(kGone, "it", 0s).retry_in, 0s);
  session.group_ready({});
  EXPECT_EQ(session.failed(kGone, "it", 0s).retry_in, 20ms);
}

TEST(SubscriptionSessionTest, EndsWithItsAttempts) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  session.failed(kCut, "it", 0s);
  session.failed(kCut, "it", 0s);
  const auto last = session.failed(kCut, "subscription s::g", 0s);
  EXPECT_EQ(last.retry_in, std::nullopt);
  EXPECT_NE(last.message.find("subscription s::g"), std::string::npos);
}

TEST(SubscriptionSessionTest, ARefusalIsSoonTriedAgain) {
  SubscriptionSession session({.max_attempts = -1, .delay = 10s});
  for (const CallStatus& refusal : {status_of(kUnauthenticated), status_of(kPermissionDenied)}) {
    session.group_ready({});
    session.failed(refusal, "it", 0s);
    Duration waited{0};
    for (int i = 0; i < 2; ++i) waited += session.failed(refusal, "it", 6s).retry_in.value();
    EXPECT_GT(waited, 0s);
    EXPECT_LT(waited, 10s);
    session.confirmed(0s);
  }
  session.failed(kCut, "it", 0s);
  EXPECT_EQ(session.failed(kCut, "it", 6s).retry_in, 10s);
}

TEST(SubscriptionSessionTest, AnEndWithoutAnErrorIsAnEnd) {
  SubscriptionSession session(kTwice);
  session.group_ready({});
  session.confirmed(0s);
  EXPECT_EQ(session.failed({}, "it", 0s).reason, DropReason::kServer);
}

}  // namespace
}  // namespace interconnect::next
