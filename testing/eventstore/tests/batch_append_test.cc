// BatchAppend of 21.10 by hand.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/grpc/proto/shared.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/tests/grpc_call.h"
#include "testing/eventstore/tests/running_server.h"

namespace interconnect::eventstore {
namespace {

namespace esdb = event_store::client;
namespace streams = event_store::client::streams;

// On manual time, so that only what a test says runs out.
class BatchAppend : public testing::Test {
 protected:
  static Options on_manual_time() {
    Options options;
    options.generation = Generation::kNext;
    options.version = "21.10";
    options.manual_time = true;
    return options;
  }

  explicit BatchAppend(const Options& options = on_manual_time()) : server_(options) {}

  // One event of so many bytes, of any version if no other is set, for ten seconds.
  static streams::BatchAppendReq batch(const std::string& id, const std::string& stream, std::size_t size = 2) {
    streams::BatchAppendReq request;
    request.mutable_correlation_id()->set_string(id);
    request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
    request.mutable_options()->mutable_any();
    request.mutable_options()->mutable_deadline()->set_seconds(10);
    add_event(request, size);
    request.set_is_final(true);
    return request;
  }
  static void add_event(streams::BatchAppendReq& request, std::size_t size) {
    static std::int64_t next = 0;
    auto* message = request.add_proposed_messages();
    message->mutable_id()->mutable_structured()->set_least_significant_bits(++next);
    (*message->mutable_metadata())["type"] = "T";
    (*message->mutable_metadata())["content-type"] = "application/octet-stream";
    message->set_data(std::string(size, 'x'));
  }
  streams::BatchAppendResp ask(const streams::BatchAppendReq& request) {
    call_.write(request);
    auto response = call_.read<streams::BatchAppendResp>();
    EXPECT_EQ(response.correlation_id().string(), request.correlation_id().string());
    return response;
  }

