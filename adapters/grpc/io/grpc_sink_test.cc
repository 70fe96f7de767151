#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/io_test_support.h"
#include "adapters/grpc/io/scripted_server.h"

namespace interconnect::next {
namespace {

EventId id_of(std::uint8_t number) {
  EventId id;
  id.bytes.fill(number);
  return id;
}

std::vector<Event> some_events() {
  std::vector<Event> events;
  events.emplace_back(EventView{"s", 0, id_of(1), "A", ContentKind::kJson, "{}", "{\"m\":1}"});
  events.emplace_back(EventView{"s", 1, id_of(2), "B", ContentKind::kBinary, std::string_view("\0\xff", 2), ""});
  return events;
}

void succeed(const std::vector<streams::AppendReq>& requests, streams::AppendResp& response) {
  const auto& options = requests.front().options();
  const std::uint64_t next = options.has_revision() ? options.revision() + 1 : 0;
  response.mutable_success()->set_current_revision(next + requests.size() - 2);
}

grpc::Status append_all(grpc::ServerContext&, const std::vector<streams::AppendReq>& requests,
                        streams::AppendResp& response) {
  succeed(requests, response);
  return grpc::Status::OK;
}

class GrpcSinkTest : public testing::Test {
 protected:
  void start(const GrpcStoreSettings& settings) {
    sink_ = make_grpc_sink(io_, settings);
    sink_->start(recorder_);
  }

  const AppendOutcome& append(Revision expected = kNoStream) {
    const auto events = some_events();
    const std::size_t before = recorder_.outcomes.size();
    sink_->append({.id = ++last_id_, .stream = "s", .expected_revision = expected, .events = events});
    EXPECT_EQ(recorder_.outcomes.size(), before) << "told from within append()";
    EXPECT_TRUE(run_until(io_, [&] { return recorder_.outcomes.size() > before && recorder_.since_end == 0; }));
    EXPECT_EQ(recorder_.outcomes.back().first, last_id_);
    return recorder_.outcomes.back().second;
  }

  StoreError append_error() {
    const AppendOutcome& outcome = append();
    const auto* error = std::get_if<StoreError>(&outcome);
    EXPECT_NE(error, nullptr);
    return error == nullptr ? StoreError{} : *error;
  }

  ReadAnswer read(ReadDirection direction, Revision from, std::int32_t count) {
    sink_->read({.id = 5, .stream = "s", .direction = direction, .from = from, .count = count});
    if (!run_until(io_, [&] { return !recorder_.reads.empty(); })) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    ReadAnswer answer = std::move(recorder_.reads.back());
    recorder_.reads.clear();
    return answer;
  }

  std::optional<StoreError> probe() {
    std::optional<std::optional<StoreError>> answer;
    sink_->probe([&](const std::optional<StoreError>& error) { answer = error; });
    EXPECT_FALSE(answer) << "told from within probe()";
    EXPECT_TRUE(run_until(io_, [&] { return answer.has_value(); }));
    return answer.value_or(StoreError{});
  }

  void TearDown() override {
    if (sink_) stop_and_wait(io_, *sink_);
  }

  boost::asio::io_context io_;
  SinkRecorder recorder_;
  std::unique_ptr<EventSink> sink_;
  std::uint64_t last_id_ = 0;
};

// RpcExceptions.cs puts the stream's name into a trailer of StreamDeleted, which the web server refuses to send.
class DeletedBeyondAscii : public GrpcSinkTest {
 protected:
  static grpc::Status http_500() { return {grpc::StatusCode::UNKNOWN, "Received http2 header with status: 500"}; }

