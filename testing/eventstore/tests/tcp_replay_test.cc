// The legacy fronts against recorded conversations: what the client sent goes to our server, whose packages and HTTP
// answers must be what the real server answered, but for positions, dates and ids that it chooses.

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/tests/replay.h"
#include "testing/eventstore/tests/tcp_client.h"

namespace interconnect::eventstore {
namespace {

void Scrub(google::protobuf::Message* message) {
  static const std::set<std::string> kVolatile = {"commit_position", "prepare_position", "last_commit_position",
                                                  "created", "created_epoch"};
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
        Scrub(reflection->MutableMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        Scrub(reflection->MutableRepeatedMessage(message, field, i));
      }
    }
  }
  // The server makes up the ids of its own events.
  if (message->GetDescriptor()->name() == "EventRecord") {
    auto* record = static_cast<EventStore::Client::Messages::EventRecord*>(message);
    if (record->event_type().starts_with('$')) record->clear_event_id();
  }
}

std::string Readable(std::string command, const std::string& payload) {
  if (command.starts_with("ReadStreamEvents")) command = "ReadStreamEventsCompleted";
  if (command.starts_with("ReadAllEvents")) command = "ReadAllEventsCompleted";
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "EventStore.Client.Messages." + command);
  if (type == nullptr) return payload;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(payload)) return "unreadable";
  Scrub(message.get());
  // Times and positions in the server's own metadata.
  static const std::regex kAdded("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+]+");
  static const std::regex kCause(R"((\$c|\$p|\$causedBy)(\\+"):[^,}]+)");
  return std::regex_replace(std::regex_replace(message->DebugString(), kAdded, "TIME"), kCause, "$1$2:X");
}

// Pushes of what the server writes about itself.
bool ServersOwn(const wire::Step& step) {
  EventStore::Client::Messages::StreamEventAppeared pushed;
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
  // The next package of this command and correlation id, or of this command alone; empty if there is none.
  std::string Expect(ReplayStage& stage, Connection& connection, const wire::Step& step) {
    const bool own_id = step.command == "HeartbeatRequestCommand" || step.correlation_id == std::string(16, '\0');
    for (int tries = 0; tries < 20;) {
      for (auto it = connection.waiting.begin(); it != connection.waiting.end(); ++it) {
        if (it->size() < 18 || static_cast<std::uint8_t>((*it)[0]) != step.command_byte) continue;
        if (!own_id && it->substr(2, 16) != step.correlation_id) continue;
        const std::string found = *it;
        connection.waiting.erase(it);
        return found;
      }
      std::string package = connection.client.Receive(200);
      if (!package.empty()) {
        connection.waiting.push_back(std::move(package));
      } else if (connection.client.closed()) {
        break;
      } else {
        stage.Nudge();
        ++tries;
      }
    }
    return "";
  }
};

