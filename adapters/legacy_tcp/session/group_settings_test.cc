#include "adapters/legacy_tcp/session/group_settings.h"

#include <string>
#include <vector>

#include "adapters/legacy_tcp/session/outcomes.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "testing/wire/conversation.h"

namespace interconnect::legacy {
namespace {

using namespace std::chrono_literals;

Subscription subscription_of(std::string stream, std::string group) {
  Subscription subscription;
  subscription.stream = std::move(stream);
  subscription.group = std::move(group);
  return subscription;
}

// What a server shows of group `g` of stream `s`, with one value put in place of another.
std::string info_with(std::string_view name, std::string_view value) {
  std::string json =
      R"({"config":{"resolveLinktos":true,"startFrom":1099511627776,"messageTimeoutMilliseconds":1234,)"
      R"("extraStatistics":true,"maxRetryCount":0,"liveBufferSize":1,"bufferSize":3,"readBatchSize":2,)"
      R"("checkPointAfterMilliseconds":5,"minCheckPointCount":6,"maxCheckPointCount":7,"maxSubscriberCount":0,)"
      R"("namedConsumerStrategy":"RoundRobin"},"eventStreamId":"s","groupName":"g","lastProcessedEventNumber":8})";
  if (name.empty()) return json;
  const std::string key = "\"" + std::string(name) + "\":";
  const std::size_t begin = json.find(key) + key.size();
  json.replace(begin, json.find_first_of(",}", begin) - begin, value);
  return json;
}

std::optional<GroupInfo> parsed(std::string_view json) { return parse_group_info(json, subscription_of("s", "g")); }

// Every group that a recorded server shows.
std::vector<std::string> shown_groups(const std::string& conversation) {
  std::vector<std::string> bodies;
  for (const wire::Step& step : wire::read_conversation(conversation).steps) {
    if (step.proto != "http" || !step.json->HasMember("body")) continue;
    const std::string body = (*step.json)["body"].GetString();
    if (body.find("\"config\"") != std::string::npos) bodies.push_back(body);
  }
  return bodies;
}

TEST(GroupSettings, ReadsWhatARealServerShows) {
  std::size_t read = 0;
  for (const std::string& name : wire::conversation_names("legacy-5.0.1")) {
    for (const std::string& body : shown_groups(name)) {
      rapidjson::Document document;
      document.Parse(body.data(), body.size());
      const Subscription shown =
          subscription_of(document["eventStreamId"].GetString(), document["groupName"].GetString());
      EXPECT_TRUE(parse_group_info(body, shown).has_value()) << name << "\n" << body;
      ++read;
    }
  }
  EXPECT_GT(read, 10u);
}

TEST(GroupSettings, ReadsTheDefaultsOfARealServer) {
  const std::vector<std::string> shown = shown_groups("legacy-5.0.1/http-persistent-assert");
  ASSERT_FALSE(shown.empty());
  rapidjson::Document document;
  document.Parse(shown[0].data(), shown[0].size());
  GroupSettings expected;
  expected.resolve_link_tos = false;
  expected.start_from = 3;
  expected.message_timeout = 10s;
  expected.max_retry_count = 10;
  expected.live_buffer_size = 500;
  expected.history_buffer_size = 500;
  expected.read_batch_size = 20;
  expected.checkpoint_after = 1s;
  expected.min_checkpoint_count = 10;
  expected.max_checkpoint_count = 500;
  expected.max_subscriber_count = 10;
  expected.consumer_strategy = ConsumerStrategy::kDispatchToSingle;
  EXPECT_EQ(parse_group_info(shown[0],
                             subscription_of(document["eventStreamId"].GetString(), document["groupName"].GetString())),
            (GroupInfo{expected, -1}));
}

TEST(GroupSettings, AreReadEachFromItsPlace) {
  GroupSettings expected;
  expected.resolve_link_tos = true;
  expected.start_from = 1ll << 40;
  expected.message_timeout = 1234ms;
  expected.extra_statistics = true;
  expected.max_retry_count = 0;
  expected.live_buffer_size = 1;
  expected.read_batch_size = 2;
  expected.history_buffer_size = 3;
  expected.checkpoint_after = 5ms;
  expected.min_checkpoint_count = 6;
  expected.max_checkpoint_count = 7;
  expected.max_subscriber_count = 0;
  expected.consumer_strategy = ConsumerStrategy::kRoundRobin;
  EXPECT_EQ(parsed(info_with("", "")), (GroupInfo{expected, 8}));
}

TEST(GroupSettings, OfAnotherGroupAreNotTaken) {
  EXPECT_EQ(parsed(info_with("groupName", R"("other")")), std::nullopt);
  EXPECT_EQ(parsed(info_with("eventStreamId", R"("other")")), std::nullopt);
}

TEST(GroupSettings, TakesANeverEndingTimeoutForWhatItIs) {
  const auto shown = parsed(info_with("messageTimeoutMilliseconds", "-2147483648"));
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->settings.message_timeout, 0ms);
}

TEST(GroupSettings, AreNotReadFromAnythingElse) {
  for (std::string json :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"config":3})"),
        std::string(R"({"config":{}})"), info_with("bufferSize", "\"500\""), info_with("bufferSize", "99999999999"),
        info_with("startFrom", "1.5"), info_with("lastProcessedEventNumber", "true"), info_with("resolveLinktos", "1"),
        info_with("namedConsumerStrategy", "\"Unheard\""), std::string(100'000, '[')}) {
    EXPECT_EQ(parsed(json), std::nullopt) << json.substr(0, 200);
  }
}

TEST(GroupSettings, CompareByWhatTheServerDoes) {
  GroupSettings a;
  GroupSettings b;
  a.start_from = -1;
  b.start_from = -5;
  EXPECT_TRUE(same_effect(a, b));
  b.start_from = 0;
  EXPECT_FALSE(same_effect(a, b));
  b = a;
  b.message_timeout = a.message_timeout + 1ms;
  EXPECT_FALSE(same_effect(a, b));
}

TEST(ServerInfo, IsReadFromWhatARealServerShows) {
  const auto info = parse_server_info(
      "{\n  \"esVersion\": \"5.0.1.0\",\n  \"state\": \"master\",\n  \"projectionsMode\": \"All\"\n}");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->version, "5.0.1.0");
  EXPECT_EQ(info->state, "master");
  EXPECT_FALSE(parse_server_info("[]").has_value());
  EXPECT_FALSE(parse_server_info(R"({"esVersion":5})").has_value());
}

