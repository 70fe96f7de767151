#include "adapters/http_api/http_inspector.h"

#include <optional>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect::http_api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HttpInspectorTest : public testing::Test {
 protected:
  HttpReply reply;
  std::string asked;
  std::function<void(const HttpReply&)> done;
  std::unique_ptr<StoreInspector> inspector = make_http_inspector([this](const std::string& target, auto callback) {
    asked = target;
    done = std::move(callback);
  });

  template <typename T>
  auto take(std::optional<std::variant<T, StoreError>>& got) {
    return [&got](const std::variant<T, StoreError>& answer) { got = answer; };
  }

  std::variant<ConsumerGroupInfo, StoreError> group(const HttpReply& reply) {
    std::optional<std::variant<ConsumerGroupInfo, StoreError>> got;
    inspector->consumer_group("$ce-hero", "da/ta", take(got));
    done(reply);
    return got.value();
  }
};

TEST_F(HttpInspectorTest, AsksForTheGroupByItsEncodedNames) {
  group({200, "{}"});
  EXPECT_EQ(asked, "/subscriptions/%24ce-hero/da%252Fta/info");
}

// As 5.0.1 answers; it does not tell what is parked.
TEST_F(HttpInspectorTest, ReadsAGroupOfTheOldGeneration) {
  const auto answer = group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "status": "Live",
      "totalItemsProcessed": 6, "lastProcessedEventNumber": -1, "lastKnownEventNumber": 5,
      "connections": [{"from": "127.0.0.1:1"}, {"from": "127.0.0.1:2"}]})"});
  const auto* info = std::get_if<ConsumerGroupInfo>(&answer);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->settled, kNoStream);
  EXPECT_EQ(info->delivered, 6);
  EXPECT_EQ(info->consumers, 2u);
  EXPECT_EQ(info->parked, std::nullopt);
}

TEST_F(HttpInspectorTest, ReadsAGroupOfTheNextGeneration) {
  const auto answer = group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "totalItemsProcessed": 30,
      "lastProcessedEventNumber": 19, "parkedMessageCount": 3, "connections": []})"});
  const auto* info = std::get_if<ConsumerGroupInfo>(&answer);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->settled, 19);
  EXPECT_EQ(info->parked, 3);
}

// A group made by PUT with "{}" has these on 5.0.1.
TEST_F(HttpInspectorTest, ReadsAGroupsSettings) {
  const std::string begin = R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "lastProcessedEventNumber": 7,
      "lastKnownEventNumber": 9, "status": "Live", "config": {"resolveLinktos": false, "startFrom": -1,
      "messageTimeoutMilliseconds": 10000, "extraStatistics": true, "maxRetryCount": 10, "liveBufferSize": 500,
      "bufferSize": 501, "readBatchSize": 20, "preferRoundRobin": true, "checkPointAfterMilliseconds": 1000,
      "minCheckPointCount": 11, "maxCheckPointCount": 502, "maxSubscriberCount": 12, "namedConsumerStrategy": ")";
  const auto answer = group({200, begin + "RoundRobin\"}}"});
  const auto& info = std::get<ConsumerGroupInfo>(answer);
  GroupSettings expected;
  expected.resolve_link_tos = false;
  expected.start_from = -1;
  expected.message_timeout = std::chrono::milliseconds(10'000);
  expected.extra_statistics = true;
  expected.max_retry_count = 10;
  expected.live_buffer_size = 500;
  expected.history_buffer_size = 501;
  expected.read_batch_size = 20;
  expected.checkpoint_after = std::chrono::milliseconds(1'000);
  expected.min_checkpoint_count = 11;
  expected.max_checkpoint_count = 502;
  expected.max_subscriber_count = 12;
  expected.consumer_strategy = ConsumerStrategy::kRoundRobin;
  EXPECT_EQ(info.settings, expected);
  EXPECT_EQ(info.last_checkpoint, 7);
  EXPECT_EQ(std::get<ConsumerGroupInfo>(group({200, begin + "PinnedByCorrelation\"}}"})).settings, std::nullopt);
}

// The checkpoint of a group at rest may be several events behind for ever: minCheckPointCount.
TEST_F(HttpInspectorTest, AGroupAtRestHasSettledAllThatItHasSeen) {
  const auto settled = [this](const std::string& members) {
    const auto answer =
        group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "lastProcessedEventNumber": 92,
        "lastKnownEventNumber": 99)" +
                        members + "}"});
    return std::get<ConsumerGroupInfo>(answer).settled;
  };
  const std::string rests = R"(, "readBufferCount": 0, "retryBufferCount": 0, "totalInFlightMessages": 0)";
  EXPECT_EQ(settled(R"(, "status": "Live")" + rests), 99);
  EXPECT_EQ(settled(R"(, "status": "Live", "outstandingMessagesCount": 0)" + rests), 99);
  EXPECT_EQ(settled(R"(, "status": "Live", "outstandingMessagesCount": 3)" + rests), 92);
  EXPECT_EQ(settled(R"(, "status": "Behind")" + rests), 92);
  EXPECT_EQ(settled(R"(, "status": "Behind, OutstandingPageRequest")" + rests), 92);
  EXPECT_EQ(settled(R"(, "status": "Live", "readBufferCount": 7, "retryBufferCount": 0, "totalInFlightMessages": 0)"),
            92);
  EXPECT_EQ(settled(R"(, "status": "Live", "readBufferCount": 0, "retryBufferCount": 1, "totalInFlightMessages": 0)"),
            92);
  EXPECT_EQ(settled(R"(, "status": "Live", "readBufferCount": 0, "retryBufferCount": 0, "totalInFlightMessages": 1)"),
            92);
  EXPECT_EQ(settled(R"(, "status": "Live")"), 92) << "what is not told is not taken for 0";
}

