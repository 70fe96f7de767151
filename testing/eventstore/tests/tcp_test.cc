// The TCP front by hand: what is no package, and heartbeats that nobody answers.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/eventstore/tests/tcp_client.h"

namespace interconnect::eventstore {
namespace {

// A beginning of bytes that are no package, and what the server does with it.
TEST(BadInput, FramingErrorsEndTheConnectionAndOthersDoNot) {
  Options options;
  options.version = "5.0.1";
  RunningServer server(options);
  auto text = [](const std::string& package) { return package.size() < 18 ? package : package.substr(18); };
  for (const std::string& bytes : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string(4, '\0'),
                                   std::string("\x05\0\0\0\1\0\0\0\0", 9), std::string(4, '\xff')}) {
    TcpClient client(server.tcp_port());
    client.Send(bytes);
    const std::string answer = client.Receive();
    ASSERT_FALSE(answer.empty());
    EXPECT_EQ(static_cast<std::uint8_t>(answer[0]), 0xf0);
    EXPECT_EQ(answer.substr(2, 16), std::string(16, '\0'));
    EXPECT_EQ(client.Receive(), "");
  }
  TcpClient client(server.tcp_port());
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
  TcpClient client(server.tcp_port());
  EXPECT_EQ(client.Receive()[0], 1);
  EXPECT_EQ(client.Receive(), "");
}

}  // namespace
}  // namespace interconnect::eventstore
