// The HTTP client against a scripted server, and the upsert of groups without one.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <string>
#include <vector>

#include "adapters/legacy_tcp/io/group_upsert.h"
#include "adapters/legacy_tcp/io/http_client.h"
#include "adapters/legacy_tcp/io/test_certificate.h"
#include "gtest/gtest.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

template <typename T>
T run(asio::io_context& io, asio::awaitable<T> task) {
  std::optional<T> result;
  asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  while (!result) {
    if (io.stopped()) io.restart();
    io.run_one();
  }
  return *std::move(result);
}

template <typename Stream>
asio::awaitable<void> answer_once(Stream& stream, std::string answer, std::string& request) {
  asio::streambuf buffer;
  const std::size_t size = co_await asio::async_read_until(stream, buffer, "\r\n\r\n", asio::use_awaitable);
  request.assign(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + static_cast<long>(size));
  co_await asio::async_write(stream, asio::buffer(answer), asio::use_awaitable);
}

asio::awaitable<void> serve(tcp::acceptor& acceptor, asio::ssl::context* tls, std::string answer,
                            std::string& request) {
  tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
  if (tls == nullptr) {
    co_await answer_once(socket, std::move(answer), request);
    co_return;
  }
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  co_await answer_once(stream, std::move(answer), request);
}

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  HttpResult ask(std::string answer, TlsSettings settings = {}, asio::ssl::context* tls = nullptr) {
    asio::co_spawn(io_, serve(acceptor_, tls, std::move(answer), request_), asio::detached);
    const HttpExchange ask = make_http_client(io_, {"127.0.0.1", acceptor_.local_endpoint().port()},
                                              Credentials{"admin", "changeit"}, settings, 2s);
    std::optional<HttpResult> result;
    ask({"GET", "/a%20b", ""}, [&](HttpResult r) { result = std::move(r); });
    EXPECT_FALSE(result.has_value()) << "called back from within the call";
    while (!result) {
      if (io_.stopped()) io_.restart();
      io_.run_one();
    }
    return *std::move(result);
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::string request_;
};

TEST_F(HttpClientTest, ReadsAnAnswer) {
  const HttpResult result = ask("HTTP/1.1 400 Buffer Size too small\r\nContent-Length: 2\r\n\r\n{}");
  const auto& response = std::get<HttpResponse>(result);
  EXPECT_EQ(response.status, 400u);
  EXPECT_EQ(response.reason, "Buffer Size too small");
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(request_.find("GET /a%20b HTTP/1.1\r\n"), 0u) << request_;
  EXPECT_NE(request_.find("\r\nAuthorization: Basic YWRtaW46Y2hhbmdlaXQ=\r\n"), std::string::npos) << request_;
}

