// The TCP front against recorded conversations: what the client sent goes to our server, whose packages must be what
// the real server answered, but for positions, dates and ids that it chooses.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/wire/conversation.h"

namespace interconnect::eventstore {
namespace {

class Client {
 public:
  explicit Client(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { close(socket_); }

  void Send(const std::string& bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

  // A package without its length, or nothing when the server closes or stays silent for 20 seconds.
  std::string Receive() {
    const std::string length = Take(4);
    if (length.size() < 4) return "";
    std::uint32_t size = 0;
    for (int i = 3; i >= 0; --i) size = size << 8 | static_cast<std::uint8_t>(length[static_cast<std::size_t>(i)]);
    return Take(size);
  }

 private:
  std::string Take(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      pollfd ready{socket_, POLLIN, 0};
      char buffer[65536];
      if (poll(&ready, 1, 20'000) <= 0) return bytes;
      const ssize_t n = recv(socket_, buffer, std::min(size - bytes.size(), sizeof buffer), 0);
      if (n <= 0) return bytes;
      bytes.append(buffer, static_cast<std::size_t>(n));
    }
    return bytes;
  }

  const int socket_;
};

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
  return message->DebugString();
}

class Replay : public testing::TestWithParam<std::string> {};

TEST_P(Replay, AnswersAsTheRealServerDid) {
  const wire::Conversation conversation = wire::ReadConversation(GetParam());
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  std::map<int, std::unique_ptr<Client>> clients;
  for (const wire::Step& step : conversation.steps) {
    if (step.proto != "tcp") continue;
    SCOPED_TRACE(GetParam() + " seq " + std::to_string(step.seq) + " " + step.command);
    auto& client = clients[step.conn];
    if (step.event == "open") {
      client = std::make_unique<Client>(server.tcp_port());
    } else if (step.event == "raw" && step.FromClient()) {
      client->Send(wire::FromHex((*step.json)["raw_hex"].GetString()));
    } else if (!step.IsPackage()) {
      continue;
    } else if (step.FromClient()) {
      client->Send(step.Frame());
    } else {
      const std::string package = client->Receive();
      ASSERT_GE(package.size(), 18u) << "no answer";
      EXPECT_EQ(static_cast<std::uint8_t>(package[0]), step.command_byte);
      // The server's own questions have ids of its own; a whole subscription lives on its first package's.
      if (step.command != "HeartbeatRequestCommand") {
        EXPECT_EQ(package.substr(2, 16), step.correlation_id);
      }
      std::string got = Readable(step.command, package.substr(18));
      std::string want = Readable(step.command, step.payload);
      // Mono's call stacks are not ours.
      if (const std::size_t stack = want.find("\n  at "); stack != std::string::npos) {
        want.resize(std::min(want.find('\n'), stack));
      }
      EXPECT_EQ(got, want);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Replay,
                         testing::Values("legacy-5.0.1/tcp-connect-identify", "legacy-5.0.1/tcp-authenticate-ok",
                                         "legacy-5.0.1/tcp-authenticate-bad", "legacy-5.0.1/tcp-write",
                                         "legacy-5.0.1/tcp-write-expected-version",
                                         "legacy-5.0.1/tcp-write-deleted-and-denied",
                                         "legacy-5.0.1/tcp-persistent-manage",
                                         "legacy-5.0.1/tcp-subscribe-all-filtered",
                                         "next-21.2.0-tcp/tcp-write-expected-version"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

// A beginning of bytes that are no package, and what the server does with it.
TEST(BadInput, FramingErrorsEndTheConnectionAndOthersDoNot) {
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  auto text = [](const std::string& package) { return package.size() < 18 ? package : package.substr(18); };
  for (const std::string& bytes : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string(4, '\0'),
                                   std::string("\x05\0\0\0\1\0\0\0\0", 9), std::string(4, '\xff')}) {
    Client client(server.tcp_port());
    client.Send(bytes);
    const std::string answer = client.Receive();
    ASSERT_FALSE(answer.empty());
    EXPECT_EQ(static_cast<std::uint8_t>(answer[0]), 0xf0);
    EXPECT_EQ(answer.substr(2, 16), std::string(16, '\0'));
    EXPECT_EQ(client.Receive(), "");
  }
  Client client(server.tcp_port());
  const std::string id = "0123456789abcdef";
  client.Send(std::string("\x13\0\0\0\x55\0", 6) + id + "x");
  EXPECT_EQ(text(client.Receive()), "Could not unwrap network package for command 85.\n");
  client.Send(std::string("\x13\0\0\0\x82\0", 6) + id + "x");
  EXPECT_EQ(text(client.Receive()), "Could not unwrap network package for command WriteEvents.\n");
  client.Send(std::string("\x12\0\0\0\x83\0", 6) + id);
  client.Send(std::string("\x12\0\0\0\x03\x80", 6) + id);
  EXPECT_EQ(static_cast<std::uint8_t>(client.Receive()[0]), 0x04);
}

// An interval in which nothing comes, then a question; without an answer the connection is closed.
TEST(Heartbeats, AnUnansweredQuestionEndsTheConnection) {
  Options options;
  options.version = "5.0.1";
  options.heartbeat_interval_ms = 20;
  options.heartbeat_timeout_ms = 20;
  RunningServer server(options);
  Client client(server.tcp_port());
  EXPECT_EQ(client.Receive()[0], 1);
  EXPECT_EQ(client.Receive(), "");
}

}  // namespace
}  // namespace interconnect::eventstore
