// The next generation's front against recorded conversations: what the client sent goes to our server, whose messages,
// trailers and HTTP answers must be what the real server answered, but for positions, dates and ids that it chooses.

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/tests/grpc_call.h"
#include "testing/eventstore/tests/replay.h"

namespace interconnect::eventstore {
namespace {

namespace streams = event_store::client::streams;
namespace persistent = event_store::client::persistent_subscriptions;

// What differs from run to run.
void Scrub(google::protobuf::Message* message) {
  static const std::set<std::string> kVolatile = {"commit_position", "prepare_position", "position",
                                                  "no_position",     "instance_id",      "time_stamp"};
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (kVolatile.contains(field->name()) ||
        (field->name() == "subscription_id" && message->GetTypeName().find(".streams.") != std::string::npos)) {
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
  // The server makes up the ids of its own events.
  if (message->GetDescriptor()->name() == "RecordedEvent") {
    if (auto* record = dynamic_cast<streams::ReadResp::ReadEvent::RecordedEvent*>(message)) {
      const auto type = record->metadata().find("type");
      if (type != record->metadata().end() && type->second.starts_with('$')) record->clear_id();
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
  // When an event was parked.
  static const std::regex kAdded("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+]+");
  return std::regex_replace(message->DebugString(), kAdded, "TIME");
}

// Deadlines were instants of the day of the recording.
std::string WithoutDeadline(const std::string& method, const std::string& bytes) {
  if (!method.ends_with("/BatchAppend")) return bytes;
  streams::BatchAppendReq request;
  request.ParseFromString(bytes);
  request.mutable_options()->clear_deadline_21_10_0();
  return request.SerializeAsString();
}

class Replay : public testing::TestWithParam<Recording> {};

// Counts the acks and nacks that each group was sent, so that the test can wait until they were seen.
class Confirmations {
 public:
  void Sent(const wire::Step& step) {
    if (!step.method.ends_with("Subscriptions/Read")) return;
    persistent::ReadReq request;
    if (!request.ParseFromString(step.payload)) return;
    std::string& group = groups_[{step.conn, step.stream}];
    if (request.has_options() && group.empty()) {
      group = request.options().stream_identifier().stream_name() + "::" + request.options().group_name();
    }
    sent_[group] += request.ack().ids_size() + request.nack().ids_size();
  }
  void Await(ReplayStage& stage) {
    for (const auto& [group, count] : sent_) {
      if (count == awaited_[group]) continue;
      stage.AwaitConfirmations(group, count);
      awaited_[group] = count;
    }
  }

 private:
  std::map<std::pair<int, int>, std::string> groups_;
  std::map<std::string, int> sent_;
  std::map<std::string, int> awaited_;
};

// Reads on while nothing comes but time could bring something.
Call::Progress ReadOn(ReplayStage& stage, Call& call, std::string* bytes) {
  for (int tries = 0; tries < 20; ++tries) {
    const Call::Progress progress = call.Read(bytes, 200);
    if (progress != Call::Progress::kNothingYet) return progress;
    stage.Nudge();
  }
  return Call::Progress::kNothingYet;
}

void ExpectEnd(ReplayStage& stage, Call& call, const wire::Step& step) {
  std::string bytes;
  const Call::Progress progress = ReadOn(stage, call, &bytes);
  ASSERT_NE(progress, Call::Progress::kNothingYet) << "no end";
  if (progress == Call::Progress::kMessage) FAIL() << "one message too many: " << Readable(step.method, bytes);
  const grpc::Status status = call.Finish();
  // A unary call without a request is refused by the library itself, with a code of its own.
  if (step.Header("grpc-message") == "Incomplete message.") {
    EXPECT_FALSE(status.ok());
    return;
  }
  EXPECT_EQ(std::to_string(status.error_code()), step.Header("grpc-status")) << status.error_message();
  // gRPC's own text for a service that is not there differs.
  if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED) {
    EXPECT_EQ(status.error_message(), step.Header("grpc-message"));
  }
  for (const char* name : {"exception", "stream-name", "group-name", "expected-version", "actual-version",
                           "required-metadata-properties", "reason", "maximum-append-size"}) {
    EXPECT_EQ(call.Trailer(name), step.Header(name)) << name;
  }
}

TEST_P(Replay, AnswersAsTheRealServerDid) {
  const std::string& name = GetParam().name;
  Options options;
  options.generation = Generation::kNext;
  options.version = name.starts_with("next-21.2.0") ? "21.2.0" : "21.10";
  ReplayStage stage(GetParam(), options);
  auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(stage.server().http_port()),
                                     grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  std::map<std::pair<int, int>, std::unique_ptr<Call>> calls;
  Confirmations confirmations;
  // Calls, by their headers, and HTTP requests with their answers, that are not made.
  const std::set<int>& left_out = GetParam().not_compared;
  for (const wire::Step& step : stage.conversation().steps) {
    SCOPED_TRACE(name + " seq " + std::to_string(step.seq) + " " + step.method + " " + step.event);
    if (step.proto == "grpc" || step.proto == "http") stage.Reach(step, [&] { confirmations.Await(stage); });
    if (step.proto == "http" && !left_out.contains(step.seq)) stage.Http(step);
    if (step.proto != "grpc" || step.stream < 0) continue;
    auto& call = calls[{step.conn, step.stream}];
    if (step.FromClient() && step.event == "headers") {
      // Our client cannot send another content type.
      if (step.Header("content-type") != "application/grpc" || left_out.contains(step.seq)) continue;
      confirmations.Await(stage);
      Call::Metadata metadata;
      for (const auto& [key, value] : step.headers) {
        if (key == "requires-leader" || key == "connection-name") metadata.emplace_back(key, value);
      }
      call = std::make_unique<Call>(stub, step.method, metadata);
    } else if (call == nullptr) {
      continue;
    } else if (step.FromClient()) {
      if (step.event == "message") {
        ASSERT_FALSE(step.truncated);
        confirmations.Sent(step);
        call->Write(WithoutDeadline(step.method, step.payload));
      } else if (step.event == "half_close") {
        call->HalfClose();
      } else if (step.event == "rst_stream") {
        call.reset();
      }
    } else if (step.event == "message") {
      std::string bytes;
      const Call::Progress progress = ReadOn(stage, *call, &bytes);
      if (progress == Call::Progress::kEnd) FAIL() << "ended: " << call->Finish().error_message();
      ASSERT_EQ(progress, Call::Progress::kMessage) << "no message";
      // The list of what a server can do is as long as the server is old.
      if (step.method.ends_with("GetSupportedMethods")) continue;
      EXPECT_EQ(Readable(step.method, bytes), Readable(step.method, step.payload));
    } else if (step.event == "trailers" || step.event == "trailers_only") {
      ExpectEnd(stage, *call, step);
      call.reset();
    }
  }
}

constexpr char kFromStart[] = "{\"startFrom\":0}";

Recording Of(const char* name, const char* group_settings = kFromStart) { return {name, group_settings}; }

constexpr char kShort[] = "{\"startFrom\":0,\"messageTimeoutMilliseconds\":1500,\"maxRetryCount\":2}";
constexpr char kTwoRetries[] = "{\"startFrom\":0,\"maxRetryCount\":2}";

const Recording kRecordings[] = {
    Of("next-21.10.11/grpc-append-invalid"),
    Of("next-21.2.0/grpc-append-invalid"),
    {"next-21.2.0/grpc-not-ready-no-quorum",
     kFromStart,
     {{0, true, "POST", "/misbehave", "{\"notReady\": true}", ""}},
     false,
     // The other nodes of the cluster in gossip, and the headers of a bare 503.
     {54, 55, 59}},
    Of("next-21.10.11/grpc-append"),
    Of("next-21.10.11/grpc-append-wrong-version"),
    Of("next-21.10.11/grpc-delete-tombstone"),
    Of("next-21.10.11/grpc-persistent-ack"),
    Of("next-21.10.11/grpc-persistent-nack-park", kTwoRetries),
    Of("next-21.10.11/grpc-persistent-timeout-redelivery", kShort),
    Of("next-21.10.11/grpc-requires-leader"),
    Of("next-21.2.0-client-2.1.1/grpc-append-wrong-version"),
    Of("next-21.2.0-client-2.1.1/grpc-delete-tombstone"),
    Of("next-21.2.0-client-2.1.1/grpc-persistent-ack"),
    Of("next-21.2.0-client-2.1.1/grpc-persistent-nack-park", kTwoRetries),
    Of("next-21.2.0-tcp/http-check-stream-exists"),
    Of("next-21.2.0/grpc-append"),
    Of("next-21.2.0/grpc-append-wrong-version"),
    Of("next-21.2.0/grpc-delete-tombstone"),
    Of("next-21.2.0/grpc-persistent-ack"),
    Of("next-21.2.0/grpc-persistent-manage"),
    Of("next-21.2.0/grpc-persistent-nack-park", kTwoRetries),
    Of("next-21.2.0/grpc-persistent-nack-retry", kTwoRetries),
    Of("next-21.2.0/grpc-persistent-nack-skip", kTwoRetries),
    Of("next-21.2.0/grpc-persistent-nack-stop", kTwoRetries),
    Of("next-21.2.0/grpc-persistent-timeout-redelivery", kShort),
    Of("next-21.2.0/grpc-persistent-window"),
    Of("next-21.2.0/grpc-ping-list-empty"),
    Of("next-21.2.0/grpc-requires-leader"),
};

INSTANTIATE_TEST_SUITE_P(Recorded, Replay, testing::ValuesIn(kRecordings),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace interconnect::eventstore
