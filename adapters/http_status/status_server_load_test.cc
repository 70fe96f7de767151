// What clients do that mean harm, or know no better: others are served all the same.

#include <boost/asio/read.hpp>
#include <list>
#include <string>

#include "adapters/http_status/connections.h"
#include "adapters/http_status/status_server_test_base.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;

class StatusServerLoadTest : public testing::StatusServerTestBase {
 protected:
  // Whether the server has closed it, or does so now.
  static bool is_closed(Socket& socket) {
    boost::system::error_code error;
    char byte = 0;
    asio::read(socket, asio::buffer(&byte, 1), error);
    return error && error != asio::error::would_block;
  }
  void expect_served() {
    Socket socket = connect();
    EXPECT_EQ(ask(socket, Verb::get, "/healthz").result_int(), 503u);
  }
};

TEST_F(StatusServerLoadTest, OneThatSendsNothingGivesItsPlaceToANewOne) {
  std::list<Socket> silent;
  for (std::size_t i = 0; i < 3 * Connections::kMost; ++i) silent.push_back(connect());
  expect_served();
  EXPECT_TRUE(is_closed(silent.front()));
}

TEST_F(StatusServerLoadTest, OneThatWasAnsweredKeepsItsPlaceBeforeThoseThatWereNot) {
  Socket known = connect();
  EXPECT_EQ(ask(known, Verb::get, "/healthz").result_int(), 503u);
  Listener listener(connect());
  EXPECT_EQ(listener.next(), "event: all\ndata: first\n\n");
  std::list<Socket> silent;
  for (std::size_t i = 0; i < 2 * Connections::kMost; ++i) silent.push_back(connect());
  expect_served();
  EXPECT_EQ(ask(known, Verb::get, "/healthz").result_int(), 503u);
  feed.tell("second");
  EXPECT_EQ(listener.next(), "event: news\ndata: second\n\n");
}

TEST_F(StatusServerLoadTest, ThoseThatTakeNothingHoldUpNobody) {
  std::list<Socket> slow;
  for (int i = 0; i < 30; ++i) {
    Socket& socket = slow.emplace_back(connect());
    const std::string path = i % 2 == 0 ? "/metrics" : "/feed";
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n"));
  }
  Listener listener(connect());
  EXPECT_EQ(listener.next(), "event: all\ndata: first\n\n");
  for (int i = 0; i < 3; ++i) {
    const std::string text = std::string(1 << 20, 'x') + std::to_string(i);
    feed.tell(text);
    EXPECT_EQ(listener.next(), "event: news\ndata: " + text + "\n\n");
  }
  expect_served();
}

TEST_F(StatusServerLoadTest, ListenersBeyondABoundAreSentAway) {
  std::list<Listener> listeners;
  int taken = 0;
  for (int i = 0; i < 60; ++i) {
    if (listeners.emplace_back(connect()).head().starts_with("HTTP/1.1 200")) {
      ++taken;
    } else {
      EXPECT_THAT(listeners.back().head(), ::testing::StartsWith("HTTP/1.1 503"));
    }
  }
  EXPECT_EQ(taken, 48);
  expect_served();
  EXPECT_EQ(listeners.front().next(), "event: all\ndata: first\n\n");
}

TEST_F(StatusServerLoadTest, AFloodOfConnectionsAndGarbageEndsAndThenAllIsAsBefore) {
  for (int i = 0; i < 1'000; ++i) {
    boost::system::error_code ignored;
    Socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), server.port()}, ignored);
    const std::string bytes(static_cast<std::size_t>(i % 700), static_cast<char>(i));
    asio::write(socket, asio::buffer(bytes), ignored);
  }
  expect_served();
}

}  // namespace
}  // namespace interconnect
