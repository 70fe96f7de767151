// The gRPC front by hand.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/tests/grpc_call.h"
#include "testing/eventstore/tests/running_server.h"

namespace interconnect::eventstore {
namespace {

namespace streams = event_store::client::streams;
namespace persistent = event_store::client::persistent_subscriptions;
using testing::HasSubstr;
using testing::Not;

std::string target(const RunningServer& server) { return "127.0.0.1:" + std::to_string(server.http_port()); }

Options next(const std::string& version) {
  Options options;
  options.generation = Generation::kNext;
  options.version = version;
  return options;
}

// Appends one event; its id is made of a number that counts up.
void append_one(grpc::GenericStub& stub, const std::string& stream, const std::string& type, const std::string& data) {
  static int next = 1'000'000;
  Call call(stub, "/event_store.client.streams.Streams/Append");
  streams::AppendReq request;
  request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
  request.mutable_options()->mutable_any();
  call.write(request);
  auto* message = request.mutable_proposed_message();
  message->mutable_id()->mutable_structured()->set_least_significant_bits(++next);
  (*message->mutable_metadata())["type"] = type;
  (*message->mutable_metadata())["content-type"] = "application/octet-stream";
  message->set_data(data);
  call.write(request);
  call.half_close();
  EXPECT_TRUE(call.read<streams::AppendResp>().has_success());
}

class GrpcFlow : public testing::Test {
 protected:
  grpc::Status unary(const std::string& method, const google::protobuf::Message& request) {
    Call call(stub_, method);
    call.write(request);
    call.half_close();
    std::string bytes;
    call.read(&bytes);
    return call.finish();
  }
  // With so many events of so many bytes of data.
  std::unique_ptr<Call> start_append(const std::string& stream, int count, std::size_t size) {
    auto call = std::make_unique<Call>(stub_, "/event_store.client.streams.Streams/Append");
    streams::AppendReq request;
    request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
    request.mutable_options()->mutable_any();
    call->write(request);
    for (int i = 0; i < count; ++i) {
      auto* message = request.mutable_proposed_message();
      message->mutable_id()->mutable_structured()->set_most_significant_bits(i + 1);
      (*message->mutable_metadata())["type"] = "T";
      (*message->mutable_metadata())["content-type"] = "application/octet-stream";
      message->set_custom_metadata("not counted");
      message->set_data(std::string(size, 'x'));
      call->write(request);
    }
    call->half_close();
    return call;
  }
  streams::ReadReq read_of(const std::string& stream) {
    streams::ReadReq request;
    auto* options = request.mutable_options();
    options->mutable_stream()->mutable_stream_identifier()->set_stream_name(stream);
    options->mutable_stream()->mutable_start();
    options->set_count(10);
    options->mutable_no_filter();
    options->mutable_uuid_option()->mutable_string();
    return request;
  }
  streams::AppendResp append(const std::string& stream, int count) {
    Call call(stub_, "/event_store.client.streams.Streams/Append");
    streams::AppendReq request;
    request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
    request.mutable_options()->mutable_any();
    call.write(request);
    for (int i = 0; i < count; ++i) {
      static int next = 0;
      auto* message = request.mutable_proposed_message();
      message->mutable_id()->mutable_structured()->set_least_significant_bits(++next);
      (*message->mutable_metadata())["type"] = "T";
      (*message->mutable_metadata())["content-type"] = "application/json";
      message->set_data("{}");
      call.write(request);
    }
    call.half_close();
    return call.read<streams::AppendResp>();
  }
  persistent::CreateReq group() {
    persistent::CreateReq request;
    auto* options = request.mutable_options();
    options->mutable_stream_identifier()->set_stream_name("s");
    options->set_group_name("g");
    auto* settings = options->mutable_settings();
    settings->set_max_retry_count(10);
    settings->set_min_checkpoint_count(10);
    settings->set_max_checkpoint_count(1000);
    settings->set_live_buffer_size(500);
    settings->set_read_batch_size(20);
    settings->set_history_buffer_size(500);
    settings->set_message_timeout_ms(30000);
    settings->set_checkpoint_after_ms(2000);
    return request;
  }
  std::unique_ptr<Call> connect(int window) {
    auto call =
        std::make_unique<Call>(stub_, "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read");
    persistent::ReadReq request;
    auto* options = request.mutable_options();
    options->mutable_stream_identifier()->set_stream_name("s");
    options->set_group_name("g");
    options->set_buffer_size(window);
    options->mutable_uuid_option()->mutable_structured();
    call->write(request);
    return call;
  }