TEST_F(HttpClientTest, ReportsAnAnswerThatBreaksOffOrIsNone) {
  EXPECT_TRUE(std::holds_alternative<HttpFailure>(ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}")));
  EXPECT_TRUE(std::holds_alternative<HttpFailure>(ask("not HTTP at all\r\n\r\n")));
  EXPECT_TRUE(std::holds_alternative<HttpFailure>(ask("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")));
}

TEST_F(HttpClientTest, SpeaksTls) {
  const TestCertificate certificate(testing::TempDir(), "127.0.0.1");
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.use_certificate_chain_file(certificate.certificate_file);
  tls.use_private_key_file(certificate.key_file, asio::ssl::context::pem);
  TlsSettings settings;
  settings.enabled = true;
  settings.ca_file = certificate.certificate_file;
  const HttpResult good = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", settings, &tls);
  ASSERT_TRUE(std::holds_alternative<HttpResponse>(good)) << std::get<HttpFailure>(good).message;
  settings.ca_file.clear();
  const HttpResult bad = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", settings, &tls);
  const std::string& why = std::get<HttpFailure>(bad).message;
  EXPECT_TRUE(why.starts_with("the server's certificate is refused: self-signed certificate")) << why;
  EXPECT_NE(why.find("tls.caFile"), std::string::npos) << why;
}

// Answers requests from a list and notes them.
struct ScriptedHttp {
  std::deque<HttpResult> answers;
  std::vector<HttpRequest> requests;

  HttpExchange exchange() {
    return [this](const HttpRequest& request, const std::function<void(HttpResult)>& done) {
      requests.push_back(request);
      HttpResult result = HttpFailure{"the script is over"};
      if (!answers.empty()) {
        result = answers.front();
        answers.pop_front();
      }
      done(std::move(result));
    };
  }
};

Subscription subscription() {
  Subscription subscription;
  subscription.stream = "$ce-hero";
  subscription.group = "my data";
  return subscription;
}

// What a server shows of a group with our default settings, but for its retry count and its start.
HttpResult info_with(int max_retry_count, int start_from = 0, int last_checkpoint = -1) {
  return HttpResponse{200, "OK",
                      R"({"config":{"resolveLinktos":true,"startFrom":)" + std::to_string(start_from) +
                          R"(,"messageTimeoutMilliseconds":3600000,)"
                          R"("extraStatistics":false,"maxRetryCount":)" +
                          std::to_string(max_retry_count) +
                          R"(,"liveBufferSize":10000,"bufferSize":10000,"readBatchSize":500,)"
                          R"("checkPointAfterMilliseconds":2000,"minCheckPointCount":10,"maxCheckPointCount":1000,)"
                          R"("maxSubscriberCount":0,"namedConsumerStrategy":"Pinned"},)"
                          R"("eventStreamId":"$ce-hero","groupName":"my data","lastProcessedEventNumber":)" +
                          std::to_string(last_checkpoint) + "}"};
}
const HttpResult kInfoAsWanted = info_with(1'000'000);
const HttpResult kInfoThatDiffers = info_with(10);

// A server's two doors, each of which answers from a list. The log tells in which order they were used.
struct ScriptedServer {
  std::deque<GroupOutcome> outcomes;
  std::deque<HttpResult> answers;
  std::string log = {};
  std::string target = {};
  GroupSettings sent = {};

  GroupCommandExchange command() {
    return [this](GroupCommand command, const GroupSettings& settings, const std::function<void(GroupOutcome)>& done) {
      sent = settings;
      log += command == GroupCommand::kCreate ? "create " : "update ";
      done(next(outcomes, GroupOutcome(StoreError{ErrorKind::kTimeout, "the script is over"})));
    };
  }
  HttpExchange http() {
    return [this](const HttpRequest& request, const std::function<void(HttpResult)>& done) {
      log += request.method + " ";
      target = request.target;
      done(next(answers, HttpResult(HttpFailure{"the script is over"})));
    };
  }

 private:
  template <typename T>
  static T next(std::deque<T>& script, T otherwise) {
    if (script.empty()) return otherwise;
    const T first = script.front();
    script.pop_front();
    return first;
  }
};

GroupResult upsert(ScriptedServer& server, bool may_update = true, std::chrono::milliseconds patience = 0ms) {
  asio::io_context io;
  return run(io, upsert_group(server.command(), server.http(), subscription(), may_update, patience));
}

GroupOutcome refused(ErrorKind kind) { return StoreError{kind, "because"}; }

TEST(UpsertGroup, CreatesAMissingGroup) {
  ScriptedServer server{{GroupAnswer::kDone}, {}};
  const GroupResult result = upsert(server);
  EXPECT_EQ(std::get<GroupPrepared>(result).state, GroupState::kCreated);
  EXPECT_EQ(std::get<GroupPrepared>(result).effective, subscription().settings);
  EXPECT_EQ(server.log, "create ");
}

TEST(UpsertGroup, LeavesAGroupAloneThatIsAsItShouldBe) {
  ScriptedServer server{{GroupAnswer::kAlreadyExists}, {kInfoAsWanted}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(server)).state, GroupState::kUnchanged);
  EXPECT_EQ(server.log, "create GET ");
  EXPECT_EQ(server.target, "/subscriptions/%24ce-hero/my%20data/info");
}

TEST(UpsertGroup, UpdatesAGroupThatDiffersButOnlyIfItMay) {
  ScriptedServer server{{GroupAnswer::kAlreadyExists, GroupAnswer::kDone}, {kInfoThatDiffers}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(server)).state, GroupState::kUpdated);
  EXPECT_EQ(server.log, "create GET update ");

  ScriptedServer later{{GroupAnswer::kAlreadyExists}, {kInfoThatDiffers}};
  const GroupResult result = upsert(later, false);
  EXPECT_EQ(std::get<GroupPrepared>(result).state, GroupState::kUnchanged);
  EXPECT_EQ(std::get<GroupPrepared>(result).effective.max_retry_count, 10);
  EXPECT_EQ(later.log, "create GET ");
}

TEST(UpsertGroup, KeepsAGroupWhoseUpdateIsRefused) {
  for (const GroupOutcome& outcome :
       {refused(ErrorKind::kAccessDenied), refused(ErrorKind::kTimeout), GroupOutcome(GroupAnswer::kDoesNotExist)}) {
    ScriptedServer server{{GroupAnswer::kAlreadyExists, outcome}, {kInfoThatDiffers}};
    const GroupResult result = upsert(server);
    EXPECT_EQ(std::get<GroupPrepared>(result).state, GroupState::kKept);
    EXPECT_EQ(std::get<GroupPrepared>(result).effective.max_retry_count, 10);
  }
}

TEST(UpsertGroup, AnUpdateDoesNotMoveAGroup) {
  ScriptedServer moved{{GroupAnswer::kAlreadyExists}, {info_with(1'000'000, 7)}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(moved)).state, GroupState::kUnchanged);

  ScriptedServer other{{GroupAnswer::kAlreadyExists, GroupAnswer::kDone}, {info_with(10, 7)}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(other)).effective.start_from, 7);
  EXPECT_EQ(other.log, "create GET update ");
  EXPECT_EQ(other.sent.start_from, 7);
}

