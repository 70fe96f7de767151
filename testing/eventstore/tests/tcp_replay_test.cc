// The legacy fronts against recorded conversations: what the client sent goes to our server, whose packages and HTTP
// answers must be what the real server answered, but for positions, dates and ids that it chooses.

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/tests/replay.h"
#include "testing/eventstore/tests/tcp_client.h"

namespace interconnect::eventstore {
namespace {

namespace dto = EventStore::Client::Messages;

void scrub(google::protobuf::Message* message) {
  static const std::set<std::string> kVolatile = {
      "commit_position",       "prepare_position", "last_commit_position", "next_commit_position",
      "next_prepare_position", "created",          "created_epoch"};
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (kVolatile.contains(field->name())) {
      // Whether it is one of the fixed values matters, which one of the others does not.
      const std::int64_t value = reflection->GetInt64(*message, field);
      if (value > 0 || field->name() == "last_commit_position") reflection->SetInt64(message, field, 1);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        scrub(reflection->MutableMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        scrub(reflection->MutableRepeatedMessage(message, field, i));
      }
    }
  }
  // The server makes up the ids of its own events.
  if (message->GetDescriptor()->name() == "EventRecord") {
    auto* record = static_cast<dto::EventRecord*>(message);
    if (record->event_type().starts_with('$')) record->clear_event_id();
  }
}

std::string readable(std::string command, const std::string& payload) {
  if (command.starts_with("ReadStreamEvents")) command = "ReadStreamEventsCompleted";
  if (command.starts_with("ReadAllEvents")) command = "ReadAllEventsCompleted";
  if (command.starts_with("FilteredReadAllEvents")) command = "FilteredReadAllEventsCompleted";
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "EventStore.Client.Messages." + command);
  if (type == nullptr) return payload;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(payload)) return "unreadable";
  scrub(message.get());
  // What a place in the file holds that is no record.
  static const std::regex kNoRecord(R"((Log record at actual pos 1)[^\n]*)");
  return std::regex_replace(without_volatile(message->DebugString()), kNoRecord, "$1");
}

// Pushes of what the server writes about itself.
bool servers_own(const wire::Step& step) {
  dto::StreamEventAppeared pushed;
  return step.command == "StreamEventAppeared" && pushed.ParseFromString(step.payload) &&
         pushed.event().event().event_stream_id().starts_with('$');
}

// One recorded connection, played again.
struct Connection {
  explicit Connection(int port) : client(port) {}

  TcpClient client;
  // What has come and was not asked about yet: answers to several requests in flight have no order.
  std::list<std::string> waiting;
};

class Replay : public testing::TestWithParam<Recording> {
 protected:
  // What goes to our server: as recorded, but for positions in the log and what the recording left out.
  std::string request(const ReplayStage& stage, const Positions& positions, const wire::Step& step) {
    wire::Step request = step;
    request.payload = stage.payload(step);
    for (const auto& [recorded, ours] : link_ids_) {
      const std::size_t at = request.payload.find(recorded);
      if (at != std::string::npos) request.payload.replace(at, recorded.size(), ours);
    }
    if (step.command.starts_with("ReadAllEvents")) {
      dto::ReadAllEvents read;
      read.ParseFromString(request.payload);
      positions.translate(&read);
      request.payload = read.SerializeAsString();
    }
    return request.frame();
  }

  // Remembers the ids that the servers gave to the same link, which the client acknowledges it by.
  void learn_link_id(const wire::Step& step, const std::string& payload) {
    dto::PersistentSubscriptionStreamEventAppeared recorded, ours;
    if (!recorded.ParseFromString(step.payload) || !ours.ParseFromString(payload)) return;
    const std::string& id = recorded.event().link().event_id();
    if (!id.empty() && id != ours.event().link().event_id()) link_ids_[id] = ours.event().link().event_id();
  }

  // The next package of this command and correlation id, or of this command alone; empty if there is none.
  std::string expect(ReplayStage& stage, Connection& connection, const wire::Step& step) {
    const bool own_id = step.command == "HeartbeatRequestCommand" || step.correlation_id == std::string(16, '\0');
    for (int tries = 0; tries < 20;) {
      for (auto it = connection.waiting.begin(); it != connection.waiting.end(); ++it) {
        if (it->size() < 18 || static_cast<std::uint8_t>((*it)[0]) != step.command_byte) continue;
        if (!own_id && it->substr(2, 16) != step.correlation_id) continue;
        const std::string found = *it;
        connection.waiting.erase(it);
        return found;
      }
      std::string package = connection.client.receive(200);
      if (!package.empty()) {
        connection.waiting.push_back(std::move(package));
      } else if (connection.client.closed()) {
        break;
      } else {
        stage.nudge();
        ++tries;
      }
    }
    return "";
  }

 private:
  std::map<std::string, std::string> link_ids_;
};