  static constexpr char kRead[] = "/event_store.client.streams.Streams/Read";
  static constexpr char kCreate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create";
  static constexpr char kUpdate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Update";
  RunningServer server_{next("21.2.0")};
  std::shared_ptr<grpc::Channel> channel_ = grpc::CreateChannel(target(server_), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub_{channel_};
};

TEST_F(GrpcFlow, AGroupPushesWithinItsWindowAndIsDroppedByAnUpdate) {
  append("s", 3);
  ASSERT_TRUE(unary(kCreate, group()).ok());
  auto call = connect(2);
  EXPECT_EQ(call->read<persistent::ReadResp>().subscription_confirmation().subscription_id(), "s::g");
  const auto first = call->read<persistent::ReadResp>().event();
  EXPECT_EQ(first.event().stream_revision(), 0u);
  EXPECT_EQ(first.retry_count(), 0);
  EXPECT_TRUE(first.has_no_position());
  EXPECT_EQ(first.event().commit_position(), ~std::uint64_t{0});
  EXPECT_EQ(call->read<persistent::ReadResp>().event().event().stream_revision(), 1u);
  persistent::ReadReq ack;
  *ack.mutable_ack()->add_ids() = first.event().id();
  call->write(ack);
  EXPECT_EQ(call->read<persistent::ReadResp>().event().event().stream_revision(), 2u);

  persistent::UpdateReq update;
  ASSERT_TRUE(update.ParseFromString(group().SerializeAsString()));
  ASSERT_TRUE(unary(kUpdate, update).ok());
  std::string bytes;
  EXPECT_FALSE(call->read(&bytes));
  EXPECT_EQ(call->finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(call->trailer("exception"), "persistent-subscription-dropped");
}

TEST_F(GrpcFlow, AParkedEventIsInTheParkedStream) {
  ASSERT_TRUE(unary(kCreate, group()).ok());
  append("s", 1);
  auto call = connect(10);
  call->read<persistent::ReadResp>();
  const auto event = call->read<persistent::ReadResp>().event();
  persistent::ReadReq nack;
  *nack.mutable_nack()->add_ids() = event.event().id();
  nack.mutable_nack()->set_action(persistent::ReadReq::Nack::Park);
  call->write(nack);
  // A live push carries its position; it comes after the nack was handled.
  append("s", 1);
  EXPECT_TRUE(call->read<persistent::ReadResp>().event().has_commit_position());
  EXPECT_THAT(http(server_.http_port(), "GET", "/subscriptions/s/g/info"), HasSubstr("\"parkedMessageCount\": 1"));
  EXPECT_THAT(http(server_.admin_port(), "GET", "/streams"), HasSubstr("\"$persistentsubscription-s::g-parked\":1"));
}

TEST_F(GrpcFlow, ASubscriptionReadsWhatIsThereAndGoesOn) {
  append("s", 600);
  Call call(stub_, "/event_store.client.streams.Streams/Read");
  streams::ReadReq request;
  auto* options = request.mutable_options();
  options->mutable_stream()->mutable_stream_identifier()->set_stream_name("s");
  options->mutable_stream()->mutable_start();
  options->mutable_subscription();
  options->mutable_no_filter();
  options->mutable_uuid_option()->mutable_string();
  call.write(request);
  call.half_close();
  EXPECT_TRUE(call.read<streams::ReadResp>().has_confirmation());
  for (std::uint64_t i = 0; i < 600; ++i)
    ASSERT_EQ(call.read<streams::ReadResp>().event().event().stream_revision(), i);
  append("s", 1);
  EXPECT_EQ(call.read<streams::ReadResp>().event().event().stream_revision(), 600u);
}

TEST_F(GrpcFlow, MisbehavesAsItIsTold) {
  http(server_.admin_port(), "POST", "/misbehave",
       R"({"refuseAppends": {"count": 1, "with": "UNAVAILABLE", "message": "not now"}})");
  Call refused(stub_, "/event_store.client.streams.Streams/Append");
  streams::AppendReq request;
  request.mutable_options()->mutable_stream_identifier()->set_stream_name("s");
  request.mutable_options()->mutable_any();
  refused.write(request);
  refused.half_close();
  std::string bytes;
  EXPECT_FALSE(refused.read(&bytes));
  EXPECT_EQ(refused.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(append("s", 1).has_success());
  EXPECT_THAT(http(server_.admin_port(), "POST", "/misbehave", R"({"spellt": 1})"), HasSubstr("400"));

  http(server_.admin_port(), "POST", "/misbehave", R"({"notLeader": {"host": "127.0.0.1", "httpPort": 4242}})");
  Call elsewhere(stub_, "/event_store.client.streams.Streams/Append");
  elsewhere.write(request);
  elsewhere.half_close();
  EXPECT_FALSE(elsewhere.read(&bytes));
  EXPECT_EQ(elsewhere.finish().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(elsewhere.trailer("exception"), "not-leader");
  EXPECT_EQ(elsewhere.trailer("leader-endpoint-port"), "4242");
}

// The client has no deadline of its own here, only the header that the server reads.
TEST_F(GrpcFlow, TheServerEnforcesTheTimeoutOfACall) {
  const Call::Metadata timeout = {{"grpc-timeout", "300m"}};
  std::string bytes;
  Call append(stub_, "/event_store.client.streams.Streams/Append", timeout, Call::Deadline::kNone);
  EXPECT_EQ(append.read(&bytes, 30'000), Call::Progress::kEnd);
  EXPECT_EQ(append.finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);

  Call subscription(stub_, kRead, timeout, Call::Deadline::kNone);
  streams::ReadReq request = read_of("s");
  request.mutable_options()->mutable_subscription();
  subscription.write(request);
  subscription.half_close();
  EXPECT_TRUE(subscription.read<streams::ReadResp>().has_confirmation());
  EXPECT_EQ(subscription.read(&bytes, 30'000), Call::Progress::kEnd);
  EXPECT_EQ(subscription.finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GrpcFlow, WithoutQuorumOnlyReadsThatNeedNoLeaderAreServed) {
  append("s", 1);
  ASSERT_TRUE(unary(kCreate, group()).ok());
  http(server_.admin_port(), "POST", "/misbehave", R"({"notReady": true})");
  std::string bytes;
  auto append = start_append("s", 1, 1);
  EXPECT_FALSE(append->read(&bytes));
  const grpc::Status refused = append->finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused.error_message(), "Server Is Not Ready");
  EXPECT_EQ(unary(kCreate, group()).error_code(), grpc::StatusCode::UNAVAILABLE);

  auto group = connect(10);
  EXPECT_FALSE(group->read(&bytes));
  const grpc::Status internal = group->finish();
  EXPECT_EQ(internal.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_THAT(internal.error_message(), HasSubstr("received NotHandled instead"));

  Call from_leader(stub_, kRead, {{"requires-leader", "true"}});
  from_leader.write(read_of("s"));
  from_leader.half_close();
  EXPECT_FALSE(from_leader.read(&bytes));
  EXPECT_EQ(from_leader.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Call from_anyone(stub_, kRead);
  from_anyone.write(read_of("s"));
  from_anyone.half_close();
  EXPECT_TRUE(from_anyone.read<streams::ReadResp>().has_event());
  EXPECT_THAT(http(server_.http_port(), "GET", "/subscriptions"), HasSubstr(" 503 "));
}

TEST_F(GrpcFlow, TheMaximumAppendSizeCountsTheDataOfACall) {
  constexpr std::size_t kKiB = 1024;
  EXPECT_TRUE(start_append("one", 1, 1024 * kKiB)->read<streams::AppendResp>().has_success());
  EXPECT_TRUE(start_append("two", 2, 512 * kKiB)->read<streams::AppendResp>().has_success());
  for (auto& [count, size] : {std::pair{1, 1024 * kKiB + 1}, std::pair{3, 400 * kKiB}}) {
    auto call = start_append("too-large", count, size);
    std::string bytes;
    EXPECT_FALSE(call->read(&bytes));
    EXPECT_EQ(call->finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(call->trailer("exception"), "maximum-append-size-exceeded");
    EXPECT_EQ(call->trailer("maximum-append-size"), "1048576");
  }
  EXPECT_THAT(http(server_.admin_port(), "GET", "/streams"), Not(HasSubstr("too-large")));
}

// Live links of streams with '@' in their names come without their event up to 21.10.0 (tags oss-v21.10.0 and
// oss-v21.10.1 of PersistentSubscriptionService.cs).
TEST(Versions, LiveLinksAreCutAtEveryAtUpTo21Dot10Dot0) {
  for (const auto& [version, cut_at_every] :
       {std::pair("21.2.0", true), {"21.10.0", true}, {"21.10.1", false}, {"21.10", false}, {"24.10.4", false}}) {
    RunningServer server(next(version));
    grpc::GenericStub stub(grpc::CreateChannel(target(server), grpc::InsecureChannelCredentials()));
    append_one(stub, "a@b", "T", "1");
    append_one(stub, "links", "$>", "0@a@b");
    persistent::CreateReq create;
    auto* options = create.mutable_options();
    // The field that clients of 21.2.0 fill, and that of later ones.
    options->mutable_stream_identifier()->set_stream_name("links");
    options->mutable_stream()->mutable_stream_identifier()->set_stream_name("links");
    options->mutable_stream()->mutable_start();
    options->set_group_name("g");
    auto* settings = options->mutable_settings();
    settings->set_resolve_links(true);
    settings->set_max_retry_count(10);
    settings->set_max_checkpoint_count(1000);
    settings->set_live_buffer_size(500);
    settings->set_read_batch_size(20);
    settings->set_history_buffer_size(500);
    settings->set_message_timeout_ms(30000);
    settings->set_checkpoint_after_ms(2000);
    Call created(stub, "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create");
    created.write(create);
    created.half_close();
    created.read<persistent::CreateResp>();
    Call consumer(stub, "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read");
    persistent::ReadReq read;
    read.mutable_options()->mutable_stream_identifier()->set_stream_name("links");
    read.mutable_options()->set_group_name("g");
    read.mutable_options()->set_buffer_size(10);
    read.mutable_options()->mutable_uuid_option()->mutable_structured();
    consumer.write(read);
    ASSERT_TRUE(consumer.read<persistent::ReadResp>().has_subscription_confirmation());
    const auto history = consumer.read<persistent::ReadResp>();
    EXPECT_EQ(history.event().event().data(), "1") << version;
    append_one(stub, "links", "$>", "0@a@b");
    const auto live = consumer.read<persistent::ReadResp>();
    EXPECT_EQ(live.event().link().stream_revision(), 1u) << version;
    EXPECT_EQ(live.event().has_event(), !cut_at_every) << version;
  }
}

}  // namespace
}  // namespace interconnect::eventstore
