// The sink against a server that offers BatchAppend.
#include "adapters/grpc/io/batch_appender.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/io_test_support.h"
#include "adapters/grpc/io/scripted_server.h"

namespace interconnect::next {
namespace {

using Request = streams::BatchAppendReq;
using Response = streams::BatchAppendResp;
using BatchStream = ScriptedServer::BatchStream;

Response answer_to(const Request& request) {
  Response response;
  *response.mutable_correlation_id() = request.correlation_id();
  *response.mutable_stream_identifier() = request.options().stream_identifier();
  return response;
}

Response success(const Request& request) {
  Response response = answer_to(request);
  const auto& options = request.options();
  const std::uint64_t first = options.has_stream_position() ? options.stream_position() + 1 : 0;
  response.mutable_success()->set_current_revision(first +
                                                   static_cast<std::uint64_t>(request.proposed_messages_size()) - 1);
  return response;
}

grpc::Status answer_all(BatchStream& stream) {
  Request request;
  while (stream.Read(&request)) stream.Write(success(request));
  return grpc::Status::OK;
}

grpc::Status answer_append(grpc::ServerContext&, const std::vector<streams::AppendReq>& requests,
                           streams::AppendResp& response) {
  response.mutable_success()->set_current_revision(requests.size() - 2);
  return grpc::Status::OK;
}

class BatchAppenderTest : public testing::Test {
 protected:
  void start(const GrpcStoreSettings& settings) {
    sink_ = make_grpc_sink(io_, settings);
    sink_->start(recorder_);
  }

  std::uint64_t send(const std::string& stream, Revision expected = kNoStream, int events = 1, std::size_t size = 2) {
    std::vector<Event> proposed;
    for (int i = 0; i < events; ++i) {
      EventId id;
      id.bytes.fill(static_cast<std::uint8_t>(i + 1));
      proposed.emplace_back(EventView{stream, i, id, "A", ContentKind::kJson, std::string(size, 'x'), "{\"m\":1}"});
    }
    sink_->append({.id = ++last_id_, .stream = stream, .expected_revision = expected, .events = proposed});
    return last_id_;
  }

  AppendOutcome outcome_of(std::uint64_t id) {
    const AppendOutcome* found = nullptr;
    EXPECT_TRUE(run_until(io_, [&] {
      for (const auto& [told, outcome] : recorder_.outcomes) {
        if (told == id) found = &outcome;
      }
      return found != nullptr && recorder_.since_end == 0;
    }));
    return found == nullptr ? AppendOutcome(StoreError{}) : *found;
  }
  ErrorKind error_of(std::uint64_t id) {
    const AppendOutcome outcome = outcome_of(id);
    const auto* error = std::get_if<StoreError>(&outcome);
    EXPECT_NE(error, nullptr);
    return error == nullptr ? ErrorKind::kUnsupported : error->kind;
  }

  // Appends until the server has been asked what it offers, and has answered.
  void await_batches(const std::atomic<int>& calls) {
    ASSERT_TRUE(run_until(io_, [&] {
      outcome_of(send("warm"));
      return calls.load() > 0;
    }));
  }

  void TearDown() override {
    if (sink_) stop_and_wait(io_, *sink_);
  }