std::string describe(const Connection& connection) {
  std::string text;
  for (const std::string& package : connection.waiting) {
    text += "\nwaiting: command " + std::to_string(static_cast<std::uint8_t>(package[0]));
  }
  return text;
}

TEST_P(Replay, AnswersAsTheRealServerDid) {
  const std::string& name = GetParam().name;
  const bool heartbeats = name.find("heartbeat") != std::string::npos;
  Options options;
  options.version = "5.0.1";
  if (name.starts_with("next-")) {
    options.generation = Generation::kNext;
    options.version = "21.2.0";
    options.external_tcp = true;
  }
  if (!heartbeats) options.heartbeat_interval_ms = 1'000'000'000;
  ReplayStage stage(GetParam(), options);
  std::map<int, std::unique_ptr<Connection>> connections;
  Positions positions;
  for (const wire::Step& step : stage.conversation().steps) {
    SCOPED_TRACE(name + " seq " + std::to_string(step.seq) + " " + step.command);
    if (step.proto == "tcp" || step.proto == "http") stage.reach(step, [] {});
    if (step.proto == "http") stage.http(step);
    if (step.proto != "tcp") continue;
    auto& connection = connections[step.conn];
    if (step.event == "open") {
      connection = std::make_unique<Connection>(stage.server().tcp_port());
    } else if (step.event == "close" && step.from_client()) {
      connection.reset();
    } else if (connection == nullptr) {
      continue;
    } else if (step.event == "close") {
      for (int tries = 0; tries < 20 && !connection->client.closed(); ++tries) {
        std::string package = connection->client.receive(200);
        if (!package.empty()) {
          connection->waiting.push_back(std::move(package));
        } else if (!connection->client.closed()) {
          stage.nudge();
        }
      }
      EXPECT_TRUE(connection->client.closed());
      // Whether a refusal arrives before the end is a race that the real server sometimes loses.
      connection->waiting.remove_if([](const std::string& p) { return static_cast<std::uint8_t>(p[0]) == 0xf0; });
      EXPECT_TRUE(connection->waiting.empty()) << describe(*connection);
      connection.reset();
    } else if (step.event == "raw" && step.from_client()) {
      connection->client.send(wire::from_hex((*step.json)["raw_hex"].GetString()));
    } else if (!step.is_package() || (!heartbeats && step.command.starts_with("Heartbeat"))) {
      continue;
    } else if (step.from_client()) {
      connection->client.send(request(stage, positions, step));
    } else if (servers_own(step)) {
      continue;
    } else {
      const std::string package = expect(stage, *connection, step);
      ASSERT_GE(package.size(), 18u) << "no answer" << describe(*connection);
      const std::string got = readable(step.command, package.substr(18));
      if (step.command == "PersistentSubscriptionStreamEventAppeared") learn_link_id(step, package.substr(18));
      if (step.command.starts_with("ReadAllEvents")) {
        dto::ReadAllEventsCompleted recorded, ours;
        recorded.ParseFromString(step.payload);
        ours.ParseFromString(package.substr(18));
        positions.learn(recorded, ours);
      }
      std::string want = readable(step.command, step.payload);
      // Mono's call stacks are not ours.
      if (const std::size_t stack = want.find("\n  at "); stack != std::string::npos) {
        want.resize(std::min(want.find('\n'), stack));
      }
      if (GetParam().not_compared.contains(step.seq)) continue;
      EXPECT_EQ(got, want);
    }
  }
  for (const auto& [number, connection] : connections) {
    if (connection == nullptr) continue;
    EXPECT_TRUE(connection->waiting.empty()) << number << describe(*connection);
  }
}

SideRequest password(int seq, const char* password) {
  return {seq, true, "POST", "/users", std::string("{\"name\":\"admin\",\"password\":\"") + password + "\"}", ""};
}
SideRequest not_ready() { return {0, true, "POST", "/misbehave", "{\"notReady\": true}", ""}; }

constexpr char kResolving[] = "{\"startFrom\":0,\"resolveLinkTos\":true}";
constexpr char kOneSubscriber[] = "{\"startFrom\":0,\"maxSubscriberCount\":1}";
constexpr char kTwoKept[] =
    "{\"events\":[{\"id\":\"00000000-0000-4000-8000-000000000001\",\"type\":\"$metadata\","
    "\"contentType\":\"application/json\",\"data\":\"eyIkbWF4Q291bnQiOjF9\",\"metadata\":\"\"}]}";
// What is left of the two big events behind their data: empty metadata and the wish for the leader.
const std::string kTail("\x32\x00\x20\x01", 4);

