#include "testing/faults/proxy.h"

#include <string>

#include "boost/asio/buffer.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"
#include "gtest/gtest.h"

namespace interconnect::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// A client and a server that talk through the proxy; all calls block.
class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest() { connect(); }

  void connect() {
    client = tcp::socket(io);
    client.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(proxy.port())});
    server = acceptor.accept();
  }

  static std::string read(tcp::socket& from, std::size_t size) {
    std::string text(size, '\0');
    asio::read(from, asio::buffer(text));
    return text;
  }

  // What ends the reading.
  static error_code end_of(tcp::socket& from, std::string& text) {
    error_code error;
    asio::read(from, asio::dynamic_buffer(text), error);
    return error;
  }

  asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  Proxy proxy{acceptor.local_endpoint().port()};
  tcp::socket client{io};
  tcp::socket server{io};
};

TEST_F(ProxyTest, HandsOnBothWaysAndTheEnd) {
  asio::write(client, asio::buffer("question", 8));
  EXPECT_EQ(read(server, 8), "question");
  asio::write(server, asio::buffer("answer", 6));
  EXPECT_EQ(read(client, 6), "answer");
  client.shutdown(tcp::socket::shutdown_send);
  std::string rest;
  EXPECT_EQ(end_of(server, rest), asio::error::eof);
  asio::write(server, asio::buffer("late", 4));
  EXPECT_EQ(read(client, 4), "late");
}

TEST_F(ProxyTest, TricklesEveryByteInOrder) {
  proxy.trickle(true);
  const std::string text(3'000, 'x');
  asio::write(client, asio::buffer("<" + text + ">"));
  EXPECT_EQ(read(server, text.size() + 2), "<" + text + ">");
}

TEST_F(ProxyTest, KeepsWhatIsStalled) {
  proxy.stall(Toward::kServer, true);
  asio::write(client, asio::buffer("held", 4));
  asio::write(server, asio::buffer("flows", 5));
  EXPECT_EQ(read(client, 5), "flows");
  EXPECT_EQ(server.available(), 0U);
  proxy.stall(Toward::kServer, false);
  EXPECT_EQ(read(server, 4), "held");
}

TEST_F(ProxyTest, CutsWithAReset) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  proxy.cut();
  std::string rest;
  EXPECT_EQ(end_of(client, rest), asio::error::connection_reset);
  EXPECT_EQ(end_of(server, rest), asio::error::connection_reset);
}

TEST_F(ProxyTest, LosesWhatIsSwallowed) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  proxy.swallow(Toward::kClient);
  asio::write(server, asio::buffer("lost", 4));
  server.shutdown(tcp::socket::shutdown_send);
  std::string text;
  EXPECT_EQ(end_of(client, text), asio::error::eof);
  EXPECT_EQ(text, "");
  proxy.cut();
  connect();
  asio::write(server, asio::buffer("answer", 6));
  EXPECT_EQ(read(client, 6), "answer");
}

TEST_F(ProxyTest, CutsWithinAPieceOnce) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  proxy.cut_within(Toward::kServer, 8);
  asio::write(client, asio::buffer("12345678", 8));
  std::string text;
  // A reset may overtake the bytes, which are not more than the half.
  EXPECT_TRUE(end_of(server, text));
  EXPECT_LE(text.size(), 4U);
  connect();
  asio::write(client, asio::buffer("12345678", 8));
  EXPECT_EQ(read(server, 8), "12345678");
}

TEST_F(ProxyTest, ClosesHalf) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  proxy.half_close(Toward::kClient);
  std::string text;
  EXPECT_EQ(end_of(client, text), asio::error::eof);
  asio::write(client, asio::buffer("still", 5));
  EXPECT_EQ(read(server, 5), "still");
}

TEST_F(ProxyTest, RefusesNewConnectionsOnly) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  proxy.refuse(true);
  tcp::socket refused(io);
  error_code error;
  refused.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(proxy.port())}, error);
  std::string text;
  EXPECT_TRUE(error || end_of(refused, text));
  asio::write(client, asio::buffer("still", 5));
  EXPECT_EQ(read(server, 5), "still");
}

TEST_F(ProxyTest, CountsConnections) {
  asio::write(client, asio::buffer("hello", 5));
  EXPECT_EQ(read(server, 5), "hello");
  EXPECT_EQ(proxy.connections(), 1);
}

}  // namespace
}  // namespace interconnect::testing