TEST_F(HttpInspectorTest, OfAGroupThatHasSeenNothingItIsToldThatItRests) {
  const auto answer = group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "status": "Live",
      "lastProcessedEventNumber": -1, "lastKnownEventNumber": -1, "readBufferCount": 0, "retryBufferCount": 0,
      "totalInFlightMessages": 0})"});
  EXPECT_TRUE(std::get<ConsumerGroupInfo>(answer).is_at_rest);
  EXPECT_EQ(std::get<ConsumerGroupInfo>(answer).settled, kNoStream);
}

// As 21.10 answers.
TEST_F(HttpInspectorTest, NoEventIsToldByItsPosition) {
  const auto settled = [this](const std::string& processed, const std::string& known) {
    const auto answer = group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da/ta", "status": "Live",
        "readBufferCount": 0, "retryBufferCount": 0, "totalInFlightMessages": 0, "lastProcessedEventNumber": 0,
        "lastKnownEventNumber": 0, "lastCheckpointedEventPosition": )" +
                                        processed + R"(, "lastKnownEventPosition": )" + known + "}"});
    return std::get<ConsumerGroupInfo>(answer).settled;
  };
  EXPECT_EQ(settled("null", "null"), kNoStream);
  EXPECT_EQ(settled("null", R"("0")"), 0);
  EXPECT_EQ(settled(R"("0")", "null"), 0);
}

TEST_F(HttpInspectorTest, DoesNotTakeAnotherGroupsAnswer) {
  const auto answer = group({200, R"({"eventStreamId": "$ce-hero", "groupName": "da"})"});
  EXPECT_EQ(std::get<StoreError>(answer).kind, ErrorKind::kUnsupported);
}

TEST_F(HttpInspectorTest, TellsRefusalsApart) {
  const auto kind = [this](int status) { return std::get<StoreError>(group({status, "why"})).kind; };
  EXPECT_EQ(kind(401), ErrorKind::kNotAuthenticated);
  EXPECT_EQ(kind(403), ErrorKind::kAccessDenied);
  EXPECT_EQ(kind(404), ErrorKind::kNotFound);
  EXPECT_EQ(kind(503), ErrorKind::kNotReady);
  EXPECT_EQ(kind(500), ErrorKind::kUnsupported);
  EXPECT_EQ(kind(0), ErrorKind::kUnavailable);
  EXPECT_THAT(std::get<StoreError>(group({0, "connection refused"})).message, HasSubstr("connection refused"));
}

TEST_F(HttpInspectorTest, WhatIsNoJsonIsNoAnswer) {
  for (const std::string body : {"", "[]", "{", "null", "<html>"}) {
    EXPECT_TRUE(std::holds_alternative<StoreError>(group({200, body}))) << body;
  }
}

TEST_F(HttpInspectorTest, ReadsTheServer) {
  std::optional<std::variant<ServerInfo, StoreError>> got;
  inspector->server(take(got));
  EXPECT_EQ(asked, "/info");
  done({200, R"({"esVersion": "21.2.0.0", "state": "leader"})"});
  const auto* info = std::get_if<ServerInfo>(&got.value());
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->version, "21.2.0.0");
  EXPECT_EQ(info->state, "leader");
}