const std::vector<Recording> kRecordings = {
    {.name = "legacy-5.0.1/http-check-stream-exists",
     .beside = {fill(5, "golden-ex-487d1d0a", 1), deletion(17, "golden-ex-487d1d0a")}},
    {.name = "legacy-5.0.1/http-persistent-assert"},
    {.name = "legacy-5.0.1/http-status"},
    {.name = "legacy-5.0.1/http-write-events"},
    {.name = "legacy-5.0.1/tcp-authenticate-bad"},
    {.name = "legacy-5.0.1/tcp-authenticate-ok"},
    {.name = "legacy-5.0.1/tcp-bad-input"},
    {.name = "legacy-5.0.1/tcp-big-events", .cut_tails = {{4, kTail}, {8, kTail}}},
    {.name = "legacy-5.0.1/tcp-connect-identify"},
    {.name = "legacy-5.0.1/tcp-heartbeat-answered-by-any-bytes"},
    {.name = "legacy-5.0.1/tcp-heartbeat-unanswered"},
    {.name = "legacy-5.0.1/tcp-heartbeats-client-asks"},
    {.name = "legacy-5.0.1/tcp-heartbeats-server-asks"},
    {.name = "legacy-5.0.1/tcp-just-started",
     .beside = {password(0, "not yet"), password(13, "changeit")},
     // The last read took place before the write that came after it.
     .not_compared = {25}},
    {.name = "legacy-5.0.1/tcp-not-ready-no-quorum", .beside = {not_ready()}},
    {.name = "legacy-5.0.1/tcp-persistent-ack"},
    {.name = "legacy-5.0.1/tcp-persistent-autoack-as-the-package"},
    {.name = "legacy-5.0.1/tcp-persistent-client-dies"},
    {.name = "legacy-5.0.1/tcp-persistent-drops",
     .hints = {.group_settings = kOneSubscriber},
     .beside = {deletion(67, "golden-ps-39c08155")}},
    {.name = "legacy-5.0.1/tcp-persistent-inflight-window"},
    {.name = "legacy-5.0.1/tcp-persistent-links", .hints = {.group_settings = kResolving}},
    {.name = "legacy-5.0.1/tcp-persistent-manage"},
    {.name = "legacy-5.0.1/tcp-persistent-nak-park"},
    {.name = "legacy-5.0.1/tcp-persistent-nak-retry"},
    {.name = "legacy-5.0.1/tcp-persistent-nak-skip"},
    {.name = "legacy-5.0.1/tcp-persistent-nak-stop"},
    {.name = "legacy-5.0.1/tcp-persistent-nak-unknown"},
    {.name = "legacy-5.0.1/tcp-persistent-timeout-redelivery"},
    // The log of a real server begins with its own statistics.
    {.name = "legacy-5.0.1/tcp-ping-all-metadata", .not_compared = {25}},
    {.name = "legacy-5.0.1/tcp-read-all",
     .hints = {.whole_log = true},
     .beside = {fill(11, "$projections-$master", 115)}},
    {.name = "legacy-5.0.1/tcp-read-links",
     .beside = {deletion(11, "goldcatbb6323-b"),
                deletion(11, "goldcatbb6323-c", false),
                {11, true, "POST", "/append/%24%24goldcatbb6323-a", kTwoKept, ""}},
     .projections = true},
    {.name = "legacy-5.0.1/tcp-read-stream"},
    {.name = "legacy-5.0.1/tcp-reconnect"},
    // The log begins with the users that the server makes itself.
    {.name = "legacy-5.0.1/tcp-stream-metadata", .beside = {fill(4, "$users", 2)}, .not_compared = {5}},
    {.name = "legacy-5.0.1/tcp-subscribe-all"},
    {.name = "legacy-5.0.1/tcp-subscribe-all-filtered"},
    {.name = "legacy-5.0.1/tcp-subscribe-catchup"},
    {.name = "legacy-5.0.1/tcp-subscribe-stream", .beside = {deletion(17, "golden-sub-a1446b5c")}},
    {.name = "legacy-5.0.1/tcp-write"},
    {.name = "legacy-5.0.1/tcp-write-deleted-and-denied"},
    {.name = "legacy-5.0.1/tcp-write-exact-again"},
    {.name = "legacy-5.0.1/tcp-write-expected-version"},
    {.name = "next-21.2.0-tcp/tcp-authenticate-bad"},
    {.name = "next-21.2.0-tcp/tcp-connect-identify"},
    {.name = "next-21.2.0-tcp/tcp-heartbeat-unanswered"},
    // Projections and statistics wrote as well, which the checkpoints count.
    {.name = "next-21.2.0-tcp/tcp-subscribe-all-filtered",
     .beside = {fill(0, "$others", 60), fill(9, "$others", 5), fill(15, "$others", 7), fill(22, "$others", 1)}},
    {.name = "next-21.2.0-tcp/tcp-write-expected-version"},
};

TEST(Recordings, AreAllReplayed) {
  expect_all_replayed(wire::conversation_names("legacy-5.0.1"), kRecordings);
  std::vector<std::string> next = wire::conversation_names("next-21.2.0-tcp");
  std::erase_if(next, [](const std::string& name) { return name.find("/tcp-") == std::string::npos; });
  expect_all_replayed(next, kRecordings);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Replay, testing::ValuesIn(kRecordings),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace interconnect::eventstore