TEST(GossipTest, NamesTheMasterAmongTheLiving) {
  const std::string member = R"("externalTcpIp":"10.0.0.N","externalTcpPort":1113,"externalSecureTcpPort":1115,)"
                             R"("externalHttpIp":"10.0.0.N","externalHttpPort":2113})";
  const auto node = [&](char number, const std::string& state, bool is_alive) {
    std::string text = R"({"state":")" + state + R"(","isAlive":)" + (is_alive ? "true," : "false,") + member;
    std::replace(text.begin(), text.end(), 'N', number);
    return text;
  };
  const std::string json = R"({"members":[)" + node('1', "Master", false) + "," + node('2', "Slave", true) + "," +
                           node('3', "Master", true) + R"(],"serverIp":"10.0.0.1","serverPort":2112})";
  const auto nodes = parse_gossip(json, /*secure=*/false);
  ASSERT_TRUE(nodes);
  EXPECT_EQ(*nodes, (std::vector<ClusterNode>{{{"10.0.0.1", 1113}, {"10.0.0.1", 2113}, false},
                                              {{"10.0.0.2", 1113}, {"10.0.0.2", 2113}, false},
                                              {{"10.0.0.3", 1113}, {"10.0.0.3", 2113}, true}}));
  EXPECT_EQ(parse_gossip(json, /*secure=*/true)->at(2).tcp, (Endpoint{"10.0.0.3", 1115}));
  EXPECT_FALSE(parse_gossip("{}", false));
}

}  // namespace
}  // namespace interconnect::legacy