TEST_F(HttpInspectorTest, ReadsAProjection) {
  for (const auto& [status, is_running] :
       {std::pair{"Running", true}, std::pair{"Stopped", false}, std::pair{"Faulted (Enabled)", false}}) {
    std::optional<std::variant<ProjectionInfo, StoreError>> got;
    inspector->projection("$by_category", take(got));
    EXPECT_EQ(asked, "/projection/%24by_category/statistics");
    done({200, std::string(R"({"projections": [{"name": "$by_category", "status": ")") + status + "\"}]}"});
    const auto* info = std::get_if<ProjectionInfo>(&got.value());
    ASSERT_NE(info, nullptr) << status;
    EXPECT_EQ(info->status, status);
    EXPECT_EQ(info->is_running, is_running) << status;
  }
}

// As 5.0.1 answers.
TEST_F(HttpInspectorTest, ReadsHowFarAProjectionIs) {
  const auto read = [this](const std::string& members) {
    std::optional<std::variant<ProjectionInfo, StoreError>> got;
    inspector->projection("$by_category", take(got));
    done({200, R"({"projections": [{"status": "Running", )" + members + "}]}"});
    return std::get<ProjectionInfo>(got.value());
  };
  const ProjectionInfo info =
      read(R"("stateReason": "why", "position": "C:1628251/P:1628251", "progress": 75.54119, "bufferedEvents": 3)");
  EXPECT_EQ(info.reason, "why");
  EXPECT_EQ(info.position, "C:1628251/P:1628251");
  EXPECT_NEAR(info.progress.value(), 75.54119, 1e-9);
  EXPECT_EQ(info.buffered_events, 3);
  EXPECT_EQ(read(R"("progress": 100)").progress, 100.0);
  EXPECT_EQ(read(R"("progress": -1.0)").progress, std::nullopt);
  EXPECT_EQ(read(R"("name": "x")").progress, std::nullopt);
}

TEST_F(HttpInspectorTest, ReadsWhatProjectionsThereAre) {
  std::optional<std::variant<std::vector<std::string>, StoreError>> got;
  inspector->projections(take(got));
  EXPECT_EQ(asked, "/projections/all-non-transient");
  done({200, R"({"projections": [{"name": "$by_category"}, {"name": "feed me"}, {}, 7]})"});
  EXPECT_THAT(std::get<std::vector<std::string>>(got.value()), ElementsAre("$by_category", "feed me"));
}

// As 5.0.1 answers.
TEST_F(HttpInspectorTest, ReadsAProjectionsDefinition) {
  const auto read = [this](const std::string& body) {
    std::optional<std::variant<ProjectionDefinition, StoreError>> got;
    inspector->projection_definition("feed me", take(got));
    EXPECT_EQ(asked, "/projection/feed%20me/query?config=yes");
    done({200, body});
    return got.value();
  };
  const auto answer = read(R"({"msgTypeId": 262, "name": "feed me", "query": "fromAll()\n", "emitEnabled": true,
      "outputConfig": {"resultStreamName": "out"}})");
  EXPECT_EQ(std::get<ProjectionDefinition>(answer).query, "fromAll()\n");
  EXPECT_EQ(std::get<ProjectionDefinition>(answer).result_stream, "out");
  EXPECT_TRUE(std::holds_alternative<StoreError>(read("fromAll()")));
}

TEST_F(HttpInspectorTest, ReadsTheUser) {
  std::optional<std::variant<UserInfo, StoreError>> got;
  inspector->user(take(got));
  EXPECT_EQ(asked, "/users/%24current");
  done({200, R"({"data": {"loginName": "copier", "fullName": "", "groups": ["$ops", "team"]}, "success": true})"});
  const auto* user = std::get_if<UserInfo>(&got.value());
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->name, "copier");
  EXPECT_THAT(user->groups, ElementsAre("$ops", "team"));
}

TEST_F(HttpInspectorTest, TellsNobodyOnceItIsGone) {
  std::optional<std::variant<UserInfo, StoreError>> got;
  inspector->user(take(got));
  inspector.reset();
  done({200, "{}"});
  EXPECT_FALSE(got.has_value());
}

}  // namespace
}  // namespace interconnect::http_api
