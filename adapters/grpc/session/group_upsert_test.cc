#include "adapters/grpc/session/group_upsert.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

CallStatus status_of(int code, std::string message = "") {
  CallStatus status;
  status.code = code;
  status.message = std::move(message);
  return status;
}

const CallStatus kFine;
const CallStatus kExists = status_of(kAlreadyExists);

template <typename Action>
bool is(const GroupUpsert::Action& action) {
  return std::holds_alternative<Action>(action);
}

GroupState state_of(const GroupUpsert::Action& action) { return std::get<GroupUpsert::Ready>(action).state; }

TEST(GroupUpsertTest, AMissingGroupIsCreated) {
  GroupUpsert upsert({});
  EXPECT_TRUE(is<GroupUpsert::ReadInfo>(upsert.start()));
  EXPECT_TRUE(is<GroupUpsert::Create>(upsert.info_missing()));
  EXPECT_EQ(state_of(upsert.created(kFine)), GroupState::kCreated);
}

TEST(GroupUpsertTest, AGroupWithTheSameSettingsIsLeftAlone) {
  GroupUpsert upsert({});
  EXPECT_EQ(state_of(upsert.info_read({})), GroupState::kUnchanged);
}

TEST(GroupUpsertTest, AGroupThatDiffersIsUpdated) {
  GroupUpsert upsert({});
  GroupInfo info;
  info.settings.max_retry_count = 1;
  EXPECT_TRUE(is<GroupUpsert::Update>(upsert.info_read(info)));
  EXPECT_EQ(state_of(upsert.updated(kFine)), GroupState::kUpdated);
}

TEST(GroupUpsertTest, AnUpdateDoesNotMoveAGroup) {
  GroupUpsert upsert({});
  GroupInfo info;
  info.settings.start_from = 7;
  EXPECT_EQ(state_of(upsert.info_read(info)), GroupState::kUnchanged);
  info.settings.max_retry_count = 1;
  const GroupUpsert::Action update = upsert.info_read(info);
  EXPECT_EQ(std::get<GroupUpsert::Update>(update).settings.start_from, 7);
  EXPECT_EQ(std::get<GroupUpsert::Ready>(upsert.updated(kFine)).effective.start_from, 7);
}

TEST(GroupUpsertTest, AGroupThatBeganAtTheEndIsUpdatedOnceItHasACheckpoint) {
  GroupUpsert upsert({});
  GroupInfo info;
  info.settings.start_from = -1;
  info.settings.max_retry_count = 1;
  const GroupUpsert::Action kept = upsert.info_read(info);
  EXPECT_EQ(state_of(kept), GroupState::kKept);
  EXPECT_EQ(std::get<GroupUpsert::Ready>(kept).effective, info.settings);
  info.last_checkpoint = 0;
  EXPECT_TRUE(is<GroupUpsert::Update>(upsert.info_read(info)));
}

TEST(GroupUpsertTest, AStrategyThatWeCannotNameDiffers) {
  GroupUpsert upsert({});
  GroupInfo info;
  info.known_strategy = false;
  EXPECT_TRUE(is<GroupUpsert::Update>(upsert.info_read(info)));
}

TEST(GroupUpsertTest, WhatCannotBeReadIsLeftAsItIs) {
  GroupUpsert upsert({});
  EXPECT_TRUE(is<GroupUpsert::Create>(upsert.info_unreadable()));
  EXPECT_EQ(state_of(upsert.created(kExists)), GroupState::kUnread);
}

TEST(GroupUpsertTest, WhatCannotBeReadMayStillBeMissing) {
  GroupUpsert upsert({});
  upsert.info_unreadable();
  EXPECT_EQ(state_of(upsert.created(kFine)), GroupState::kCreated);
}

TEST(GroupUpsertTest, AGroupThatAnotherCreatedMeanwhileIsReadAgain) {
  GroupUpsert upsert({});
  upsert.info_missing();
  EXPECT_TRUE(is<GroupUpsert::ReadInfo>(upsert.created(kExists)));
  EXPECT_EQ(state_of(upsert.info_read({})), GroupState::kUnchanged);
}

TEST(GroupUpsertTest, AGroupThatAnotherDeletedMeanwhileIsCreated) {
  // UNKNOWN is how 21.2.0 says it.
  for (const CallStatus& missing :
       {status_of(kStatusNotFound),
        status_of(kUnknown, "Unexpected UpdatePersistentSubscriptionResult: DoesNotExist")}) {
    GroupUpsert upsert({});
    GroupInfo info;
    info.settings.max_retry_count = 1;
    upsert.info_read(info);
    EXPECT_TRUE(is<GroupUpsert::Create>(upsert.updated(missing)));
  }
}

TEST(GroupUpsertTest, EndsEvenIfTheServerContradictsItself) {
  GroupUpsert upsert({});
  int rounds = 0;
  for (; rounds < 10; ++rounds) {
    upsert.info_missing();
    if (is<GroupUpsert::Ready>(upsert.created(kExists))) break;
  }
  EXPECT_LT(rounds, 10);
}

TEST(GroupUpsertTest, WhoMayNotUpdateAGroupUsesItAsItIs) {
  GroupUpsert upsert({});
  GroupInfo info;
  info.settings.max_retry_count = 1;
  upsert.info_read(info);
  const GroupUpsert::Action kept = upsert.updated(status_of(kPermissionDenied));
  EXPECT_EQ(state_of(kept), GroupState::kKept);
  EXPECT_EQ(std::get<GroupUpsert::Ready>(kept).effective, info.settings);
}

TEST(GroupUpsertTest, WhoMayNeitherReadNorCreateAGroupTriesToUseIt) {
  GroupUpsert upsert({});
  upsert.info_unreadable();
  const GroupUpsert::Action ready = upsert.created(status_of(kPermissionDenied));
  EXPECT_EQ(state_of(ready), GroupState::kUnread);
  // If it turns out to be missing, that is why.
  EXPECT_EQ(std::get<GroupUpsert::Ready>(ready).not_created.value_or(CallStatus{}).code, kPermissionDenied);
}

TEST(GroupUpsertTest, OtherRefusalsFail) {
  GroupUpsert upsert({});
  upsert.info_missing();
  EXPECT_EQ(std::get<GroupUpsert::Failed>(upsert.created(status_of(kPermissionDenied))).status.code, kPermissionDenied);
  EXPECT_EQ(std::get<GroupUpsert::Failed>(upsert.updated(status_of(kDeadlineExceeded))).status.code, kDeadlineExceeded);
}

}  // namespace
}  // namespace interconnect::next
