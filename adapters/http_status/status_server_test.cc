#include "adapters/http_status/status_server.h"

#include <boost/asio/read.hpp>
#include <string>

#include "adapters/http_status/status_server_test_base.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ::testing::HasSubstr;

class StatusServerTest : public testing::StatusServerTestBase {};

TEST_F(StatusServerTest, ServesPagesOnOneConnection) {
  Socket socket = connect();
  const auto health = ask(socket, Verb::get, "/healthz");
  EXPECT_EQ(health.result_int(), 503u);
  EXPECT_EQ(health.body(), "stalled: for long\n") << "where no login is needed, all are known";
  EXPECT_EQ(health[http::field::content_type], "text/plain; charset=utf-8");
  EXPECT_EQ(health[http::field::cache_control], "no-store");
  EXPECT_EQ(health["Content-Security-Policy"], "default-src 'none'; frame-ancestors 'none'");
  const auto metrics = ask(socket, Verb::get, "/metrics?format=text");
  EXPECT_EQ(metrics.result_int(), 200u);
  EXPECT_EQ(metrics.body().size(), std::size_t{1} << 20);
  EXPECT_EQ(metrics[http::field::content_type], "text/x");
  EXPECT_EQ(metrics["Content-Security-Policy"], "p");
}

TEST_F(StatusServerTest, AnswersHeadWithoutTheBody) {
  Socket socket = connect();
  const auto head = ask(socket, Verb::head, "/healthz");
  EXPECT_EQ(head.result_int(), 503u);
  EXPECT_EQ(head[http::field::content_length], "18");
  EXPECT_EQ(ask(socket, Verb::get, "/healthz").result_int(), 503u);
}

TEST_F(StatusServerTest, TellsWhatThereIs) {
  Socket socket = connect();
  const auto missing = ask(socket, Verb::get, "/");
  EXPECT_EQ(missing.result_int(), 404u);
  EXPECT_THAT(missing.body(), HasSubstr("/healthz\n/metrics\n"));
}

TEST_F(StatusServerTest, ChangesNothing) {
  Socket socket = connect();
  const auto refused = ask(socket, Verb::post, "/metrics");
  EXPECT_EQ(refused.result_int(), 405u);
  EXPECT_EQ(refused[http::field::allow], "GET, HEAD");
}

TEST_F(StatusServerTest, ClosesOnWhatIsNoRequestAndServesOthers) {
  for (const std::string& bytes : {std::string("hello\r\n\r\n"), "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'),
                                   "POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n" + std::string(4'000, 'x'),
                                   std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
    Socket socket = connect();
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    socket.shutdown(Socket::shutdown_send, error);
    std::string rest;
    asio::read(socket, asio::dynamic_buffer(rest), error);
    EXPECT_TRUE(error) << "the connection ends";
  }
  Socket socket = connect();
  EXPECT_EQ(ask(socket, Verb::get, "/healthz").result_int(), 503u);
}

TEST_F(StatusServerTest, SaysWhichAddressCannotBeHad) {
  try {
    StatusServer second({"127.0.0.1", server.port()}, options({}));
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("http: cannot listen on 127.0.0.1:" + std::to_string(server.port())));
  }
  EXPECT_THROW(StatusServer({"no such host.invalid", 0}, options({})), std::runtime_error);
}

TEST_F(StatusServerTest, TellsAllToOneThatComesAndThenTheNews) {
  Listener early(connect());
  EXPECT_THAT(early.head(), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_EQ(early.next(), "event: all\ndata: first\n\n");
  feed.tell("second");
  EXPECT_EQ(early.next(), "event: news\ndata: second\n\n");
  Listener late(connect());
  EXPECT_EQ(late.next(), "event: all\ndata: second\n\n");
  feed.tell("third");
  EXPECT_EQ(late.next(), "event: news\ndata: third\n\n");
  EXPECT_EQ(early.next(), "event: news\ndata: third\n\n");
}

TEST_F(StatusServerTest, TheFeedIsForGet) {
  Socket socket = connect();
  EXPECT_EQ(ask(socket, Verb::post, "/feed").result_int(), 405u);
}

TEST_F(StatusServerTest, SaysGoodbyeToThoseWhoListen) {
  server.say_goodbye("nobody is there");
  Listener listener(connect());
  EXPECT_EQ(listener.next(), "event: all\ndata: first\n\n");
  server.say_goodbye(server_sent_event("end", "it is over"));
  EXPECT_EQ(listener.next(), "event: end\ndata: it is over\n\n");
  EXPECT_TRUE(listener.ends());
}

class GuardedStatusServerTest : public testing::StatusServerTestBase {
 protected:
  static inline const HttpAccess kAccess{Credentials{"ops", "secret"}, "token"};
  GuardedStatusServerTest() : StatusServerTestBase(kAccess) {}
};

TEST_F(GuardedStatusServerTest, WithoutALoginThereIsOneWordForProbes) {
  Socket socket = connect();
  const auto health = ask(socket, Verb::get, "/healthz");
  EXPECT_EQ(health.result_int(), 503u);
  EXPECT_EQ(health.body(), "unwell\n");
  EXPECT_EQ(ask(socket, Verb::get, "/healthz", "Basic bm8=").body(), "unwell\n");
  EXPECT_EQ(ask(socket, Verb::get, "/healthz", authorization_for(kAccess)).body(), "stalled: for long\n");
}

TEST_F(GuardedStatusServerTest, WithoutALoginThereIsNothingElse) {
  Socket socket = connect();
  for (const char* path : {"/metrics", "/feed", "/nowhere", "/", "/healthz/", "//healthz", "/HEALTHZ"}) {
    for (const char* header : {"", "Bearer tok", "Basic bm8="}) {
      const auto refused = ask(socket, Verb::get, path, header);
      EXPECT_EQ(refused.result_int(), 401u) << path;
      EXPECT_THAT(std::string(refused[http::field::www_authenticate]), HasSubstr("Basic realm=")) << path;
      EXPECT_THAT(refused.body(), ::testing::Not(HasSubstr("secret"))) << path;
    }
  }
  EXPECT_EQ(ask(socket, Verb::post, "/metrics").result_int(), 401u);
}

TEST_F(GuardedStatusServerTest, WithALoginThereIsAll) {
  Socket socket = connect();
  EXPECT_EQ(ask(socket, Verb::get, "/metrics", "Bearer token").result_int(), 200u);
  EXPECT_EQ(ask(socket, Verb::get, "/metrics", authorization_for({kAccess.credentials, {}})).result_int(), 200u);
  EXPECT_EQ(ask(socket, Verb::get, "/nowhere", "Bearer token").result_int(), 404u);
  Listener listener(connect(), "Authorization: Bearer token\r\n");
  EXPECT_EQ(listener.next(), "event: all\ndata: first\n\n");
}

}  // namespace
}  // namespace interconnect