std::string Describe(const Connection& connection) {
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
  if (!heartbeats) options.heartbeat_interval_ms = 1'000'000'000;
  ReplayStage stage(GetParam(), options);
  std::map<int, std::unique_ptr<Connection>> connections;
  for (const wire::Step& step : stage.conversation().steps) {
    SCOPED_TRACE(name + " seq " + std::to_string(step.seq) + " " + step.command);
    if (step.proto == "tcp" || step.proto == "http") stage.Reach(step, [] {});
    if (step.proto == "http") stage.Http(step);
    if (step.proto != "tcp") continue;
    auto& connection = connections[step.conn];
    if (step.event == "open") {
      connection = std::make_unique<Connection>(stage.server().tcp_port());
    } else if (step.event == "close" && step.FromClient()) {
      connection.reset();
    } else if (connection == nullptr) {
      continue;
    } else if (step.event == "close") {
      for (int tries = 0; tries < 20 && !connection->client.closed(); ++tries) {
        std::string package = connection->client.Receive(200);
        if (!package.empty()) {
          connection->waiting.push_back(std::move(package));
        } else if (!connection->client.closed()) {
          stage.Nudge();
        }
      }
      EXPECT_TRUE(connection->client.closed());
      // Whether a refusal arrives before the end is a race that the real server sometimes loses.
      connection->waiting.remove_if([](const std::string& p) { return static_cast<std::uint8_t>(p[0]) == 0xf0; });
      EXPECT_TRUE(connection->waiting.empty()) << Describe(*connection);
      connection.reset();
    } else if (step.event == "raw" && step.FromClient()) {
      connection->client.Send(wire::FromHex((*step.json)["raw_hex"].GetString()));
    } else if (!step.IsPackage() || (!heartbeats && step.command.starts_with("Heartbeat"))) {
      continue;
    } else if (step.FromClient()) {
      ASSERT_FALSE(step.truncated);
      connection->client.Send(step.Frame());
    } else if (ServersOwn(step)) {
      continue;
    } else {
      const std::string package = Expect(stage, *connection, step);
      ASSERT_GE(package.size(), 18u) << "no answer" << Describe(*connection);
      const std::string got = Readable(step.command, package.substr(18));
      std::string want = Readable(step.command, step.payload);
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
    EXPECT_TRUE(connection->waiting.empty()) << number << Describe(*connection);
  }
}

SideRequest Password(int seq, const char* password) {
  return {seq, true, "POST", "/users", std::string("{\"name\":\"admin\",\"password\":\"") + password + "\"}", ""};
}
SideRequest Delete(int seq, const char* stream, bool hard) {
  return {seq,      false,
          "DELETE", std::string("/streams/") + stream,
          "",       std::string(kAsAdmin) + (hard ? "ES-HardDelete: true\r\n" : "")};
}

constexpr char kFromStart[] = "{\"startFrom\":0}";

const Recording kRecordings[] = {
    {"legacy-5.0.1/http-persistent-assert"},
    {"legacy-5.0.1/http-write-events"},
    {"legacy-5.0.1/tcp-authenticate-bad"},
    {"legacy-5.0.1/tcp-authenticate-ok"},
    {"legacy-5.0.1/tcp-connect-identify"},
    {"legacy-5.0.1/tcp-heartbeat-answered-by-any-bytes"},
    {"legacy-5.0.1/tcp-heartbeat-unanswered"},
    {"legacy-5.0.1/tcp-heartbeats-client-asks"},
    {"legacy-5.0.1/tcp-heartbeats-server-asks"},
    {"legacy-5.0.1/tcp-just-started",
     kFromStart,
     {Password(0, "not yet"), Password(13, "changeit")},
     false,
     // The last read took place before the write that came after it.
     {25}},
    {"legacy-5.0.1/tcp-persistent-autoack-as-the-package"},
    {"legacy-5.0.1/tcp-persistent-client-dies"},
    {"legacy-5.0.1/tcp-persistent-drops",
     "{\"startFrom\":0,\"maxSubscriberCount\":1}",
     {Delete(67, "golden-ps-39c08155", true)}},
    {"legacy-5.0.1/tcp-persistent-inflight-window"},
    {"legacy-5.0.1/tcp-persistent-manage"},
    {"legacy-5.0.1/tcp-persistent-nak-park"},
    {"legacy-5.0.1/tcp-persistent-nak-retry"},
    {"legacy-5.0.1/tcp-persistent-nak-skip"},
    {"legacy-5.0.1/tcp-persistent-nak-stop"},
    {"legacy-5.0.1/tcp-persistent-nak-unknown"},
    {"legacy-5.0.1/tcp-persistent-timeout-redelivery"},
    // The log of a real server begins with its own statistics.
    {"legacy-5.0.1/tcp-ping-all-metadata", kFromStart, {}, false, {25}},
    {"legacy-5.0.1/tcp-read-stream"},
    {"legacy-5.0.1/tcp-reconnect"},
    {"legacy-5.0.1/tcp-subscribe-all"},
    {"legacy-5.0.1/tcp-subscribe-all-filtered"},
    {"legacy-5.0.1/tcp-subscribe-catchup"},
    {"legacy-5.0.1/tcp-subscribe-stream", kFromStart, {Delete(17, "golden-sub-a1446b5c", true)}},
    {"legacy-5.0.1/tcp-write"},
    {"legacy-5.0.1/tcp-write-deleted-and-denied"},
    {"legacy-5.0.1/tcp-write-expected-version"},
    {"next-21.2.0-tcp/tcp-write-expected-version"},
};

INSTANTIATE_TEST_SUITE_P(Recorded, Replay, testing::ValuesIn(kRecordings),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace interconnect::eventstore