  ScriptedServer::Script script() {
    return {.append = [](auto&, const auto&, auto&) { return http_500(); },
            .read =
                [this](auto&, const streams::ReadReq& request, grpc::ServerWriter<streams::ReadResp>& writer) {
                  const std::string& stream = request.options().stream().stream_identifier().stream_name();
                  ++(stream == kDeleted ? reads_of_deleted : reads_of_others);
                  if (stream == kDeleted || fails_always) return http_500();
                  streams::ReadResp response;
                  response.mutable_stream_not_found()->mutable_stream_identifier()->set_stream_name(stream);
                  writer.Write(response);
                  return grpc::Status::OK;
                }};
  }
  StoreError read_error() {
    sink_->read({.id = 5, .stream = kDeleted, .direction = ReadDirection::kForward, .from = 0, .count = 1});
    EXPECT_TRUE(run_until(io_, [&] { return !recorder_.reads.empty(); }));
    return std::exchange(recorder_.reads, {}).back().error.value_or(StoreError{});
  }
  StoreError append_to_deleted() {
    const auto events = some_events();
    sink_->append({.id = 1, .stream = kDeleted, .expected_revision = kNoStream, .events = events});
    EXPECT_TRUE(run_until(io_, [&] { return !recorder_.outcomes.empty() && recorder_.since_end == 0; }));
    return std::get<StoreError>(std::exchange(recorder_.outcomes, {}).back().second);
  }