  static constexpr char kFirst[] = "11111111-1111-1111-1111-111111111111";
  static constexpr char kSecond[] = "22222222-2222-2222-2222-222222222222";
  RunningServer server_;
  std::shared_ptr<grpc::Channel> channel_ =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server_.http_port()), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub_{channel_};
  Call call_{stub_, "/event_store.client.streams.Streams/BatchAppend"};
};

TEST_F(BatchAppend, AnswersAreToldApartByCorrelationIds) {
  auto first = batch(kFirst, "a");
  first.set_is_final(false);
  call_.write(first);
  EXPECT_EQ(ask(batch(kSecond, "b")).success().current_revision(), 0u);
  // The rest of the first, which needs no options any more.
  first.clear_options();
  first.clear_proposed_messages();
  add_event(first, 2);
  first.set_is_final(true);
  const auto response = ask(first);
  EXPECT_EQ(response.success().current_revision(), 1u);
  EXPECT_EQ(response.stream_identifier().stream_name(), "a");
}

TEST_F(BatchAppend, ErrorsCarryACodeAndATypedDetail) {
  ASSERT_TRUE(ask(batch(kFirst, "s")).has_success());
  auto request = batch(kSecond, "s");
  request.mutable_options()->set_stream_position(9);
  auto error = ask(request).error();
  EXPECT_EQ(error.code(), grpc::StatusCode::ALREADY_EXISTS);
  esdb::WrongExpectedVersion wrong;
  ASSERT_TRUE(error.details().UnpackTo(&wrong)) << error.details().type_url();
  EXPECT_EQ(wrong.current_stream_revision(), 0u);
  EXPECT_EQ(wrong.expected_stream_position(), 9u);

  Call tombstone(stub_, "/event_store.client.streams.Streams/Tombstone");
  streams::TombstoneReq end;
  end.mutable_options()->mutable_stream_identifier()->set_stream_name("gone");
  end.mutable_options()->mutable_any();
  tombstone.write(end);
  tombstone.half_close();
  tombstone.read<streams::TombstoneResp>();
  ASSERT_TRUE(tombstone.finish().ok());
  error = ask(batch(kFirst, "gone")).error();
  EXPECT_EQ(error.code(), grpc::StatusCode::NOT_FOUND);
  esdb::StreamDeleted deleted;
  ASSERT_TRUE(error.details().UnpackTo(&deleted)) << error.details().type_url();
  EXPECT_EQ(deleted.stream_identifier().stream_name(), "gone");

  request = batch(kSecond, "s", 1024 * 1024);
  add_event(request, 1);
  error = ask(request).error();
  EXPECT_EQ(error.code(), grpc::StatusCode::INVALID_ARGUMENT);
  esdb::MaximumAppendSizeExceeded exceeded;
  ASSERT_TRUE(error.details().UnpackTo(&exceeded)) << error.details().type_url();
  EXPECT_EQ(exceeded.max_append_size(), 1024u * 1024u);

  request = batch(kFirst, "s");
  request.mutable_options()->mutable_deadline()->set_seconds(-1);
  error = ask(request).error();
  EXPECT_EQ(error.code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(error.details().Is<esdb::Timeout>()) << error.details().type_url();
  // The call lives on, and nothing refused was written.
  EXPECT_EQ(ask(batch(kSecond, "s")).success().current_revision(), 1u);
}

// The next answer on the call is the next batch's; the batch without options does not even time out.
class BatchAppendOfToday : public BatchAppend {
 protected:
  static Options of_today() {
    Options options;
    options.generation = Generation::kNext;
    options.version = "24.10.4";
    options.max_append_size = 1'000;
    options.max_append_event_size = 600;
    options.manual_time = true;
    return options;
  }
  BatchAppendOfToday() : BatchAppend(of_today()) {}
};

TEST_F(BatchAppendOfToday, MetadataAndTypeCountAsWell) {
  auto request = batch(kFirst, "s", 498);
  add_event(request, 498);  // two bytes for the type of each
  EXPECT_EQ(ask(request).success().current_revision(), 1u);

  request = batch(kSecond, "s", 498);
  add_event(request, 498);
  request.mutable_proposed_messages(0)->set_custom_metadata("m");
  esdb::MaximumAppendSizeExceeded of_append;
  ASSERT_TRUE(ask(request).error().details().UnpackTo(&of_append));
  EXPECT_EQ(of_append.max_append_size(), 1'000u);

  EXPECT_EQ(ask(batch(kFirst, "s", 598)).success().current_revision(), 2u);
  esdb::MaximumAppendEventSizeExceeded of_event;
  ASSERT_TRUE(ask(batch(kSecond, "s", 599)).error().details().UnpackTo(&of_event));
  EXPECT_EQ(of_event.proposed_event_size(), 601u);
  EXPECT_EQ(of_event.max_append_event_size(), 600u);
  EXPECT_EQ(ask(batch(kFirst, "s")).success().current_revision(), 3u);
}

TEST_F(BatchAppend, WithoutOptionsThereIsNoAnswerAndABadRequestTimesOutAsWell) {
  auto request = batch(kFirst, "s");
  request.clear_options();
  call_.write(request);
  request = batch(kSecond, "s");
  request.mutable_proposed_messages(0)->mutable_metadata()->erase("type");
  const auto error = ask(request).error();
  EXPECT_EQ(error.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(error.details().Is<esdb::BadRequest>()) << error.details().type_url();

  http(server_.admin_port(), "POST", "/misbehave", R"({"advanceMs": 60000})");
  const auto late = call_.read<streams::BatchAppendResp>();
  EXPECT_EQ(late.error().code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(late.correlation_id().structured().most_significant_bits(), 0x2222222222222222);
  EXPECT_EQ(late.correlation_id().structured().least_significant_bits(), 0x2222222222222222);
  EXPECT_TRUE(ask(batch(kFirst, "s")).has_success());
}

}  // namespace
}  // namespace interconnect::eventstore
