#include "adapters/grpc/wire/group_info.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/wire/conversation.h"

namespace interconnect::next {
namespace {

std::string a_body(const std::string& member = "", const std::string& value = "") {
  std::string body = R"({"config":{"resolveLinktos":true,"startFrom":0,"messageTimeoutMilliseconds":3600000,)"
                     R"("extraStatistics":false,"maxRetryCount":1000000,"liveBufferSize":10000,"bufferSize":10000,)"
                     R"("readBatchSize":500,"preferRoundRobin":false,"checkPointAfterMilliseconds":2000,)"
                     R"("minCheckPointCount":10,"maxCheckPointCount":1000,"maxSubscriberCount":0,)"
                     R"("namedConsumerStrategy":"Pinned"},"groupName":"g"})";
  if (member.empty()) return body;
  const std::size_t key = body.find("\"" + member + "\"");
  const std::size_t begin = body.find(':', key) + 1;
  return body.replace(begin, body.find_first_of(",}", begin) - begin, value);
}

TEST(GroupInfoTest, RecordedAnswersAreDecoded) {
  int read = 0;
  for (const std::string& name : wire::conversation_names("next-21.2.0")) {
    for (const wire::Step& step : wire::read_conversation(name).steps) {
      if (step.proto != "http" || !step.json->HasMember("body")) continue;
      const std::string body = (*step.json)["body"].GetString();
      if (body.find("\"config\"") == std::string::npos) continue;
      const auto info = decode_group_info(body);
      ASSERT_TRUE(info) << name;
      EXPECT_TRUE(info->known_strategy);
      ++read;
      if (name != "next-21.2.0/grpc-ping-list") continue;
      EXPECT_EQ(info->settings.consumer_strategy, ConsumerStrategy::kRoundRobin);
      EXPECT_EQ(info->settings.message_timeout, std::chrono::seconds(30));
      EXPECT_EQ(info->settings.history_buffer_size, 500);
      EXPECT_EQ(info->settings.read_batch_size, 20);
    }
  }
  EXPECT_GE(read, 3);
}

TEST(GroupInfoTest, OurOwnDefaultsAreRecognised) {
  const auto info = decode_group_info(a_body());
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->has(GroupSettings{}));
}

TEST(GroupInfoTest, ConnectionsAreRead) {
  std::string body = a_body();
  body.pop_back();
  body +=
      R"(,"lastProcessedEventNumber":41,"connections":[{"from":"","username":"admin","averageItemsPerSecond":0.0,)"
      R"("totalItemsProcessed":2007,"countSinceLastMeasurement":0,"extraStatistics":[],"availableSlots":0,)"
      R"("inFlightMessages":2000,"connectionName":"interconnect-1"},{"from":"127.0.0.1:7","connectionName":"old"},7,)"
      R"({"from":null,"username":null,"totalItemsProcessed":1,"inFlightMessages":0,"connectionName":"b"}]})";
  const auto info = decode_group_info(body);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->last_checkpoint, 41);
  EXPECT_EQ(info->connections,
            (std::vector<GroupConnection>{{.connection_name = "interconnect-1",
                                           .from = "",
                                           .username = "admin",
                                           .total_items = 2007,
                                           .in_flight_messages = 2000},
                                          {.connection_name = "b", .from = "", .username = "", .total_items = 1}}));
}

// As 21.10 answers.
TEST(GroupInfoTest, NoCheckpointIsToldByItsPosition) {
  const auto last_checkpoint = [](const std::string& members) {
    std::string body = a_body();
    body.pop_back();
    return decode_group_info(body + members + "}")->last_checkpoint;
  };
  EXPECT_EQ(last_checkpoint(R"(,"lastProcessedEventNumber":0,"lastCheckpointedEventPosition":null)"), -1);
  EXPECT_EQ(last_checkpoint(R"(,"lastProcessedEventNumber":0,"lastCheckpointedEventPosition":"0")"), 0);
  EXPECT_EQ(last_checkpoint(R"(,"lastProcessedEventNumber":0)"), 0);
}

TEST(GroupInfoTest, EverySettingCounts) {
  for (const auto& [member, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"resolveLinktos", "false"},
           {"startFrom", "-1"},
           {"messageTimeoutMilliseconds", "1"},
           {"extraStatistics", "true"},
           {"maxRetryCount", "1"},
           {"liveBufferSize", "1"},
           {"bufferSize", "1"},
           {"readBatchSize", "1"},
           {"checkPointAfterMilliseconds", "1"},
           {"minCheckPointCount", "1"},
           {"maxCheckPointCount", "1"},
           {"maxSubscriberCount", "1"},
           {"namedConsumerStrategy", "\"RoundRobin\""},
           {"namedConsumerStrategy", "\"PinnedByCorrelation\""}}) {
    const auto info = decode_group_info(a_body(member, value));
    ASSERT_TRUE(info) << member;
    EXPECT_FALSE(info->has(GroupSettings{})) << member;
    // A setting that is missing or of another type leaves the group unread.
    EXPECT_FALSE(decode_group_info(a_body(member, "null"))) << member;
    EXPECT_FALSE(decode_group_info(a_body(member, "99999999999999999999"))) << member;
  }
}

TEST(GroupInfoTest, AStartMayBeText) {
  EXPECT_EQ(decode_group_info(a_body("startFrom", "\"-1\""))->settings.start_from, -1);
  EXPECT_FALSE(decode_group_info(a_body("startFrom", "\"C:1/P:1\"")));
}

TEST(GroupInfoTest, WhatIsNoAnswerIsNone) {
  const std::string body = a_body();
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(decode_group_info(body.substr(0, size))) << size;
  EXPECT_FALSE(decode_group_info("[]"));
  EXPECT_FALSE(decode_group_info(R"({"config":7})"));
  EXPECT_FALSE(decode_group_info(std::string(1 << 20, '[')));
}

TEST(GroupInfoTest, TheVersionIsTold) {
  EXPECT_EQ(decode_server_version(R"({"esVersion":"21.2.0.0","state":"leader"})"), "21.2.0.0");
  EXPECT_EQ(decode_server_version("<html>"), "");
  EXPECT_EQ(decode_server_version(R"({"esVersion":7})"), "");
}

}  // namespace
}  // namespace interconnect::next
