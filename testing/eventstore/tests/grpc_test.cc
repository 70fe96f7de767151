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

std::string Target(const RunningServer& server) { return "127.0.0.1:" + std::to_string(server.http_port()); }

Options Next(const std::string& version) {
  Options options;
  options.generation = Generation::kNext;
  options.version = version;
  return options;
}

// Appends one event; its id is made of a number that counts up.
void AppendOne(grpc::GenericStub& stub, const std::string& stream, const std::string& type, const std::string& data) {
  static int next = 1'000'000;
  Call call(stub, "/event_store.client.streams.Streams/Append");
  streams::AppendReq request;
  request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
  request.mutable_options()->mutable_any();
  call.Write(request);
  auto* message = request.mutable_proposed_message();
  message->mutable_id()->mutable_structured()->set_least_significant_bits(++next);
  (*message->mutable_metadata())["type"] = type;
  (*message->mutable_metadata())["content-type"] = "application/octet-stream";
  message->set_data(data);
  call.Write(request);
  call.HalfClose();
  EXPECT_TRUE(call.Read<streams::AppendResp>().has_success());
}

class GrpcFlow : public testing::Test {
 protected:
  grpc::Status Unary(const std::string& method, const google::protobuf::Message& request) {
    Call call(stub, method);
    call.Write(request);
    call.HalfClose();
    std::string bytes;
    call.Read(&bytes);
    return call.Finish();
  }
  // With so many events of so many bytes of data.
  std::unique_ptr<Call> StartAppend(const std::string& stream, int count, std::size_t size) {
    auto call = std::make_unique<Call>(stub, "/event_store.client.streams.Streams/Append");
    streams::AppendReq request;
    request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
    request.mutable_options()->mutable_any();
    call->Write(request);
    for (int i = 0; i < count; ++i) {
      auto* message = request.mutable_proposed_message();
      message->mutable_id()->mutable_structured()->set_most_significant_bits(i + 1);
      (*message->mutable_metadata())["type"] = "T";
      (*message->mutable_metadata())["content-type"] = "application/octet-stream";
      message->set_custom_metadata("not counted");
      message->set_data(std::string(size, 'x'));
      call->Write(request);
    }
    call->HalfClose();
    return call;
  }
  streams::ReadReq ReadOf(const std::string& stream) {
    streams::ReadReq request;
    auto* options = request.mutable_options();
    options->mutable_stream()->mutable_stream_identifier()->set_stream_name(stream);
    options->mutable_stream()->mutable_start();
    options->set_count(10);
    options->mutable_no_filter();
    options->mutable_uuid_option()->mutable_string();
    return request;
  }
  streams::AppendResp Append(const std::string& stream, int count) {
    Call call(stub, "/event_store.client.streams.Streams/Append");
    streams::AppendReq request;
    request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
    request.mutable_options()->mutable_any();
    call.Write(request);
    for (int i = 0; i < count; ++i) {
      static int next = 0;
      auto* message = request.mutable_proposed_message();
      message->mutable_id()->mutable_structured()->set_least_significant_bits(++next);
      (*message->mutable_metadata())["type"] = "T";
      (*message->mutable_metadata())["content-type"] = "application/json";
      message->set_data("{}");
      call.Write(request);
    }
    call.HalfClose();
    return call.Read<streams::AppendResp>();
  }
  persistent::CreateReq Group() {
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
  std::unique_ptr<Call> Connect(int window) {
    auto call =
        std::make_unique<Call>(stub, "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read");
    persistent::ReadReq request;
    auto* options = request.mutable_options();
    options->mutable_stream_identifier()->set_stream_name("s");
    options->set_group_name("g");
    options->set_buffer_size(window);
    options->mutable_uuid_option()->mutable_structured();
    call->Write(request);
    return call;
  }

  static constexpr char kRead[] = "/event_store.client.streams.Streams/Read";
  static constexpr char kCreate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create";
  static constexpr char kUpdate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Update";
  RunningServer server{Next("21.2.0")};
  std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel(Target(server), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub{channel};
};

TEST_F(GrpcFlow, AGroupPushesWithinItsWindowAndIsDroppedByAnUpdate) {
  Append("s", 3);
  ASSERT_TRUE(Unary(kCreate, Group()).ok());
  auto call = Connect(2);
  EXPECT_EQ(call->Read<persistent::ReadResp>().subscription_confirmation().subscription_id(), "s::g");
  const auto first = call->Read<persistent::ReadResp>().event();
  EXPECT_EQ(first.event().stream_revision(), 0u);
  EXPECT_EQ(first.retry_count(), 0);
  EXPECT_TRUE(first.has_no_position());
  EXPECT_EQ(first.event().commit_position(), ~std::uint64_t{0});
  EXPECT_EQ(call->Read<persistent::ReadResp>().event().event().stream_revision(), 1u);
  persistent::ReadReq ack;
  *ack.mutable_ack()->add_ids() = first.event().id();
  call->Write(ack);
  EXPECT_EQ(call->Read<persistent::ReadResp>().event().event().stream_revision(), 2u);

  persistent::UpdateReq update;
  ASSERT_TRUE(update.ParseFromString(Group().SerializeAsString()));
  ASSERT_TRUE(Unary(kUpdate, update).ok());
  std::string bytes;
  EXPECT_FALSE(call->Read(&bytes));
  EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(call->Trailer("exception"), "persistent-subscription-dropped");
}

TEST_F(GrpcFlow, AParkedEventIsInTheParkedStream) {
  ASSERT_TRUE(Unary(kCreate, Group()).ok());
  Append("s", 1);
  auto call = Connect(10);
  call->Read<persistent::ReadResp>();
  const auto event = call->Read<persistent::ReadResp>().event();
  persistent::ReadReq nack;
  *nack.mutable_nack()->add_ids() = event.event().id();
  nack.mutable_nack()->set_action(persistent::ReadReq::Nack::Park);
  call->Write(nack);
  // A live push carries its position; it comes after the nack was handled.
  Append("s", 1);
  EXPECT_TRUE(call->Read<persistent::ReadResp>().event().has_commit_position());
  EXPECT_THAT(Http(server.http_port(), "GET", "/subscriptions/s/g/info"), HasSubstr("\"parkedMessageCount\": 1"));
  EXPECT_THAT(Http(server.admin_port(), "GET", "/streams"), HasSubstr("\"$persistentsubscription-s::g-parked\":1"));
}

TEST_F(GrpcFlow, ASubscriptionReadsWhatIsThereAndGoesOn) {
  Append("s", 600);
  Call call(stub, "/event_store.client.streams.Streams/Read");
  streams::ReadReq request;
  auto* options = request.mutable_options();
  options->mutable_stream()->mutable_stream_identifier()->set_stream_name("s");
  options->mutable_stream()->mutable_start();
  options->mutable_subscription();
  options->mutable_no_filter();
  options->mutable_uuid_option()->mutable_string();
  call.Write(request);
  call.HalfClose();
  EXPECT_TRUE(call.Read<streams::ReadResp>().has_confirmation());
  for (std::uint64_t i = 0; i < 600; ++i)
    ASSERT_EQ(call.Read<streams::ReadResp>().event().event().stream_revision(), i);
  Append("s", 1);
  EXPECT_EQ(call.Read<streams::ReadResp>().event().event().stream_revision(), 600u);
}

TEST_F(GrpcFlow, MisbehavesAsItIsTold) {
  Http(server.admin_port(), "POST", "/misbehave",
       R"({"refuseAppends": {"count": 1, "with": "UNAVAILABLE", "message": "not now"}})");
  Call refused(stub, "/event_store.client.streams.Streams/Append");
  streams::AppendReq request;
  request.mutable_options()->mutable_stream_identifier()->set_stream_name("s");
  request.mutable_options()->mutable_any();
  refused.Write(request);
  refused.HalfClose();
  std::string bytes;
  EXPECT_FALSE(refused.Read(&bytes));
  EXPECT_EQ(refused.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Append("s", 1).has_success());
  EXPECT_THAT(Http(server.admin_port(), "POST", "/misbehave", R"({"spellt": 1})"), HasSubstr("400"));

  Http(server.admin_port(), "POST", "/misbehave", R"({"notLeader": {"host": "127.0.0.1", "httpPort": 4242}})");
  Call elsewhere(stub, "/event_store.client.streams.Streams/Append");
  elsewhere.Write(request);
  elsewhere.HalfClose();
  EXPECT_FALSE(elsewhere.Read(&bytes));
  EXPECT_EQ(elsewhere.Finish().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(elsewhere.Trailer("exception"), "not-leader");
  EXPECT_EQ(elsewhere.Trailer("leader-endpoint-port"), "4242");
}

// The client has no deadline of its own here, only the header that the server reads.
TEST_F(GrpcFlow, TheServerEnforcesTheTimeoutOfACall) {
  const Call::Metadata timeout = {{"grpc-timeout", "300m"}};
  std::string bytes;
  Call append(stub, "/event_store.client.streams.Streams/Append", timeout, Call::Deadline::kNone);
  EXPECT_EQ(append.Read(&bytes, 30'000), Call::Progress::kEnd);
  EXPECT_EQ(append.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);

  Call subscription(stub, kRead, timeout, Call::Deadline::kNone);
  streams::ReadReq request = ReadOf("s");
  request.mutable_options()->mutable_subscription();
  subscription.Write(request);
  subscription.HalfClose();
  EXPECT_TRUE(subscription.Read<streams::ReadResp>().has_confirmation());
  EXPECT_EQ(subscription.Read(&bytes, 30'000), Call::Progress::kEnd);
  EXPECT_EQ(subscription.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GrpcFlow, WithoutQuorumOnlyReadsThatNeedNoLeaderAreServed) {
  Append("s", 1);
  ASSERT_TRUE(Unary(kCreate, Group()).ok());
  Http(server.admin_port(), "POST", "/misbehave", R"({"notReady": true})");
  std::string bytes;
  auto append = StartAppend("s", 1, 1);
  EXPECT_FALSE(append->Read(&bytes));
  const grpc::Status refused = append->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused.error_message(), "Server Is Not Ready");
  EXPECT_EQ(Unary(kCreate, Group()).error_code(), grpc::StatusCode::UNAVAILABLE);

  auto group = Connect(10);
  EXPECT_FALSE(group->Read(&bytes));
  const grpc::Status internal = group->Finish();
  EXPECT_EQ(internal.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_THAT(internal.error_message(), HasSubstr("received NotHandled instead"));

  Call from_leader(stub, kRead, {{"requires-leader", "true"}});
  from_leader.Write(ReadOf("s"));
  from_leader.HalfClose();
  EXPECT_FALSE(from_leader.Read(&bytes));
  EXPECT_EQ(from_leader.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Call from_anyone(stub, kRead);
  from_anyone.Write(ReadOf("s"));
  from_anyone.HalfClose();
  EXPECT_TRUE(from_anyone.Read<streams::ReadResp>().has_event());
  EXPECT_THAT(Http(server.http_port(), "GET", "/subscriptions"), HasSubstr(" 503 "));
}

TEST_F(GrpcFlow, TheMaximumAppendSizeCountsTheDataOfACall) {
  constexpr std::size_t kKiB = 1024;
  EXPECT_TRUE(StartAppend("one", 1, 1024 * kKiB)->Read<streams::AppendResp>().has_success());
  EXPECT_TRUE(StartAppend("two", 2, 512 * kKiB)->Read<streams::AppendResp>().has_success());
  for (auto& [count, size] : {std::pair{1, 1024 * kKiB + 1}, std::pair{3, 400 * kKiB}}) {
    auto call = StartAppend("too-large", count, size);
    std::string bytes;
    EXPECT_FALSE(call->Read(&bytes));
    EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(call->Trailer("exception"), "maximum-append-size-exceeded");
    EXPECT_EQ(call->Trailer("maximum-append-size"), "1048576");
  }
  EXPECT_THAT(Http(server.admin_port(), "GET", "/streams"), Not(HasSubstr("too-large")));
}

// Live links of streams with '@' in their names come without their event up to 21.10.0 (tags oss-v21.10.0 and
// oss-v21.10.1 of PersistentSubscriptionService.cs).
TEST(Versions, LiveLinksAreCutAtEveryAtUpTo21Dot10Dot0) {
  for (const auto& [version, cut_at_every] :
       {std::pair("21.2.0", true), {"21.10.0", true}, {"21.10.1", false}, {"21.10", false}, {"24.10.4", false}}) {
    RunningServer server(Next(version));
    grpc::GenericStub stub(grpc::CreateChannel(Target(server), grpc::InsecureChannelCredentials()));
    AppendOne(stub, "a@b", "T", "1");
    AppendOne(stub, "links", "$>", "0@a@b");
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
    created.Write(create);
    created.HalfClose();
    created.Read<persistent::CreateResp>();
    Call consumer(stub, "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read");
    persistent::ReadReq read;
    read.mutable_options()->mutable_stream_identifier()->set_stream_name("links");
    read.mutable_options()->set_group_name("g");
    read.mutable_options()->set_buffer_size(10);
    read.mutable_options()->mutable_uuid_option()->mutable_structured();
    consumer.Write(read);
    ASSERT_TRUE(consumer.Read<persistent::ReadResp>().has_subscription_confirmation());
    const auto history = consumer.Read<persistent::ReadResp>();
    EXPECT_EQ(history.event().event().data(), "1") << version;
    AppendOne(stub, "links", "$>", "0@a@b");
    const auto live = consumer.Read<persistent::ReadResp>();
    EXPECT_EQ(live.event().link().stream_revision(), 1u) << version;
    EXPECT_EQ(live.event().has_event(), !cut_at_every) << version;
  }
}

}  // namespace
}  // namespace interconnect::eventstore
