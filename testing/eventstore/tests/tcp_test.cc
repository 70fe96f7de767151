// The TCP front by hand: what is no package, heartbeats that nobody answers, big events, and a node without quorum.

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/message_lite.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/eventstore/tests/tcp_client.h"

namespace interconnect::eventstore {
namespace {

namespace dto = EventStore::Client::Messages;
using testing::HasSubstr;

constexpr char kWriteEvents = '\x82';
constexpr char kReadForward = '\xb2';
constexpr char kConnect = '\xc5';
constexpr char kBadRequest = '\xf0';
constexpr char kNotHandled = '\xf1';
constexpr char kNotAuthenticated = '\xf4';
constexpr std::size_t kHeader = 18;
constexpr char kCorrelationId[] = "0123456789abcdef";

// `login` is empty, or a login and a password, each behind its length.
std::string package(char command, char flags, const google::protobuf::MessageLite& message,
                    const std::string& login = "") {
  const std::string body =
      std::string(1, command) + flags + std::string(kCorrelationId) + login + message.SerializeAsString();
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame.push_back(static_cast<char>(body.size() >> shift));
  return frame + body;
}

template <class Message>
Message decode(const std::string& package, char command) {
  Message message;
  EXPECT_GE(package.size(), kHeader) << "no answer";
  if (package.size() < kHeader) return message;
  EXPECT_EQ(package[0], command);
  EXPECT_EQ(package.substr(2, 16), kCorrelationId);
  EXPECT_TRUE(message.ParseFromString(package.substr(kHeader)));
  return message;
}

dto::WriteEvents write(char id, std::size_t size) {
  dto::WriteEvents write;
  write.set_event_stream_id("s");
  write.set_expected_version(-2);
  write.set_require_master(true);
  dto::NewEvent* event = write.add_events();
  event->set_event_id(std::string(16, id));
  event->set_event_type("T");
  event->set_data_content_type(0);
  event->set_data(std::string(size, 'x'));
  return write;
}

dto::ReadStreamEvents read(bool require_master) {
  dto::ReadStreamEvents read;
  read.set_event_stream_id("s");
  read.set_from_event_number(0);
  read.set_max_count(10);
  read.set_resolve_link_tos(false);
  read.set_require_master(require_master);
  return read;
}

// A beginning of bytes that are no package, and what the server does with it.
TEST(BadInput, FramingErrorsEndTheConnectionAndOthersDoNot) {
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  auto text = [](const std::string& package) { return package.size() < 18 ? package : package.substr(18); };
  for (const std::string& bytes : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string(4, '\0'),
                                   std::string("\x05\0\0\0\1\0\0\0\0", 9), std::string(4, '\xff')}) {
    TcpClient client(server.tcp_port());
    client.send(bytes);
    const std::string answer = client.receive();
    ASSERT_FALSE(answer.empty());
    EXPECT_EQ(static_cast<std::uint8_t>(answer[0]), 0xf0);
    EXPECT_EQ(answer.substr(2, 16), std::string(16, '\0'));
    EXPECT_EQ(client.receive(), "");
  }
  TcpClient client(server.tcp_port());
  const std::string id = "0123456789abcdef";
  client.send(std::string("\x13\0\0\0\x55\0", 6) + id + "x");
  EXPECT_EQ(text(client.receive()), "Could not unwrap network package for command 85.\n");
  client.send(std::string("\x13\0\0\0\x82\0", 6) + id + "x");
  EXPECT_EQ(text(client.receive()), "Could not unwrap network package for command WriteEvents.\n");
  client.send(std::string("\x12\0\0\0\x83\0", 6) + id);
  client.send(std::string("\x12\0\0\0\x03\x80", 6) + id);
  EXPECT_EQ(static_cast<std::uint8_t>(client.receive()[0]), 0x04);
}

// An interval in which nothing comes, then a question; without an answer the connection is closed.
TEST(Heartbeats, AnUnansweredQuestionEndsTheConnection) {
  Options options;
  options.version = "5.0.1";
  options.heartbeat_interval_ms = 20;
  options.heartbeat_timeout_ms = 20;
  RunningServer server(options);
  TcpClient client(server.tcp_port());
  EXPECT_EQ(client.receive()[0], 1);
  EXPECT_EQ(client.receive(), "");
}

// Flag bits that mean nothing are set all the while.
TEST(BigEvents, OneThatIsTooBigIsRefusedAndTheConnectionLives) {
  constexpr char kUnknownFlags = '\xf8';
  constexpr std::size_t kMiB = 1024 * 1024;
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  TcpClient client(server.tcp_port());
  auto answer_to = [&](char id, std::size_t size) {
    client.send(package(kWriteEvents, kUnknownFlags, write(id, size)));
    return client.receive();
  };
  EXPECT_EQ(decode<dto::WriteEventsCompleted>(answer_to('a', 5 * kMiB), '\x83').result(), dto::Success);
  const std::string refused = answer_to('b', 17 * kMiB);
  ASSERT_GE(refused.size(), kHeader);
  EXPECT_EQ(refused[0], kBadRequest);
  EXPECT_EQ(refused.substr(2, 16), kCorrelationId);
  const auto next = decode<dto::WriteEventsCompleted>(answer_to('c', 1), '\x83');
  EXPECT_EQ(next.result(), dto::Success);
  EXPECT_EQ(next.first_event_number(), 1);
  client.send(package(kReadForward, kUnknownFlags, read(true)));
  const auto page = decode<dto::ReadStreamEventsCompleted>(client.receive(), '\xb3');
  ASSERT_EQ(page.events_size(), 2);
  EXPECT_EQ(page.events(0).event().data().size(), 5 * kMiB);
}

TEST(NoQuorum, OnlyReadsThatNeedNoMasterAreServed) {
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  TcpClient client(server.tcp_port());
  auto ask = [&](char command, const google::protobuf::MessageLite& message) {
    client.send(package(command, 0, message));
    return client.receive();
  };
  ASSERT_EQ(decode<dto::WriteEventsCompleted>(ask(kWriteEvents, write('a', 1)), '\x83').result(), dto::Success);
  http(server.admin_port(), "POST", "/misbehave", R"({"notReady": true})");
  dto::ConnectToPersistentSubscription connect;
  connect.set_subscription_id("g");
  connect.set_event_stream_id("s");
  connect.set_allowed_in_flight_messages(10);
  for (const std::string& answer :
       {ask(kReadForward, read(true)), ask(kWriteEvents, write('b', 1)), ask(kConnect, connect)}) {
    const auto refused = decode<dto::NotHandled>(answer, kNotHandled);
    ASSERT_TRUE(refused.has_reason());
    EXPECT_EQ(refused.reason(), dto::NotHandled::NotReady);
  }
  EXPECT_EQ(decode<dto::ReadStreamEventsCompleted>(ask(kReadForward, read(false)), '\xb3').events_size(), 1);
  // It knows no users.
  client.send(package(kReadForward, 1, read(false),
                      "\x05"
                      "admin"
                      "\x08"
                      "changeit"));
  const std::string unknown = client.receive();
  ASSERT_GE(unknown.size(), kHeader);
  EXPECT_EQ(unknown[0], kNotAuthenticated);
  EXPECT_EQ(unknown.substr(kHeader), "Not Authenticated");
  const std::string info = http(server.http_port(), "GET", "/info");
  EXPECT_THAT(info, HasSubstr(" 200 "));
  EXPECT_THAT(info, HasSubstr("\"state\": \"unknown\""));
  // admin:changeit
  EXPECT_THAT(http(server.http_port(), "GET", "/subscriptions", "", "Authorization: Basic YWRtaW46Y2hhbmdlaXQ=\r\n"),
              HasSubstr(" 401 "));

  http(server.admin_port(), "POST", "/misbehave", R"({"notReady": false})");
  const auto written = decode<dto::WriteEventsCompleted>(ask(kWriteEvents, write('b', 1)), '\x83');
  EXPECT_EQ(written.result(), dto::Success);
  EXPECT_EQ(written.first_event_number(), 1);
}

}  // namespace
}  // namespace interconnect::eventstore