  boost::asio::io_context io_;
  SinkRecorder recorder_;
  std::unique_ptr<EventSink> sink_;
  std::uint64_t last_id_ = 0;
};

TEST_F(BatchAppenderTest, AnAnswerWithAnEarlierPositionIsARepeat) {
  std::atomic<int> calls = 0;
  std::atomic<std::uint64_t> position = 500;
  ScriptedServer server({.append = answer_append, .batch_append = [&](auto&, BatchStream& stream) {
                           ++calls;
                           Request request;
                           while (stream.Read(&request)) {
                             Response response = success(request);
                             response.mutable_success()->mutable_position()->set_commit_position(position);
                             stream.Write(response);
                           }
                           return grpc::Status::OK;
                         }});
  start(settings_for(server.port()));
  await_batches(calls);
  position = 600;
  EXPECT_EQ(outcome_of(send("s")), (AppendOutcome{Appended{0}}));
  position = 500;
  EXPECT_EQ(outcome_of(send("s")), (AppendOutcome{Appended{.last_revision = 0, .was_repeated = true}}));
}

TEST_F(BatchAppenderTest, AnAppendIsOneMessageWithItsOptionsAndEvents) {
  std::atomic<int> calls = 0;
  std::mutex mutex;
  std::map<std::string, Request> got;
  ScriptedServer server({.append = answer_append, .batch_append = [&](auto&, BatchStream& stream) {
                           ++calls;
                           Request request;
                           while (stream.Read(&request)) {
                             {
                               const std::lock_guard lock(mutex);
                               got[request.options().stream_identifier().stream_name()] = request;
                             }
                             stream.Write(success(request));
                           }
                           return grpc::Status::OK;
                         }});
  start(settings_for(server.port()));
  await_batches(calls);
  EXPECT_EQ(outcome_of(send("s", 6, 2)), (AppendOutcome{Appended{8}}));
  EXPECT_EQ(outcome_of(send("new")), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(calls, 1) << "a call for each append";
  const std::lock_guard lock(mutex);
  const Request& request = got.at("s");
  EXPECT_EQ(request.options().stream_position(), 6u);
  EXPECT_TRUE(request.is_final());
  ASSERT_EQ(request.proposed_messages_size(), 2);
  EXPECT_EQ(request.proposed_messages(1).metadata().at("type"), "A");
  EXPECT_EQ(request.proposed_messages(1).metadata().at("content-type"), "application/json");
  EXPECT_EQ(request.proposed_messages(1).custom_metadata(), "{\"m\":1}");
  EXPECT_EQ(request.proposed_messages(1).data(), "xx");
  EXPECT_EQ(request.proposed_messages(1).id().structured().most_significant_bits(), 0x0202020202020202);
  EXPECT_TRUE(got.at("new").options().has_no_stream());
}

TEST_F(BatchAppenderTest, AnswersFindTheirAppendsInAnyOrderAndCountOnce) {
  std::atomic<int> calls = 0;
  ScriptedServer server({.append = answer_append, .batch_append = [&](auto&, BatchStream& stream) {
                           ++calls;
                           Request request;
                           std::vector<Request> held;
                           while (stream.Read(&request)) {
                             if (request.options().stream_identifier().stream_name() == "warm") {
                               stream.Write(success(request));
                               continue;
                             }
                             held.push_back(request);
                             if (held.size() < 20) continue;
                             for (auto it = held.rbegin(); it != held.rend(); ++it) {
                               stream.Write(success(*it));
                               stream.Write(success(*it));
                             }
                             held.clear();
                           }
                           return grpc::Status::OK;
                         }});
  start(settings_for(server.port()));
  await_batches(calls);
  const std::size_t before = recorder_.outcomes.size();
  for (int i = 0; i < 20; ++i) send("s" + std::to_string(i), i);
  ASSERT_TRUE(run_until(io_, [&] { return recorder_.outcomes.size() == before + 20; }));
  outcome_of(send("warm"));  // behind every second answer
  ASSERT_EQ(recorder_.outcomes.size(), before + 21);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(recorder_.outcomes[before + i].second, (AppendOutcome{Appended{20 - static_cast<Revision>(i)}}));
  }
}

// What ends the call says nothing of the others that it carried.
TEST_F(BatchAppenderTest, TheOneThatMakesTheServerEndTheCallIsFoundBySendingEachAlone) {
  std::atomic<int> calls = 0;
  ScriptedServer server({.append =
                             [](grpc::ServerContext& context, const auto& requests, auto& response) {
                               if (requests.front().options().stream_identifier().stream_name() == "bad") {
                                 return fail(context, grpc::StatusCode::UNKNOWN, "Exception was thrown by handler.");
                               }
                               return answer_append(context, requests, response);
                             },
                         .batch_append =
                             [&](auto&, BatchStream& stream) {
                               ++calls;
                               Request request;
                               while (stream.Read(&request)) {
                                 const std::string& name = request.options().stream_identifier().stream_name();
                                 if (name == "good") continue;
                                 if (name == "bad") {
                                   return grpc::Status(grpc::StatusCode::UNKNOWN, "Exception was thrown by handler.");
                                 }
                                 stream.Write(success(request));
                               }
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  await_batches(calls);
  const std::uint64_t good = send("good");
  const std::uint64_t bad = send("bad");
  EXPECT_EQ(error_of(good), ErrorKind::kUnavailable);
  EXPECT_EQ(error_of(bad), ErrorKind::kUnavailable);
  EXPECT_EQ(outcome_of(send("good")), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(error_of(send("bad")), ErrorKind::kInvalid);
  EXPECT_EQ(outcome_of(send("warm")), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(calls, 2);
}

TEST_F(BatchAppenderTest, WithoutAnAnswerThereIsATimeoutAndTheNextCallIsAnother) {
  std::atomic<int> calls = 0;
  ScriptedServer server(
      {.append = answer_append, .batch_append = [&](grpc::ServerContext& context, BatchStream& stream) {
         if (++calls > 1) return answer_all(stream);
         Request request;
         while (stream.Read(&request)) {
           if (request.options().stream_identifier().stream_name() != "warm") break;
           stream.Write(success(request));
         }
         hold(context);
         return grpc::Status::CANCELLED;
       }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::milliseconds(300);
  start(settings);
  await_batches(calls);
  EXPECT_EQ(error_of(send("s")), ErrorKind::kTimeout);
  EXPECT_EQ(outcome_of(send("s")), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(calls, 2);
}

TEST_F(BatchAppenderTest, AServerThatTakesItBackIsWrittenToByAppend) {
  std::atomic<int> calls = 0;
  ScriptedServer server({.append = answer_append, .batch_append = [&](auto&, BatchStream&) {
                           ++calls;
                           return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not here");
                         }});
  start(settings_for(server.port()));
  await_batches(calls);
  EXPECT_EQ(outcome_of(send("s")), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(calls, 1);
}

TEST_F(BatchAppenderTest, TheVersionTellsHowAppendsAreCounted) {
  const auto rule_of = [this](const std::string& version, bool has_batches) {
    std::atomic<int> calls = 0;
    ScriptedServer::Script script{.append = answer_append, .version = version};
    if (has_batches) {
      script.batch_append = [&](auto&, BatchStream& stream) {
        ++calls;
        return answer_all(stream);
      };
    }
    ScriptedServer server(std::move(script));
    start(settings_for(server.port()));
    EXPECT_EQ(sink_->append_size_rule(), AppendSizeRule::kDataMetadataAndType) << "before it is known";
    if (has_batches) await_batches(calls);
    run_until(io_, [&] {
      outcome_of(send("warm"));
      return has_batches || sink_->append_size_rule() == AppendSizeRule::kData;
    });
    const AppendSizeRule rule = sink_->append_size_rule();
    stop_and_wait(io_, *sink_);
    sink_.reset();
    return rule;
  };
  EXPECT_EQ(rule_of("23.10.6", true), AppendSizeRule::kData);
  EXPECT_EQ(rule_of("24.10.4", true), AppendSizeRule::kDataMetadataAndType);
  EXPECT_EQ(rule_of("", true), AppendSizeRule::kDataMetadataAndType);
  EXPECT_EQ(rule_of("", false), AppendSizeRule::kData);  // as 21.2.0, which does not know the question
}

TEST_F(BatchAppenderTest, WhatIsBeyondAMessageGoesByAppend) {
  std::atomic<int> calls = 0;
  std::atomic<int> alone = 0;
  ScriptedServer server({.append =
                             [&](grpc::ServerContext& context, const auto& requests, auto& response) {
                               if (requests.front().options().stream_identifier().stream_name() == "big") ++alone;
                               return answer_append(context, requests, response);
                             },
                         .batch_append =
                             [&](auto&, BatchStream& stream) {
                               ++calls;
                               return answer_all(stream);
                             }});
  start(settings_for(server.port()));
  await_batches(calls);
  EXPECT_EQ(outcome_of(send("big", kNoStream, 1, 3 << 20)), (AppendOutcome{Appended{0}}));
  EXPECT_EQ(alone, 1);
}

TEST_F(BatchAppenderTest, TheLeaderThatIsNamedIsFollowed) {
  std::atomic<int> calls = 0;
  std::atomic<int> leader_calls = 0;
  ScriptedServer leader({.append = answer_append, .batch_append = [&](auto&, BatchStream& stream) {
                           ++leader_calls;
                           return answer_all(stream);
                         }});
  std::atomic<bool> leads = true;
  ScriptedServer former(
      {.append = answer_append, .batch_append = [&](grpc::ServerContext& context, BatchStream& stream) {
         ++calls;
         Request request;
         while (stream.Read(&request)) {
           if (!leads) {
             return fail(context, grpc::StatusCode::NOT_FOUND, "Leader info available",
                         {{"exception", "not-leader"},
                          {"leader-endpoint-host", "127.0.0.1"},
                          {"leader-endpoint-port", std::to_string(leader.port())}});
           }
           stream.Write(success(request));
         }
         return grpc::Status::OK;
       }});
  start(settings_for(former.port()));
  await_batches(calls);
  leads = false;
  EXPECT_EQ(error_of(send("s")), ErrorKind::kNotReady);
  await_batches(leader_calls);
}

TEST_F(BatchAppenderTest, ANodeThatKnowsNoLeaderIsLeftForAnother) {
  std::atomic<int> calls = 0;
  std::atomic<int> leader_calls = 0;
  ScriptedServer leader({.append = answer_append, .batch_append = [&](auto&, BatchStream& stream) {
                           ++leader_calls;
                           return answer_all(stream);
                         }});
  std::atomic<bool> leads = true;
  const auto no_leader = "No leader info available in response";
  ScriptedServer former(
      {.append = answer_append,
       .batch_append =
           [&](auto&, BatchStream& stream) {
             ++calls;
             Request request;
             while (stream.Read(&request)) {
               Response refusal = answer_to(request);
               refusal.mutable_error()->set_message(no_leader);
               stream.Write(leads ? success(request) : refusal);
             }
             return grpc::Status::OK;
           },
       .read = [&](grpc::ServerContext& context, const auto&,
                   auto&) { return leads ? grpc::Status::OK : fail(context, grpc::StatusCode::UNKNOWN, no_leader); },
       .gossip =
           [&](gossip::ClusterInfo& cluster) {
             add_member(cluster, gossip::MemberInfo::Leader, leads ? former.port() : leader.port());
           }});
  auto settings = settings_for(former.port());
  settings.discover = true;
  start(settings);
  await_batches(calls);
  leads = false;
  EXPECT_EQ(error_of(send("s")), ErrorKind::kNotReady);
  await_batches(leader_calls);
}

// Its call would not end by itself: a node that shuts down keeps its connections, and answers nothing.
TEST_F(BatchAppenderTest, WhatASilentLeaderWasSentIsAnsweredForOnceAnotherLeadsThoughNothingElseIsAppended) {
  std::atomic<bool> is_silent = false;
  std::atomic<int> answered = 0;
  ScriptedServer leader({.batch_append = [&](grpc::ServerContext& context, BatchStream& stream) {
    Request request;
    while (stream.Read(&request)) {
      if (is_silent) {
        hold(context);
        break;
      }
      ++answered;
      stream.Write(success(request));
    }
    return grpc::Status::OK;
  }});
  ScriptedServer follower(
      {.batch_append = [&](grpc::ServerContext&, BatchStream& stream) { return answer_all(stream); },
       .gossip =
           [&](gossip::ClusterInfo& cluster) {
             add_member(cluster, is_silent ? gossip::MemberInfo::Follower : gossip::MemberInfo::Leader, leader.port());
             add_member(cluster, is_silent ? gossip::MemberInfo::Leader : gossip::MemberInfo::Follower,
                        follower.port());
           }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  settings.operation_timeout = std::chrono::hours(1);
  start(settings);
  // What the first one is answered with tells that there is a connection, and what its server offers.
  ASSERT_TRUE(run_until(io_, [&] {
    outcome_of(send("s"));
    return answered > 0;
  }));
  is_silent = true;
  EXPECT_EQ(error_of(send("silent")), ErrorKind::kUnavailable);
  EXPECT_TRUE(run_until(io_, [&] { return std::holds_alternative<Appended>(outcome_of(send("t"))); }));
}

TEST_F(BatchAppenderTest, AStopTellsNobodyElse) {
  std::atomic<int> calls = 0;
  ScriptedServer server(
      {.append = answer_append, .batch_append = [&](grpc::ServerContext& context, BatchStream& stream) {
         ++calls;
         Request request;
         while (stream.Read(&request)) {
           if (request.options().stream_identifier().stream_name() != "warm") break;
           stream.Write(success(request));
         }
         hold(context);
         return grpc::Status::CANCELLED;
       }});
  start(settings_for(server.port()));
  await_batches(calls);
  const std::size_t told = recorder_.outcomes.size();
  send("s");
  io_.poll();
  stop_and_wait(io_, *sink_);
  EXPECT_EQ(recorder_.outcomes.size(), told);
  sink_.reset();
}

}  // namespace
}  // namespace interconnect::next