  const std::string kDeleted = "cat-\xc3\xb6";
  std::atomic<int> reads_of_deleted = 0;
  std::atomic<int> reads_of_others = 0;
  std::atomic<bool> fails_always = false;
};

TEST_F(DeletedBeyondAscii, ReadsProveIt) {
  ScriptedServer server(script());
  start(settings_for(server.port()));
  const StoreError error = read_error();
  EXPECT_EQ(error.kind, ErrorKind::kStreamDeleted) << error.message;
  EXPECT_GT(reads_of_deleted, 8);
  EXPECT_GT(reads_of_others, 8);
  const int asked = reads_of_others;
  EXPECT_EQ(read_error().kind, ErrorKind::kStreamDeleted);
  EXPECT_EQ(reads_of_others, asked) << "it is known by now";
}

TEST_F(DeletedBeyondAscii, AnAppendIsRefusedAsForAnyDeletedStream) {
  ScriptedServer server(script());
  start(settings_for(server.port()));
  const StoreError error = append_to_deleted();
  EXPECT_EQ(error.kind, ErrorKind::kStreamDeleted) << error.message;
  EXPECT_TRUE(error.message.starts_with("append to cat-\xc3\xb6: ")) << error.message;
}

TEST_F(DeletedBeyondAscii, AServerThatFailsForAnotherStreamAsWellProvesNothing) {
  ScriptedServer server(script());
  fails_always = true;
  start(settings_for(server.port()));
  const StoreError error = read_error();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_NE(error.message.find("its log may tell why"), std::string::npos) << error.message;
  EXPECT_EQ(append_to_deleted().kind, ErrorKind::kUnavailable);
}

TEST_F(GrpcSinkTest, AnAnswerWithAnEarlierPositionIsARepeat) {
  std::atomic<std::uint64_t> position = 500;
  ScriptedServer server({.append = [&](auto&, const auto& requests, auto& response) {
    succeed(requests, response);
    response.mutable_success()->mutable_position()->set_commit_position(position);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  EXPECT_EQ(append(), (AppendOutcome{Appended{1}}));
  position = 600;
  EXPECT_EQ(append(), (AppendOutcome{Appended{1}}));
  position = 500;
  EXPECT_EQ(append(), (AppendOutcome{Appended{.last_revision = 1, .was_repeated = true}}));
}

TEST_F(GrpcSinkTest, AnAppendIsItsOptionsAndItsEvents) {
  std::vector<streams::AppendReq> got;
  std::string requires_leader;
  std::string name;
  bool authorization = false;
  ScriptedServer server({.append = [&](grpc::ServerContext& context, const auto& requests, auto& response) {
    got = requests;
    for (const auto& [key, value] : context.client_metadata()) {
      if (key == "requires-leader") requires_leader.assign(value.data(), value.size());
      if (key == "connection-name") name.assign(value.data(), value.size());
      authorization |= key == "authorization";
    }
    succeed(requests, response);
    return grpc::Status::OK;
  }});
  auto settings = settings_for(server.port());
  settings.credentials = Credentials{"admin", "changeit"};
  start(settings);
  EXPECT_EQ(append(6), (AppendOutcome{Appended{8}}));
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].options().stream_identifier().stream_name(), "s");
  EXPECT_EQ(got[0].options().revision(), 6u);
  EXPECT_EQ(got[1].proposed_message().metadata().at("type"), "A");
  EXPECT_EQ(got[1].proposed_message().custom_metadata(), "{\"m\":1}");
  EXPECT_EQ(got[2].proposed_message().data(), std::string("\0\xff", 2));
  EXPECT_EQ(requires_leader, "true");
  EXPECT_EQ(name, "test");
  EXPECT_FALSE(authorization) << "a password went over plaintext";
}

TEST_F(GrpcSinkTest, ManyAppendsAreUnderWayAtOnce) {
  ScriptedServer server({.append = [&](auto&, const auto& requests, auto& response) {
    succeed(requests, response);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  const auto events = some_events();
  std::set<std::uint64_t> left;
  for (std::uint64_t id = 100; id < 200; ++id) {
    left.insert(id);
    sink_->append({.id = id, .stream = "s" + std::to_string(id), .expected_revision = kNoStream, .events = events});
  }
  ASSERT_TRUE(run_until(io_, [&] { return recorder_.outcomes.size() == 100 && recorder_.since_end == 0; }));
  for (const auto& [id, outcome] : recorder_.outcomes) {
    EXPECT_EQ(outcome, (AppendOutcome{Appended{1}}));
    EXPECT_EQ(left.erase(id), 1u);
  }
  EXPECT_TRUE(left.empty());
}

TEST_F(GrpcSinkTest, AWrongExpectedVersionIsAnAnswer) {
  ScriptedServer server({.append = [](auto&, const auto&, auto& response) {
    response.mutable_wrong_expected_version()->set_current_revision_20_6_0(4);
    response.mutable_wrong_expected_version()->set_current_revision(4);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  EXPECT_EQ(append(), (AppendOutcome{WrongExpectedVersion{4}}));
}

TEST_F(GrpcSinkTest, TrailersNameTheError) {
  struct Case {
    grpc::StatusCode code;
    std::string exception;
    ErrorKind kind;
  };
  const std::vector<Case> cases{
      {grpc::StatusCode::FAILED_PRECONDITION, "stream-deleted", ErrorKind::kStreamDeleted},
      {grpc::StatusCode::INVALID_ARGUMENT, "maximum-append-size-exceeded", ErrorKind::kTooLarge},
      {grpc::StatusCode::PERMISSION_DENIED, "access-denied", ErrorKind::kAccessDenied},
  };
  std::size_t next = 0;
  ScriptedServer server({.append = [&](grpc::ServerContext& context, const auto&, auto&) {
    const Case& now = cases[next++];
    return fail(context, now.code, "text", {{"exception", now.exception}});
  }});
  start(settings_for(server.port()));
  for (const Case& expected : cases) {
    EXPECT_EQ(append_error().kind, expected.kind) << expected.exception;
  }
}

TEST_F(GrpcSinkTest, AMalformedAppendIsInvalid) {
  ScriptedServer server({.append = [](grpc::ServerContext&, const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::UNKNOWN, "Exception was thrown by handler.");
  }});
  start(settings_for(server.port()));
  EXPECT_EQ(append_error().kind, ErrorKind::kInvalid);
}

TEST_F(GrpcSinkTest, TheLeaderThatIsNamedIsFollowed) {
  ScriptedServer leader({.append = [](auto&, const auto& requests, auto& response) {
    succeed(requests, response);
    return grpc::Status::OK;
  }});
  ScriptedServer follower({.append = [&](grpc::ServerContext& context, const auto&, auto&) {
    return fail(context, grpc::StatusCode::NOT_FOUND, "Leader info available",
                {{"exception", "not-leader"},
                 {"leader-endpoint-host", "127.0.0.1"},
                 {"leader-endpoint-port", std::to_string(leader.port())}});
  }});
  start(settings_for(follower.port()));
  EXPECT_EQ(append_error().kind, ErrorKind::kNotReady);
  EXPECT_EQ(append(), (AppendOutcome{Appended{1}}));
}

TEST_F(GrpcSinkTest, GossipLeadsToTheLeader) {
  ScriptedServer leader({.append = [](auto&, const auto& requests, auto& response) {
    succeed(requests, response);
    return grpc::Status::OK;
  }});
  ScriptedServer seed({.gossip = [&](gossip::ClusterInfo& cluster) {
    add_member(cluster, gossip::MemberInfo::Leader, leader.port());
  }});
  auto settings = settings_for(seed.port());
  settings.discover = true;
  start(settings);
  // Not connected yet: an append is not kept for later.
  EXPECT_EQ(append_error().kind, ErrorKind::kUnavailable);
  ASSERT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
}

// What a follower does not have yet would be appended once more.
TEST_F(GrpcSinkTest, TheLeaderIsWrittenToAndReadWhateverNodeIsPreferred) {
  std::atomic<int> reads_of_the_leader = 0;
  std::atomic<int> other_calls = 0;
  ScriptedServer leader({.append = append_all, .read = [&](grpc::ServerContext& context, const auto&, auto&) {
                           const auto& metadata = context.client_metadata();
                           const auto found = metadata.find("requires-leader");
                           (found != metadata.end() && found->second == "true" ? reads_of_the_leader : other_calls)++;
                           return grpc::Status::OK;
                         }});
  ScriptedServer follower({.append =
                               [&](auto& context, const auto& requests, auto& response) {
                                 ++other_calls;
                                 return append_all(context, requests, response);
                               },
                           .read =
                               [&](auto&, const auto&, auto&) {
                                 ++other_calls;
                                 return grpc::Status::OK;
                               },
                           .gossip =
                               [&](gossip::ClusterInfo& cluster) {
                                 add_member(cluster, gossip::MemberInfo::Follower, follower.port());
                                 add_member(cluster, gossip::MemberInfo::Leader, leader.port());
                               }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  settings.node_preference = NodePreference::kFollower;
  start(settings);
  ASSERT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
  const int before = reads_of_the_leader;
  EXPECT_EQ(read(ReadDirection::kForward, 0, 1).error, std::nullopt);
  EXPECT_GT(reads_of_the_leader, before);
  EXPECT_EQ(other_calls, 0);
}

TEST_F(GrpcSinkTest, ANodeThatKnowsNoLeaderIsLeftForAnother) {
  const auto refuse = [](grpc::ServerContext& context) {
    return fail(context, grpc::StatusCode::UNKNOWN, "No leader info available in response");
  };
  std::atomic<bool> elected = false;
  ScriptedServer leader({.append = append_all});
  ScriptedServer follower({.append = [&](auto& context, const auto&, auto&) { return refuse(context); },
                           .read = [&](auto& context, const auto&, auto&) { return refuse(context); },
                           .gossip =
                               [&](gossip::ClusterInfo& cluster) {
                                 add_member(cluster, gossip::MemberInfo::Follower, follower.port());
                                 if (elected) add_member(cluster, gossip::MemberInfo::Leader, leader.port());
                               }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  start(settings);
  ASSERT_TRUE(run_until(io_, [&] { return append_error().kind == ErrorKind::kNotReady; }));
  elected = true;
  EXPECT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
}

TEST_F(GrpcSinkTest, AnAnswerOfAConnectionThatWasLeftDoesNotEndTheSearchForAnother) {
  std::atomic<bool> held = false;
  std::atomic<bool> released = false;
  ScriptedServer server(
      {.append =
           [&](grpc::ServerContext& context, const auto& requests, auto& response) {
             const std::string& stream = requests.front().options().stream_identifier().stream_name();
             if (stream == "lost") return fail(context, grpc::StatusCode::UNAVAILABLE, "");
             if (stream == "held") {
               held = true;
               while (!released && !context.IsCancelled()) std::this_thread::yield();
             }
             return append_all(context, requests, response);
           },
       .gossip =
           [&](gossip::ClusterInfo& cluster) { add_member(cluster, gossip::MemberInfo::Leader, server.port()); }});
  auto settings = settings_for(server.port());
  settings.discover = true;
  settings.reconnection.delay = std::chrono::milliseconds(300);
  start(settings);
  const auto events = some_events();
  const auto send = [&](std::string_view stream) {
    sink_->append({.id = ++last_id_, .stream = stream, .expected_revision = kNoStream, .events = events});
    return last_id_;
  };
  const auto answered = [&](std::uint64_t id) {
    return std::any_of(recorder_.outcomes.begin(), recorder_.outcomes.end(),
                       [&](const auto& outcome) { return outcome.first == id; });
  };
  const auto is_written_to = [&] { return append() == (AppendOutcome{Appended{1}}); };
  ASSERT_TRUE(run_until(io_, is_written_to));
  // After the first loss another node is looked for at once, after the second only later.
  const auto first_loss = send("lost");
  ASSERT_TRUE(run_until(io_, [&] { return answered(first_loss); }));
  ASSERT_TRUE(run_until(io_, is_written_to));
  const auto late = send("held");
  ASSERT_TRUE(run_until(io_, [&] { return held.load(); }));
  const auto second_loss = send("lost");
  ASSERT_TRUE(run_until(io_, [&] { return answered(second_loss); }));
  released = true;
  ASSERT_TRUE(run_until(io_, [&] { return answered(late); }));
  EXPECT_TRUE(run_until(io_, is_written_to));
}

TEST_F(GrpcSinkTest, WithoutAnAnswerThereIsATimeout) {
  ScriptedServer server({.append = [](grpc::ServerContext& context, const auto&, auto&) {
    hold(context);
    return grpc::Status::CANCELLED;
  }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::milliseconds(100);
  start(settings);
  EXPECT_EQ(append_error().kind, ErrorKind::kTimeout);
}

TEST_F(GrpcSinkTest, WithoutAServerTheSinkIsLostInTheEnd) {
  std::uint16_t port = 0;
  { port = ScriptedServer({}).port(); }
  auto settings = settings_for(port);
  settings.reconnection = {.max_attempts = 3, .delay = std::chrono::milliseconds(1), .patience = {}};
  start(settings);
  EXPECT_EQ(append_error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(run_until(io_, [&] { return !recorder_.lost.empty(); }));
  EXPECT_EQ(recorder_.lost.size(), 1u);
  EXPECT_NE(recorder_.lost.front().find("allow no more attempts"), std::string::npos) << recorder_.lost.front();
}

TEST_F(GrpcSinkTest, TheReasonOfTheDiscoveryIsInEveryRefusal) {
  std::uint16_t port = 0;
  { port = ScriptedServer({}).port(); }
  auto settings = settings_for(port);
  settings.discover = true;
  start(settings);
  const auto refused = probe();  // waits until the cluster has been looked for
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message.find("127.0.0.1:" + std::to_string(port) + ": gossip: "), std::string::npos);
  EXPECT_NE(refused->message.find("refused"), std::string::npos) << refused->message;
  EXPECT_EQ(append_error().kind, ErrorKind::kUnavailable);
  const auto& error = std::get<StoreError>(recorder_.outcomes.back().second);
  EXPECT_NE(error.message.find("refused"), std::string::npos) << error.message;
}

TEST_F(GrpcSinkTest, ALeaderThatDiesIsReplacedThoughGossipNamesItForAWhile) {
  std::atomic<bool> elected = false;
  auto leader = std::make_unique<ScriptedServer>(ScriptedServer::Script{.append = append_all});
  const std::uint16_t dead = leader->port();
  ScriptedServer follower(
      {.append = append_all,
       .read =
           [&](grpc::ServerContext& context, const auto&, auto&) {
             if (elected) return grpc::Status::OK;
             return fail(context, grpc::StatusCode::NOT_FOUND, "Leader info available",
                         {{"exception", "not-leader"},
                          {"leader-endpoint-host", "127.0.0.1"},
                          {"leader-endpoint-port", std::to_string(dead)}});
           },
       .gossip =
           [&](gossip::ClusterInfo& cluster) {
             add_member(cluster, elected ? gossip::MemberInfo::Follower : gossip::MemberInfo::Leader, dead);
             add_member(cluster, elected ? gossip::MemberInfo::Leader : gossip::MemberInfo::Follower, follower.port());
           }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  settings.discovery_interval = std::chrono::milliseconds(5);
  settings.reconnection.delay = kPatience;  // it would not come in time
  start(settings);
  ASSERT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
  leader.reset();
  for (int i = 0; i < 20; ++i) append_error();
  elected = true;
  EXPECT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
}

// A leader of 24.10 that shuts down keeps its connections for seconds, and answers nothing.
TEST_F(GrpcSinkTest, WhatASilentLeaderWasAskedEndsOnceAnotherLeads) {
  std::atomic<bool> is_silent = false;
  ScriptedServer leader({.append =
                             [&](grpc::ServerContext& context, const auto& requests, auto& response) {
                               if (!is_silent) return append_all(context, requests, response);
                               hold(context);
                               return grpc::Status::CANCELLED;
                             },
                         .read =
                             [&](grpc::ServerContext& context, const auto&, auto&) {
                               if (is_silent) hold(context);
                               return grpc::Status::OK;
                             }});
  ScriptedServer follower(
      {.append = append_all, .gossip = [&](gossip::ClusterInfo& cluster) {
         add_member(cluster, is_silent ? gossip::MemberInfo::Follower : gossip::MemberInfo::Leader, leader.port());
         add_member(cluster, is_silent ? gossip::MemberInfo::Leader : gossip::MemberInfo::Follower, follower.port());
       }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  settings.operation_timeout = std::chrono::hours(1);
  start(settings);
  ASSERT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
  ASSERT_EQ(probe(), std::nullopt);  // it is not only being tried any more
  is_silent = true;
  sink_->read({.id = 5, .stream = "s", .direction = ReadDirection::kForward, .from = 0, .count = 1});
  EXPECT_EQ(append_error().kind, ErrorKind::kUnavailable);
  ASSERT_TRUE(run_until(io_, [&] { return !recorder_.reads.empty(); }));
  EXPECT_EQ(recorder_.reads.front().error->kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
}

TEST_F(GrpcSinkTest, AServerThatComesBackIsWrittenToAgain) {
  const ScriptedServer::Script script{.append = [](auto&, const auto& requests, auto& response) {
    succeed(requests, response);
    return grpc::Status::OK;
  }};
  auto server = std::make_unique<ScriptedServer>(script);
  const std::uint16_t port = server->port();
  start(settings_for(port));
  EXPECT_EQ(append(), (AppendOutcome{Appended{1}}));
  server.reset();
  EXPECT_EQ(append_error().kind, ErrorKind::kUnavailable);
  server = std::make_unique<ScriptedServer>(script, port);
  EXPECT_TRUE(run_until(io_, [&] { return append() == (AppendOutcome{Appended{1}}); }));
  EXPECT_TRUE(recorder_.lost.empty());
}

TEST_F(GrpcSinkTest, PagesAreReadWhole) {
  streams::ReadReq got;
  ScriptedServer server({.read = [&](auto&, const streams::ReadReq& request, auto& writer) {
    if (request.options().stream().stream_identifier().stream_name() != "s") return grpc::Status::OK;
    got = request;
    for (std::uint64_t i = 0; i < request.options().count(); ++i) {
      streams::ReadResp response;
      auto& event = *response.mutable_event()->mutable_event();
      event.mutable_id()->mutable_structured()->set_most_significant_bits(static_cast<std::int64_t>(i));
      event.mutable_stream_identifier()->set_stream_name("s");
      event.set_stream_revision(10 - i);
      event.set_data(std::string(100'000, static_cast<char>('a' + i)));
      writer.Write(response);
    }
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  const ReadAnswer answer = read(ReadDirection::kBackward, kStreamEnd, 3);
  EXPECT_TRUE(got.options().stream().has_end());
  EXPECT_EQ(answer.id, 5u);
  ASSERT_EQ(answer.events.size(), 3u);
  EXPECT_EQ(answer.events[2].revision(), 8);
  EXPECT_EQ(answer.events[2].data(), std::string(100'000, 'c'));
  EXPECT_EQ(answer.page.next, 7);
  EXPECT_FALSE(answer.page.end_of_stream);
}

TEST_F(GrpcSinkTest, APageThatIsTooLargeIsGivenUp) {
  std::atomic<bool> cancelled = false;
  ScriptedServer server({.read = [&](grpc::ServerContext& context, const streams::ReadReq& request, auto& writer) {
    if (request.options().stream().stream_identifier().stream_name() != "s") return grpc::Status::OK;
    for (std::uint64_t i = 0; i < request.options().count(); ++i) {
      streams::ReadResp response;
      auto& event = *response.mutable_event()->mutable_event();
      event.mutable_id()->mutable_structured()->set_most_significant_bits(static_cast<std::int64_t>(i));
      event.mutable_stream_identifier()->set_stream_name("s");
      event.set_stream_revision(i);
      event.set_data(std::string(request.options().count() == 1 ? 5 << 20 : 1 << 20, 'x'));
      writer.Write(response);
    }
    // The end would otherwise overtake the cancellation now and then.
    if (request.options().count() > 4) {
      hold(context);
      cancelled = true;
    }
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  const ReadAnswer refused = read(ReadDirection::kForward, 0, 64);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(run_until(io_, [&] { return cancelled.load(); }));
  EXPECT_EQ(read(ReadDirection::kForward, 0, 3).events.size(), 3u);
  EXPECT_EQ(read(ReadDirection::kForward, 0, 1).events.size(), 1u) << "an event that is larger than a page";
  EXPECT_EQ(append_error().kind, ErrorKind::kUnsupported) << "the connection was lost with the read";
}

TEST_F(GrpcSinkTest, AReadOfATombstonedStreamIsAnError) {
  ScriptedServer server({.read = [](grpc::ServerContext& context, const auto&, auto&) {
    return fail(context, grpc::StatusCode::FAILED_PRECONDITION, "gone", {{"exception", "stream-deleted"}});
  }});
  start(settings_for(server.port()));
  EXPECT_EQ(read(ReadDirection::kForward, 0, 1).error->kind, ErrorKind::kStreamDeleted);
}

TEST_F(GrpcSinkTest, AProbeIsAnsweredByAnyAnswerButARefusalOfTheCredentials) {
  std::atomic<int> code{0};
  ScriptedServer server({.read = [&](grpc::ServerContext& context, const auto&, auto&) {
    return fail(context, static_cast<grpc::StatusCode>(code.load()), "Server Is Not Ready");
  }});
  start(settings_for(server.port()));
  EXPECT_EQ(probe(), std::nullopt);
  code = grpc::StatusCode::PERMISSION_DENIED;
  EXPECT_EQ(probe(), std::nullopt);
  code = grpc::StatusCode::UNAUTHENTICATED;
  EXPECT_EQ(probe()->kind, ErrorKind::kNotAuthenticated);
  code = grpc::StatusCode::UNAVAILABLE;
  EXPECT_EQ(probe()->kind, ErrorKind::kNotReady);
}

TEST_F(GrpcSinkTest, AProbeThatIsNotAnsweredNamesTheNode) {
  std::atomic<bool> is_silent = false;
  ScriptedServer server({.read = [&](grpc::ServerContext& context, const auto&, auto&) {
    if (is_silent) hold(context);
    return grpc::Status::OK;
  }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::seconds(1);
  start(settings);
  ASSERT_EQ(probe(), std::nullopt);
  is_silent = true;
  const auto silent = probe();
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->kind, ErrorKind::kTimeout);
  const std::string node = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(silent->message.rfind(node + " does not answer: ", 0), 0u) << silent->message;
}

TEST_F(GrpcSinkTest, AStopTellsNobodyElse) {
  ScriptedServer server({.append = [](grpc::ServerContext& context, const auto&, auto&) {
    hold(context);
    return grpc::Status::CANCELLED;
  }});
  start(settings_for(server.port()));
  const auto events = some_events();
  sink_->append({.id = 1, .stream = "s", .expected_revision = kNoStream, .events = events});
  io_.poll();
  stop_and_wait(io_, *sink_);
  EXPECT_TRUE(recorder_.outcomes.empty());
  sink_.reset();
}

TEST_F(GrpcSinkTest, MayGoWithoutAStop) {
  ScriptedServer server({.append = [](grpc::ServerContext& context, const auto&, auto&) {
    hold(context);
    return grpc::Status::CANCELLED;
  }});
  start(settings_for(server.port()));
  const auto events = some_events();
  sink_->append({.id = 1, .stream = "s", .expected_revision = kNoStream, .events = events});
  sink_.reset();
  io_.poll();
  EXPECT_TRUE(recorder_.outcomes.empty());
}

TEST_F(GrpcSinkTest, AMissingTlsFileIsToldAtOnce) {
  auto settings = settings_for(1);
  settings.tls.enabled = true;
  settings.tls.ca_file = "/nowhere/ca.pem";
  EXPECT_THROW(make_grpc_sink(io_, settings), std::runtime_error);
}

}  // namespace
}  // namespace interconnect::next
