// The gRPC front against recorded conversations and by hand.

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/wire/conversation.h"

namespace interconnect::eventstore {
namespace {

namespace streams = event_store::client::streams;
namespace persistent = event_store::client::persistent_subscriptions;
using testing::HasSubstr;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& s : slices) bytes.append(reinterpret_cast<const char*>(s.begin()), s.size());
  return bytes;
}

// A call of any method, step by step; every step waits for its end.
class Call {
 public:
  Call(grpc::GenericStub& stub, const std::string& method) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    stream_ = stub.PrepareCall(&context_, method, &queue_);
    stream_->StartCall(this);
    Wait();
  }
  ~Call() {
    if (!finished_) {
      context_.TryCancel();
      Finish();
    }
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const std::string& bytes) {
    stream_->Write(ToBuffer(bytes), this);
    return Wait();
  }
  bool Write(const google::protobuf::Message& message) { return Write(message.SerializeAsString()); }
  void HalfClose() {
    stream_->WritesDone(this);
    Wait();
  }
  bool Read(std::string* bytes) {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, this);
    if (!Wait()) return false;
    *bytes = ToString(buffer);
    return true;
  }
  template <class Message>
  Message Read() {
    std::string bytes;
    Message message;
    EXPECT_TRUE(Read(&bytes)) << "the call has ended";
    EXPECT_TRUE(message.ParseFromString(bytes));
    return message;
  }
  grpc::Status Finish() {
    grpc::Status status;
    stream_->Finish(&status, this);
    Wait();
    finished_ = true;
    return status;
  }
  std::string Trailer(const std::string& name) const {
    const auto& trailers = context_.GetServerTrailingMetadata();
    auto it = trailers.find(name);
    return it == trailers.end() ? "" : std::string(it->second.data(), it->second.size());
  }

 private:
  bool Wait() {
    void* tag;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

std::string Target(const RunningServer& server) { return "127.0.0.1:" + std::to_string(server.http_port()); }

Options Next(const std::string& version) {
  Options options;
  options.generation = Generation::kNext;
  options.version = version;
  return options;
}

// What differs from run to run.
void Scrub(google::protobuf::Message* message) {
  static const std::set<std::string> kVolatile = {"commit_position", "prepare_position", "position", "no_position"};
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (kVolatile.contains(field->name())) {
      reflection->ClearField(message, field);
    } else if (field->is_map()) {
      for (int i = reflection->FieldSize(*message, field); i-- > 0;) {
        auto* entry = reflection->MutableRepeatedMessage(message, field, i);
        const auto* key = entry->GetDescriptor()->FindFieldByNumber(1);
        if (entry->GetReflection()->GetString(*entry, key) != "created") continue;
        reflection->SwapElements(message, field, i, reflection->FieldSize(*message, field) - 1);
        reflection->RemoveLast(message, field);
      }
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_repeated()) {
        for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
          Scrub(reflection->MutableRepeatedMessage(message, field, i));
        }
      } else {
        Scrub(reflection->MutableMessage(message, field));
      }
    }
  }
}

std::string Readable(const std::string& method, const std::string& bytes) {
  std::string name = method.substr(1);
  name[name.find('/')] = '.';
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (found == nullptr) return bytes;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(found->output_type())->New());
  if (!message->ParseFromString(bytes)) return "unreadable";
  Scrub(message.get());
  return message->DebugString();
}

// Deadlines were instants of the day of the recording.
std::string WithoutDeadline(const std::string& method, const std::string& bytes) {
  if (!method.ends_with("/BatchAppend")) return bytes;
  streams::BatchAppendReq request;
  request.ParseFromString(bytes);
  request.mutable_options()->clear_deadline_21_10_0();
  return request.SerializeAsString();
}

class Replay : public testing::TestWithParam<std::string> {};

TEST_P(Replay, AnswersAsTheRealServerDid) {
  const wire::Conversation conversation = wire::ReadConversation(GetParam());
  RunningServer server(Next(GetParam().starts_with("next-21.2.0") ? "21.2.0" : "21.10"));
  auto channel = grpc::CreateChannel(Target(server), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  std::map<std::pair<int, int>, std::unique_ptr<Call>> calls;
  for (const wire::Step& step : conversation.steps) {
    if (step.proto != "grpc" || step.stream < 0) continue;
    SCOPED_TRACE(GetParam() + " seq " + std::to_string(step.seq));
    auto& call = calls[{step.conn, step.stream}];
    if (step.FromClient()) {
      if (step.event == "headers") {
        call = std::make_unique<Call>(stub, step.method);
      } else if (step.event == "message" && call != nullptr) {
        call->Write(WithoutDeadline(step.method, step.payload));
      } else if (step.event == "half_close" && call != nullptr) {
        call->HalfClose();
      } else if (step.event == "rst_stream") {
        call.reset();
      }
    } else if (call != nullptr && step.event == "message") {
      std::string bytes;
      ASSERT_TRUE(call->Read(&bytes)) << call->Finish().error_message();
      // The list of what a server can do is as long as the server is old.
      if (step.method.ends_with("GetSupportedMethods")) continue;
      EXPECT_EQ(Readable(step.method, bytes), Readable(step.method, step.payload));
    } else if (call != nullptr && (step.event == "trailers" || step.event == "trailers_only")) {
      std::string bytes;
      if (call->Read(&bytes)) ADD_FAILURE() << "one message too many: " << Readable(step.method, bytes);
      const grpc::Status status = call->Finish();
      // A unary call without a request is refused by the library itself, with a code of its own.
      if (step.Header("grpc-message") == "Incomplete message.") {
        EXPECT_FALSE(status.ok());
        call.reset();
        continue;
      }
      EXPECT_EQ(std::to_string(status.error_code()), step.Header("grpc-status")) << status.error_message();
      // gRPC's own text for a service that is not there differs.
      if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED) {
        EXPECT_EQ(status.error_message(), step.Header("grpc-message"));
      }
      for (const char* name : {"exception", "stream-name", "group-name", "expected-version", "actual-version",
                               "required-metadata-properties", "reason", "maximum-append-size"}) {
        EXPECT_EQ(call->Trailer(name), step.Header(name)) << name;
      }
      call.reset();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Replay,
                         testing::Values("next-21.2.0/grpc-append", "next-21.2.0/grpc-append-wrong-version",
                                         "next-21.2.0-client-2.1.1/grpc-append-wrong-version",
                                         "next-21.2.0/grpc-delete-tombstone", "next-21.10.11/grpc-delete-tombstone",
                                         "next-21.10.11/grpc-append", "next-21.10.11/grpc-append-wrong-version"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

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

}  // namespace
}  // namespace interconnect::eventstore
