// A store with a journal that is killed in the middle of writes: what it had confirmed is there again, what a real one
// keeps in memory only is gone.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/eventstore/tests/seeding.h"
#include "testing/eventstore/tests/tcp_client.h"
#include "testing/process/child_process.h"

namespace interconnect::eventstore {
namespace {

namespace dto = EventStore::Client::Messages;
using namespace std::chrono_literals;

constexpr char kWriteEvents = '\x82';
constexpr char kReadForward = '\xb2';
constexpr char kConnect = '\xc5';
constexpr char kAck = '\xcc';
constexpr std::size_t kHeader = 18;

struct Store {
  explicit Store(const std::string& data)
      : process({.program = "testing/eventstore/eventstore",
                 .arguments = {"--generation=legacy", "--heartbeat-interval-ms=600000", "--data=" + data},
                 .environment = {}}) {
    const auto ready = process.wait_for_line("ready", 30s);
    if (!ready || std::sscanf(ready->c_str(), "ready tcp=%d http=%d admin=%d", &tcp, &http, &admin) != 3) {
      ADD_FAILURE() << "not ready: " << process.output();
    }
  }

  testing::ChildProcess process;
  int tcp = 0;
  int http = 0;
  int admin = 0;
};

std::string correlation_id(std::int64_t number) {
  std::string id = std::to_string(number);
  id.resize(16, '\0');
  return id;
}

std::string package(char command, std::int64_t id, const google::protobuf::MessageLite& message) {
  const std::string body = std::string(1, command) + '\x01' + correlation_id(id) +
                           std::string(
                               "\x05"
                               "admin\x08"
                               "changeit") +
                           message.SerializeAsString();
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame.push_back(static_cast<char>(body.size() >> shift));
  return frame + body;
}

std::string event_id_of(std::int64_t number) { return "event-" + correlation_id(1'000'000'000 + number).substr(0, 10); }

dto::WriteEvents write(std::int64_t number, std::int64_t expected) {
  dto::WriteEvents write;
  write.set_event_stream_id("s");
  write.set_expected_version(expected);
  write.set_require_master(true);
  dto::NewEvent* event = write.add_events();
  event->set_event_id(event_id_of(number));
  event->set_event_type("T");
  event->set_data_content_type(1);
  event->set_data("{\"n\":" + std::to_string(number) + "}");
  return write;
}

template <class Message>
Message decode(const std::string& package) {
  Message message;
  EXPECT_GE(package.size(), kHeader) << "no answer";
  if (package.size() < kHeader) return message;
  EXPECT_TRUE(message.ParseFromString(package.substr(kHeader)));
  return message;
}

dto::WriteEventsCompleted write_one(TcpClient& client, std::int64_t number, std::int64_t expected) {
  client.send(package(kWriteEvents, number, write(number, expected)));
  return decode<dto::WriteEventsCompleted>(client.receive());
}

class Restart : public ::testing::Test {
 protected:
  Restart() { std::filesystem::remove(data_); }

  const std::string data_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".journal";
};

TEST_F(Restart, EveryConfirmedEventIsThereAfterAKill) {
  constexpr int kSent = 5000;
  constexpr int kAwaited = 500;
  std::int64_t confirmed = 0;
  {
    Store store(data_);
    TcpClient client(store.tcp);
    std::string all;
    for (int i = 0; i < kSent; ++i) all += package(kWriteEvents, i, write(i, i - 1));
    client.send(all);
    for (; confirmed < kAwaited; ++confirmed) {
      ASSERT_EQ(decode<dto::WriteEventsCompleted>(client.receive()).result(), dto::Success);
    }
    store.process.signal(SIGKILL);
    ASSERT_TRUE(store.process.wait(30s));
    // Answers that were on their way count, too.
    for (std::string package = client.receive(1000); !package.empty(); package = client.receive(1000)) ++confirmed;
  }
  Store store(data_);
  TcpClient client(store.tcp);
  std::int64_t next = 0;
  for (bool end = false; !end;) {
    dto::ReadStreamEvents read;
    read.set_event_stream_id("s");
    read.set_from_event_number(next);
    read.set_max_count(1000);
    read.set_resolve_link_tos(false);
    read.set_require_master(false);
    client.send(package(kReadForward, 1, read));
    const auto page = decode<dto::ReadStreamEventsCompleted>(client.receive());
    ASSERT_EQ(page.result(), dto::ReadStreamEventsCompleted::Success);
    for (const auto& event : page.events()) {
      ASSERT_EQ(event.event().event_number(), next);
      ASSERT_EQ(event.event().event_id(), event_id_of(next));
      ASSERT_EQ(event.event().data(), "{\"n\":" + std::to_string(next) + "}");
      ++next;
    }
    end = page.is_end_of_stream() || page.events().empty();
  }
  EXPECT_GE(next, confirmed);
  EXPECT_EQ(write_one(client, next, next - 1).result(), dto::Success);
}

TEST_F(Restart, IdsAreComparedUnderAnExactVersionOnly) {
  {
    Store store(data_);
    TcpClient client(store.tcp);
    EXPECT_EQ(write_one(client, 0, -1).first_event_number(), 0);
    EXPECT_EQ(write_one(client, 0, -2).first_event_number(), 0);
    store.process.signal(SIGKILL);
    ASSERT_TRUE(store.process.wait(30s));
  }
  Store store(data_);
  TcpClient client(store.tcp);
  EXPECT_EQ(write_one(client, 0, -1).first_event_number(), 0);
  EXPECT_EQ(write_one(client, 0, -2).first_event_number(), 1);
}

TEST_F(Restart, AGroupGoesOnAtItsCheckpoint) {
  dto::ConnectToPersistentSubscription connect;
  connect.set_event_stream_id("s");
  connect.set_subscription_id("g");
  connect.set_allowed_in_flight_messages(100);
  {
    Store store(data_);
    TcpClient client(store.tcp);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(write_one(client, i, i - 1).result(), dto::Success);
    EXPECT_THAT(http(store.http, "PUT", "/subscriptions/s/g",
                     R"({"startFrom": 0, "maxCheckPointCount": 10, "checkPointAfterMilliseconds": 100000000,
                         "messageTimeoutMilliseconds": 123456, "namedConsumerStrategy": "Pinned"})",
                     kAsAdmin),
                ::testing::StartsWith("HTTP/1.1 201"));
    client.send(package(kConnect, 99, connect));
    client.receive();
    dto::PersistentSubscriptionAckEvents ack;
    ack.set_subscription_id("s::g");
    for (int i = 0; i < 20; ++i) {
      const auto pushed = decode<dto::PersistentSubscriptionStreamEventAppeared>(client.receive());
      ASSERT_EQ(pushed.event().event().event_number(), i);
    }
    // The first ten are a checkpoint, the next three are not.
    for (int i = 0; i < 10; ++i) ack.add_processed_event_ids(event_id_of(i));
    client.send(package(kAck, 99, ack));
    ack.clear_processed_event_ids();
    for (int i = 10; i < 13; ++i) ack.add_processed_event_ids(event_id_of(i));
    client.send(package(kAck, 99, ack));
    // Answered after the acks were seen.
    EXPECT_EQ(write_one(client, 20, 19).result(), dto::Success);
    store.process.signal(SIGKILL);
    ASSERT_TRUE(store.process.wait(30s));
  }
  Store store(data_);
  const std::string info = http(store.http, "GET", "/subscriptions/s/g/info", "", kAsAdmin);
  EXPECT_THAT(info, ::testing::HasSubstr("\"messageTimeoutMilliseconds\": 123456"));
  EXPECT_THAT(info, ::testing::HasSubstr("\"namedConsumerStrategy\": \"Pinned\""));
  TcpClient client(store.tcp);
  client.send(package(kConnect, 99, connect));
  client.receive();
  const auto pushed = decode<dto::PersistentSubscriptionStreamEventAppeared>(client.receive());
  EXPECT_EQ(pushed.event().event().event_number(), 10);
  EXPECT_EQ(pushed.retrycount(), 0);
}

}  // namespace
}  // namespace interconnect::eventstore
