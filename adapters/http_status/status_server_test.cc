#include "adapters/http_status/status_server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using testing::HasSubstr;

class StatusServerTest : public testing::Test {
 protected:
  StatusPages pages() {
    return {{"/healthz", [] { return StatusPage{.status = 503, .body = "stalled\n"}; }},
            {"/metrics", [] { return StatusPage{.content_type = "text/x", .body = std::string(1 << 20, 'm')}; }}};
  }

  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), server.port()});
    return socket;
  }

  http::response<http::string_body> ask(tcp::socket& socket, http::verb method, const std::string& target) {
    http::request<http::empty_body> request(method, target, 11);
    request.set(http::field::host, "test");
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.skip(method == http::verb::head);
    parser.body_limit(4 << 20);
    http::read(socket, buffer, parser);
    return parser.release();
  }

  asio::io_context io;
  StatusServer server{{"127.0.0.1", 0}, pages()};
};

TEST_F(StatusServerTest, ServesPagesOnOneConnection) {
  tcp::socket socket = connect();
  const auto health = ask(socket, http::verb::get, "/healthz");
  EXPECT_EQ(health.result_int(), 503u);
  EXPECT_EQ(health.body(), "stalled\n");
  EXPECT_EQ(health[http::field::content_type], "text/plain; charset=utf-8");
  EXPECT_EQ(health[http::field::cache_control], "no-store");
  const auto metrics = ask(socket, http::verb::get, "/metrics?format=text");
  EXPECT_EQ(metrics.result_int(), 200u);
  EXPECT_EQ(metrics.body().size(), std::size_t{1} << 20);
  EXPECT_EQ(metrics[http::field::content_type], "text/x");
}

TEST_F(StatusServerTest, AnswersHeadWithoutTheBody) {
  tcp::socket socket = connect();
  const auto head = ask(socket, http::verb::head, "/healthz");
  EXPECT_EQ(head.result_int(), 503u);
  EXPECT_EQ(head[http::field::content_length], "8");
  EXPECT_EQ(ask(socket, http::verb::get, "/healthz").body(), "stalled\n");
}

TEST_F(StatusServerTest, TellsWhatThereIs) {
  tcp::socket socket = connect();
  const auto missing = ask(socket, http::verb::get, "/");
  EXPECT_EQ(missing.result_int(), 404u);
  EXPECT_THAT(missing.body(), HasSubstr("/healthz\n/metrics\n"));
}

TEST_F(StatusServerTest, ChangesNothing) {
  tcp::socket socket = connect();
  const auto refused = ask(socket, http::verb::post, "/metrics");
  EXPECT_EQ(refused.result_int(), 405u);
  EXPECT_EQ(refused[http::field::allow], "GET, HEAD");
}

TEST_F(StatusServerTest, ClosesOnWhatIsNoRequestAndServesOthers) {
  for (const std::string& bytes : {std::string("hello\r\n\r\n"), "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x')}) {
    tcp::socket socket = connect();
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    std::string rest;
    asio::read(socket, asio::dynamic_buffer(rest), error);
    EXPECT_TRUE(error) << "the connection ends";
  }
  tcp::socket socket = connect();
  EXPECT_EQ(ask(socket, http::verb::get, "/healthz").result_int(), 503u);
}

TEST_F(StatusServerTest, SaysWhichAddressCannotBeHad) {
  try {
    StatusServer second({"127.0.0.1", server.port()}, pages());
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("http: cannot listen on 127.0.0.1:" + std::to_string(server.port())));
  }
  EXPECT_THROW(StatusServer({"no such host.invalid", 0}, pages()), std::runtime_error);
}

}  // namespace
}  // namespace interconnect