TEST(UpsertGroup, AGroupThatBeganAtTheEndIsUpdatedOnceItHasACheckpoint) {
  ScriptedServer without{{GroupAnswer::kAlreadyExists}, {info_with(10, -1)}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(without)).state, GroupState::kKept);
  EXPECT_EQ(without.log, "create GET ");

  ScriptedServer with{{GroupAnswer::kAlreadyExists, GroupAnswer::kDone}, {info_with(10, -1, 0)}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(with)).state, GroupState::kUpdated);
  EXPECT_EQ(with.sent.start_from, -1);
}

void renew(ScriptedServer& server) {
  asio::io_context io;
  asio::co_spawn(io, renew_group(server.command(), server.http(), subscription()), asio::detached);
  io.run();
}

TEST(RenewGroup, UpdatesItWithTheSettingsThatItHas) {
  ScriptedServer server{{GroupAnswer::kDone}, {info_with(10, 7)}};
  renew(server);
  EXPECT_EQ(server.log, "GET update ");
  EXPECT_EQ(server.sent.max_retry_count, 10) << "not those that are wanted";
  EXPECT_EQ(server.sent.start_from, 7);
}

TEST(RenewGroup, NotWhereItWouldLoseItsPlaceOrIsNotKnown) {
  for (const HttpResult& info : {info_with(10, -1), HttpResult(HttpResponse{401, "Unauthorized", ""})}) {
    ScriptedServer server{{}, {info}};
    renew(server);
    EXPECT_EQ(server.log, "GET ");
  }
}

TEST(UpsertGroup, GoesOnWithoutAnUpdateWhereTheSettingsCannotBeRead) {
  // 404 as well: the group exists, HTTP just cannot name it.
  for (const HttpResult& info :
       {HttpResult(HttpResponse{200, "OK", "{"}), HttpResult(HttpResponse{200, "OK", "{}"}),
        HttpResult(HttpResponse{401, "Unauthorized", ""}), HttpResult(HttpFailure{"refused"}),
        HttpResult(HttpResponse{404, "Not Found", ""}), HttpResult(HttpResponse{500, "Internal", ""})}) {
    ScriptedServer server{{GroupAnswer::kAlreadyExists}, {info}};
    EXPECT_EQ(std::get<GroupPrepared>(upsert(server)).state, GroupState::kUnread);
    EXPECT_EQ(server.log, "create GET ");
  }
}

TEST(UpsertGroup, UsesAGroupThatItMayNotCreate) {
  ScriptedServer there{{refused(ErrorKind::kAccessDenied)}, {kInfoAsWanted}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(there)).state, GroupState::kUnchanged);
  // It may be there, or not: that shows when it is connected to, and then there is nobody else to make it.
  for (const HttpResult& info :
       {HttpResult(HttpResponse{401, "Unauthorized", ""}), HttpResult(HttpFailure{"refused"})}) {
    ScriptedServer unread{{refused(ErrorKind::kAccessDenied)}, {info}};
    const auto prepared = std::get<GroupPrepared>(upsert(unread));
    EXPECT_EQ(prepared.state, GroupState::kUnread);
    EXPECT_NE(prepared.not_created.find("only a user of $admins or $ops may create it"), std::string::npos);
  }
  ScriptedServer exists{{GroupAnswer::kAlreadyExists}, {HttpFailure{"refused"}}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(exists)).not_created, "");
  ScriptedServer missing{{refused(ErrorKind::kAccessDenied)}, {HttpResponse{404, "Not Found", ""}}};
  EXPECT_EQ(std::get<GroupFailed>(upsert(missing)).reason, DropReason::kAccessDenied);
}

TEST(UpsertGroup, AsksAgainWhileTheServerIsStarting) {
  ScriptedServer server{{GroupAnswer::kAlreadyExists}, {HttpResponse{401, "Unauthorized", ""}, kInfoAsWanted}};
  EXPECT_EQ(std::get<GroupPrepared>(upsert(server, true, 10s)).state, GroupState::kUnchanged);
  EXPECT_EQ(server.log, "create GET GET ");
}

TEST(UpsertGroup, TellsWhyAGroupCannotBeCreated) {
  const auto reason = [](ErrorKind kind) {
    ScriptedServer server{{refused(kind)}, {}};
    const GroupResult result = upsert(server);
    EXPECT_EQ(server.log, "create ");
    EXPECT_EQ(std::get<GroupFailed>(result).message, "cannot create group 'my data' of '$ce-hero': because");
    return std::get<GroupFailed>(result).reason;
  };
  EXPECT_EQ(reason(ErrorKind::kUnavailable), DropReason::kConnectionLost);
  EXPECT_EQ(reason(ErrorKind::kNotAuthenticated), DropReason::kNotAuthenticated);
  EXPECT_EQ(reason(ErrorKind::kTimeout), DropReason::kServer);
  EXPECT_EQ(reason(ErrorKind::kInvalid), DropReason::kServer);
}

}  // namespace
}  // namespace interconnect::legacy
