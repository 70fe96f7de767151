#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/http_front.h"
#include "adapters/grpc/io/io_test_support.h"
#include "adapters/grpc/io/scripted_server.h"

namespace interconnect::next {
namespace {

using Stream = ScriptedServer::SubscriptionStream;

Subscription a_subscription() {
  Subscription subscription;
  subscription.stream = "$ce-hero";
  subscription.group = "data";
  return subscription;
}

void confirm(Stream& stream) {
  persistent::ReadResp response;
  response.mutable_subscription_confirmation()->set_subscription_id("$ce-hero::data");
  stream.Write(response);
}

void push(Stream& stream, std::int64_t number) {
  persistent::ReadResp response;
  auto& event = *response.mutable_event()->mutable_event();
  event.mutable_id()->mutable_structured()->set_most_significant_bits(number);
  event.mutable_stream_identifier()->set_stream_name("hero-1");
  event.set_stream_revision(static_cast<std::uint64_t>(number));
  (*event.mutable_metadata())["type"] = "T";
  (*event.mutable_metadata())["content-type"] = "application/json";
  event.set_data("{}");
  auto& link = *response.mutable_event()->mutable_link();
  link.mutable_id()->mutable_structured()->set_least_significant_bits(number);
  link.mutable_stream_identifier()->set_stream_name("$ce-hero");
  link.set_stream_revision(static_cast<std::uint64_t>(100 + number));
  stream.Write(response);
}

// What the server's threads saw.
class Seen {
 public:
  void ack(const persistent::ReadReq& request) {
    const std::lock_guard lock(mutex_);
    ++messages_;
    for (const auto& id : request.ack().ids()) acked_.insert(id.structured().least_significant_bits());
    for (const auto& id : request.nack().ids()) parked_[id.structured().least_significant_bits()] = request.nack();
  }
  // Takes in acknowledgements until the client ends the call.
  void acks_of(Stream& stream) {
    persistent::ReadReq request;
    while (stream.Read(&request)) ack(request);
  }
  std::set<std::int64_t> acked() const {
    const std::lock_guard lock(mutex_);
    return acked_;
  }
  std::map<std::int64_t, persistent::ReadReq::Nack> parked() const {
    const std::lock_guard lock(mutex_);
    return parked_;
  }
  int messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::int64_t> acked_;
  std::map<std::int64_t, persistent::ReadReq::Nack> parked_;
  int messages_ = 0;
};

class GrpcSourceTest : public testing::Test {
 protected:
  void start(const GrpcStoreSettings& settings) {
    source_ = make_grpc_source(io_, settings, {a_subscription()});
    source_->start(recorder_);
    source_->subscribe(0, 2'000);
    EXPECT_TRUE(recorder_.started.empty() && recorder_.dropped.empty()) << "told from within subscribe()";
  }

  bool run_until_true(const std::function<bool()>& condition) { return run_until(io_, condition); }

  void TearDown() override {
    if (source_) stop_and_wait(io_, *source_);
  }

  boost::asio::io_context io_;
  SourceRecorder recorder_;
  std::unique_ptr<EventSource> source_;
  Seen seen_;
};

TEST_F(GrpcSourceTest, AfterALossTheFirstAttemptIsMadeOnANewConnection) {
  std::mutex mutex;
  std::vector<std::string> peers;
  ScriptedServer server({.subscribe = [&](auto& context, const auto&, Stream& stream) {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex);
      is_first = peers.empty();
      peers.push_back(context.peer());
    }
    confirm(stream);
    if (is_first) return fail(context, grpc::StatusCode::UNAVAILABLE, "Connection reset by peer");
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return recorder_.started.size() == 2; }));
  const std::lock_guard lock(mutex);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_NE(peers[0], peers[1]);
}

TEST_F(GrpcSourceTest, CreatesTheGroupConnectsAndDelivers) {
  std::mutex mutex;
  persistent::CreateReq created;
  persistent::ReadReq connected;
  ScriptedServer server({.create =
                             [&](auto&, const auto& request) {
                               const std::lock_guard lock(mutex);
                               created = request;
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](auto&, const auto& options, Stream& stream) {
                               {
                                 const std::lock_guard lock(mutex);
                                 connected = options;
                               }
                               confirm(stream);
                               for (int i = 0; i < 3; ++i) push(stream, i);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return recorder_.deliveries.size() == 3 && recorder_.since_end == 0; }));
  ASSERT_EQ(recorder_.started.size(), 1u);
  EXPECT_EQ(recorder_.started[0].group, GroupState::kCreated);
  EXPECT_EQ(recorder_.deliveries[2].position, 102);
  EXPECT_EQ(recorder_.deliveries[2].event->revision(), 2);
  EXPECT_EQ(recorder_.deliveries[2].event->stream(), "hero-1");
  EXPECT_EQ(recorder_.deliveries[2].ack_id.bytes[15], 2);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(created.options().stream_identifier().stream_name(), "$ce-hero");
  EXPECT_EQ(created.options().group_name(), "data");
  EXPECT_EQ(connected.options().buffer_size(), 2'000);
}

TEST_F(GrpcSourceTest, AStopSendsWhatIsStillToBeAcknowledged) {
  constexpr int kEvents = 100;
  std::atomic<bool> is_subscribed = false;
  // Answers the last question when all that was sent before it has been read.
  ScriptedServer server({.read =
                             [&](auto& context, const auto&, auto&) {
                               while (is_subscribed && seen_.acked().size() < kEvents && !context.IsCancelled())
                                 std::this_thread::yield();
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](auto&, const auto&, Stream& stream) {
                               is_subscribed = true;
                               confirm(stream);
                               for (int i = 0; i < kEvents; ++i) push(stream, i);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return recorder_.deliveries.size() == kEvents; }));
  for (const auto& delivery : recorder_.deliveries) source_->acknowledge(0, {&delivery.ack_id, 1});
  stop_and_wait(io_, *source_);
  source_.reset();
  EXPECT_EQ(seen_.acked().size(), std::size_t{kEvents});
  EXPECT_LT(seen_.messages(), kEvents) << "each acknowledgement went in a message of its own";
}

TEST_F(GrpcSourceTest, AnAcknowledgementLeavesWithoutAnother) {
  ScriptedServer server({.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    push(stream, 7);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  source_->acknowledge(0, {&recorder_.deliveries[0].ack_id, 1});
  EXPECT_TRUE(run_until_true([&] { return seen_.acked() == std::set<std::int64_t>{7}; }));
}

TEST_F(GrpcSourceTest, ParksWithItsReason) {
  ScriptedServer server({.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    push(stream, 7);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  source_->park(0, {&recorder_.deliveries[0].ack_id, 1}, "not good");
  ASSERT_TRUE(run_until_true([&] { return !seen_.parked().empty(); }));
  EXPECT_EQ(seen_.parked().at(7).action(), persistent::ReadReq::Nack::Park);
  EXPECT_EQ(seen_.parked().at(7).reason(), "not good");
}

TEST_F(GrpcSourceTest, ConnectsAgainWhenTheGroupWasUpdated) {
  std::atomic<int> connections{0};
  std::atomic<int> creations{0};
  ScriptedServer server({.create =
                             [&](auto&, const auto&) {
                               ++creations;
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](grpc::ServerContext& context, const auto&, Stream& stream) {
                               confirm(stream);
                               if (++connections == 1) {
                                 return fail(context, grpc::StatusCode::CANCELLED, "dropped",
                                             {{"exception", "persistent-subscription-dropped"}});
                               }
                               push(stream, 1);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  EXPECT_EQ(recorder_.dropped, std::vector{DropReason::kGroupChanged});
  EXPECT_EQ(recorder_.started.size(), 2u);
  EXPECT_EQ(creations, 1);
}

TEST_F(GrpcSourceTest, CreatesAgainAGroupThatIsGone) {
  std::atomic<int> creations{0};
  std::atomic<int> connections{0};
  ScriptedServer server({.create =
                             [&](auto&, const auto&) {
                               ++creations;
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](grpc::ServerContext& context, const auto&, Stream& stream) {
                               if (++connections == 1) {
                                 return fail(context, grpc::StatusCode::NOT_FOUND, "none",
                                             {{"exception", "persistent-subscription-does-not-exist"}});
                               }
                               confirm(stream);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_EQ(recorder_.dropped, std::vector{DropReason::kNotFound});
  EXPECT_EQ(creations, 2);
}

TEST_F(GrpcSourceTest, AGroupThatExistsAndCannotBeReadIsUsedAsItIs) {
  ScriptedServer server({.create =
                             [&](grpc::ServerContext& context, const auto&) {
                               return fail(context, grpc::StatusCode::ALREADY_EXISTS, "there",
                                           {{"exception", "persistent-subscription-exists"}});
                             },
                         .subscribe =
                             [&](auto&, const auto&, Stream& stream) {
                               confirm(stream);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnread);
}

TEST_F(GrpcSourceTest, RefusalsAreToldApart) {
  const std::vector<std::pair<grpc::StatusCode, std::string>> refusals{
      {grpc::StatusCode::PERMISSION_DENIED, "access-denied"},
      {grpc::StatusCode::FAILED_PRECONDITION, "maximum-subscribers-reached"},
      {grpc::StatusCode::UNAUTHENTICATED, ""},
  };
  std::atomic<std::size_t> next{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext& context, const auto&, Stream& stream) {
    const std::size_t now = next++;
    if (now < refusals.size()) {
      return fail(context, refusals[now].first, "no", {{"exception", refusals[now].second}});
    }
    confirm(stream);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_EQ(recorder_.dropped,
            (std::vector{DropReason::kAccessDenied, DropReason::kTooManySubscribers, DropReason::kNotAuthenticated}));
}

TEST_F(GrpcSourceTest, AServerThatNeverConfirmsIsAskedAgain) {
  std::atomic<int> connections{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext& context, const auto&, Stream& stream) {
    if (++connections == 1) {
      hold(context);
      return grpc::Status::CANCELLED;
    }
    confirm(stream);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::milliseconds(500);
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_FALSE(recorder_.dropped.empty());
}

// A node that has just become the leader ignores what it is asked before its service has started.
TEST_F(GrpcSourceTest, ASilentServerIsAskedAgainBesideTheFirstQuestion) {
  std::atomic<int> connections{0};
  std::atomic<int> given_up{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext& context, const auto&, Stream& stream) {
    if (++connections == 1) {
      hold(context);
      ++given_up;
      return grpc::Status::CANCELLED;
    }
    EXPECT_EQ(given_up, 0);
    confirm(stream);
    push(stream, 7);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::hours(1);
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  EXPECT_TRUE(recorder_.dropped.empty());
  EXPECT_EQ(connections, 2);
}

TEST_F(GrpcSourceTest, AMalformedMessageEndsTheConnectionNotTheProcess) {
  std::atomic<int> connections{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext&, const auto&, Stream& stream) {
    confirm(stream);
    if (++connections == 1) {
      persistent::ReadResp response;
      response.mutable_event();
      stream.Write(response);
    } else {
      push(stream, 1);
    }
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  EXPECT_EQ(recorder_.dropped, std::vector{DropReason::kServer});
}

TEST_F(GrpcSourceTest, SubscribingAnewTakesTheNewBufferSize) {
  std::atomic<int> size{0};
  ScriptedServer server({.subscribe = [&](auto&, const persistent::ReadReq& options, Stream& stream) {
    size = options.options().buffer_size();
    confirm(stream);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return recorder_.started.size() == 1; }));
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until_true([&] { return recorder_.started.size() == 2; }));
  EXPECT_EQ(size, 10);
  EXPECT_TRUE(recorder_.dropped.empty());
}

// Holds the confirmation back until it is told, or until the client gives up.
class SlowConfirmation {
 public:
  grpc::Status operator()(grpc::ServerContext& context, Stream& stream, Seen& seen) {
    ++asked_;
    while (!told_ && !context.IsCancelled()) std::this_thread::yield();
    if (context.IsCancelled()) {
      ++given_up_;
      return grpc::Status::CANCELLED;
    }
    confirm(stream);
    seen.acks_of(stream);
    return grpc::Status::OK;
  }
  void tell() { told_ = true; }
  int asked() const { return asked_; }
  int given_up() const { return given_up_; }

 private:
  std::atomic<bool> told_{false};
  std::atomic<int> asked_{0};
  std::atomic<int> given_up_{0};
};

TEST_F(GrpcSourceTest, AStopDoesNotCancelAReadThatIsNotConfirmed) {
  SlowConfirmation confirmation;
  ScriptedServer server(
      {.read = [](auto&, const auto&, auto&) { return grpc::Status::OK; },
       .subscribe = [&](auto& context, const auto&, Stream& stream) { return confirmation(context, stream, seen_); }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return confirmation.asked() == 1; }));
  bool stopped = false;
  source_->stop([&] { stopped = true; });
  for (int turn = 0; turn < 20 && !stopped; ++turn) io_.run_one_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(stopped);
  confirmation.tell();
  EXPECT_TRUE(run_until_true([&] { return stopped; }));
  EXPECT_EQ(confirmation.given_up(), 0);
  source_.reset();
}

TEST_F(GrpcSourceTest, AStopWaitsForAConfirmationNoLongerThanForAnAnswer) {
  SlowConfirmation confirmation;
  ScriptedServer server(
      {.subscribe = [&](auto& context, const auto&, Stream& stream) { return confirmation(context, stream, seen_); }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::milliseconds(500);
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return confirmation.asked() == 1; }));
  stop_and_wait(io_, *source_);
  source_.reset();
}

TEST_F(GrpcSourceTest, SubscribingAnewDoesNotCancelAReadThatIsNotConfirmed) {
  SlowConfirmation confirmation;
  std::atomic<int> size{0};
  ScriptedServer server({.subscribe = [&](auto& context, const persistent::ReadReq& options, Stream& stream) {
    size = options.options().buffer_size();
    return confirmation(context, stream, seen_);
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return confirmation.asked() == 1; }));
  source_->subscribe(0, 10);
  for (int turn = 0; turn < 20; ++turn) io_.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(confirmation.asked(), 1);
  confirmation.tell();
  ASSERT_TRUE(run_until_true([&] { return recorder_.started.size() == 1; }));
  EXPECT_EQ(size, 10);
  EXPECT_EQ(confirmation.given_up(), 0);
  EXPECT_TRUE(recorder_.dropped.empty());
}

// As 21.2.0 tells it of a group with the settings that a_subscription() wants.
std::string group_info(const std::string& start_from, const std::string& connections) {
  return R"({"config":{"resolveLinktos":true,"startFrom":)" + start_from +
         R"(,"messageTimeoutMilliseconds":3600000,"extraStatistics":false,"maxRetryCount":1000000,)"
         R"("liveBufferSize":10000,"bufferSize":10000,"readBatchSize":500,"preferRoundRobin":false,)"
         R"("checkPointAfterMilliseconds":2000,"minCheckPointCount":10,"maxCheckPointCount":1000,)"
         R"("maxSubscriberCount":0,"namedConsumerStrategy":"Pinned"},"lastProcessedEventNumber":-1,"connections":[)" +
         connections + "]}";
}

std::string listed(const std::string& name, int total, int in_flight) {
  return R"({"from":"","username":"admin","totalItemsProcessed":)" + std::to_string(total) + R"(,"inFlightMessages":)" +
         std::to_string(in_flight) + R"(,"connectionName":")" + name + R"("})";
}

TEST_F(GrpcSourceTest, AConsumerThatHoldsEventsForADeadClientIsEvictedThoughTheServerFailsAtFirst) {
  std::atomic<int> updates{0};
  ScriptedServer server({.update =
                             [&](auto&, const persistent::UpdateReq& request) {
                               EXPECT_EQ(request.options().group_name(), "data");
                               if (++updates > 1) return grpc::Status::OK;
                               return grpc::Status(grpc::StatusCode::UNKNOWN, "Exception was thrown by handler.");
                             },
                         .subscribe =
                             [&](auto&, const auto&, Stream& stream) {
                               confirm(stream);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  HttpFront front(server.port(), [](const std::string& target) {
    return target == "/subscriptions/%24ce-hero/data/info"
               ? group_info("0", listed("dead", 2'000, 2'000) + "," + listed("test", 10, 0))
               : std::string();
  });
  start(settings_for(front.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_EQ(recorder_.started[0].group, GroupState::kUnchanged);
  EXPECT_EQ(updates, 0);
  EXPECT_TRUE(run_until_true([&] { return updates == 2; }));
  EXPECT_GT(recorder_.suspicions, 0);
}

TEST_F(GrpcSourceTest, RenewsAGroupByAnUpdateUnlessThatWouldLoseItsPlace) {
  std::atomic<int> starts_from{-1};
  std::atomic<int> questions{0};
  std::atomic<int> updates{0};
  ScriptedServer server({.update =
                             [&](auto&, const persistent::UpdateReq&) {
                               ++updates;
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](auto&, const auto&, Stream& stream) {
                               confirm(stream);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  HttpFront front(server.port(), [&](const std::string& target) {
    if (target != "/subscriptions/%24ce-hero/data/info") return std::string();
    ++questions;
    return group_info(std::to_string(starts_from), listed("test", 10, 0));
  });
  start(settings_for(front.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  const int before = questions;
  source_->renew_group(0);
  ASSERT_TRUE(run_until_true([&] { return questions > before; }));
  for (int turn = 0; turn < 20; ++turn) io_.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(updates, 0);
  starts_from = 0;
  source_->renew_group(0);
  EXPECT_TRUE(run_until_true([&] { return updates == 1; }));
}

// A server that is slow would else never get to an end.
TEST_F(GrpcSourceTest, AConfirmationThatComesAfterItsTimeIsTaken) {
  std::atomic<int> questions{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext& context, const auto&, Stream& stream) {
    if (++questions > 1) {
      hold(context);
      return grpc::Status::CANCELLED;
    }
    while (questions < 3 && !context.IsCancelled()) std::this_thread::yield();
    confirm(stream);
    push(stream, 7);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  auto settings = settings_for(server.port());
  settings.operation_timeout = std::chrono::milliseconds(300);
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  EXPECT_EQ(recorder_.started.size(), 1u);
}

// It does not answer what it was asked before its groups were served, and is asked again as soon as it says over HTTP
// that they are.
TEST_F(GrpcSourceTest, AServerWhoseGroupsAreServedByNowIsAskedAgain) {
  std::atomic<int> questions{0};
  std::atomic<int> looks{0};
  std::atomic<int> looks_before_second{0};
  ScriptedServer server({.subscribe = [&](grpc::ServerContext& context, const auto&, Stream& stream) {
    if (++questions == 1) {
      hold(context);
      return grpc::Status::CANCELLED;
    }
    looks_before_second = looks.load();
    confirm(stream);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  HttpFront front(server.port(), [&](const std::string& target) {
    if (target != "/subscriptions/%24ce-hero/data/info") return std::string();
    ++looks;
    return group_info("0", "");
  });
  start(settings_for(front.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  EXPECT_GE(looks_before_second, 2) << "one is for the group's settings";
  EXPECT_EQ(questions, 2);
  EXPECT_TRUE(recorder_.dropped.empty());
}

TEST_F(GrpcSourceTest, AServerThatComesBackDeliversAgain) {
  const ScriptedServer::Script script{.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    push(stream, 1);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }};
  auto server = std::make_unique<ScriptedServer>(script);
  const std::uint16_t port = server->port();
  start(settings_for(port));
  ASSERT_TRUE(run_until_true([&] { return recorder_.deliveries.size() == 1; }));
  server.reset();
  ASSERT_TRUE(run_until_true([&] { return !recorder_.dropped.empty(); }));
  EXPECT_EQ(recorder_.dropped[0], DropReason::kConnectionLost);
  server = std::make_unique<ScriptedServer>(script, port);
  EXPECT_TRUE(run_until_true([&] { return recorder_.deliveries.size() == 2; }));
  EXPECT_TRUE(recorder_.lost.empty());
}

TEST_F(GrpcSourceTest, WithoutAServerTheSourceIsLostInTheEnd) {
  std::uint16_t port = 0;
  { port = ScriptedServer({}).port(); }
  auto settings = settings_for(port);
  settings.reconnection = {.max_attempts = 3, .delay = std::chrono::milliseconds(1), .patience = {}};
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return !recorder_.lost.empty(); }));
  EXPECT_NE(recorder_.lost.front().find("allow no more attempts"), std::string::npos) << recorder_.lost.front();
  EXPECT_EQ(recorder_.dropped.size(), 4u);  // the first attempt and three more
}

TEST_F(GrpcSourceTest, ANodeThatDoesNotLeadIsLeftForTheOneThatDoes) {
  ScriptedServer leader({.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    push(stream, 1);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  ScriptedServer follower(
      {.subscribe =
           [](grpc::ServerContext& context, const auto&, Stream&) {
             return fail(context, grpc::StatusCode::UNKNOWN,
                         "Envelope callback expected either PersistentSubscriptionConfirmation or NotHandled, received "
                         "NotHandled instead");
           },
       .gossip =
           [&](gossip::ClusterInfo& cluster) { add_member(cluster, gossip::MemberInfo::Leader, leader.port()); }});
  start(settings_for(follower.port()));
  EXPECT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
}

// A leader that is stopped keeps its connections, and that no event comes says nothing.
TEST_F(GrpcSourceTest, ALinkCheckThatASilentLeaderDoesNotAnswerLeadsToTheNewOne) {
  std::atomic<bool> is_silent = false;
  ScriptedServer leader({.read =
                             [&](grpc::ServerContext& context, const auto&, auto&) {
                               if (is_silent) hold(context);
                               return grpc::Status::OK;
                             },
                         .subscribe =
                             [&](auto&, const auto&, Stream& stream) {
                               confirm(stream);
                               seen_.acks_of(stream);
                               return grpc::Status::OK;
                             }});
  ScriptedServer follower(
      {.read = [](auto&, const auto&, auto&) { return grpc::Status::OK; },
       .subscribe =
           [&](auto&, const auto&, Stream& stream) {
             confirm(stream);
             push(stream, 1);
             seen_.acks_of(stream);
             return grpc::Status::OK;
           },
       .gossip =
           [&](gossip::ClusterInfo& cluster) {
             add_member(cluster, is_silent ? gossip::MemberInfo::Follower : gossip::MemberInfo::Leader, leader.port());
             add_member(cluster, is_silent ? gossip::MemberInfo::Leader : gossip::MemberInfo::Follower,
                        follower.port());
           }});
  auto settings = settings_for(follower.port());
  settings.discover = true;
  settings.operation_timeout = std::chrono::hours(1);
  settings.keep_alive_interval = std::chrono::milliseconds(-1);
  start(settings);
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  is_silent = true;
  std::optional<StoreError> answer;
  source_->probe([&](const std::optional<StoreError>& error) { answer = error; });
  EXPECT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ErrorKind::kUnavailable);
  const std::string node = "127.0.0.1:" + std::to_string(leader.port());
  EXPECT_EQ(answer->message.rfind("not connected: " + node + ": it does not answer", 0), 0u) << answer->message;
}

// A server that is far away, or has much to do.
TEST_F(GrpcSourceTest, AConnectionThatIsSlowToBeMadeIsMade) {
  ScriptedServer server({.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    push(stream, 1);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  const HttpFront far_away(
      server.port(), [](const std::string&) { return std::string(); }, std::chrono::milliseconds(1'500));
  start(settings_for(far_away.port()));
  EXPECT_TRUE(run_until_true([&] { return !recorder_.deliveries.empty(); }));
}

TEST_F(GrpcSourceTest, MayGoWithoutAStop) {
  ScriptedServer server({.subscribe = [&](auto&, const auto&, Stream& stream) {
    confirm(stream);
    seen_.acks_of(stream);
    return grpc::Status::OK;
  }});
  start(settings_for(server.port()));
  ASSERT_TRUE(run_until_true([&] { return !recorder_.started.empty(); }));
  source_.reset();
  io_.poll();
}

TEST_F(GrpcSourceTest, StopsBeforeItIsConnected) {
  std::uint16_t port = 0;
  { port = ScriptedServer({}).port(); }
  auto settings = settings_for(port);
  settings.discover = true;
  start(settings);
  stop_and_wait(io_, *source_);
  source_.reset();
  EXPECT_TRUE(recorder_.started.empty());
}

}  // namespace
}  // namespace interconnect::next
