// The next generation's front against recorded conversations: what the client sent goes to our server, whose messages,
// trailers and HTTP answers must be what the real server answered, but for positions, dates and ids that it chooses.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/store/types.h"
#include "testing/eventstore/tests/grpc_call.h"
#include "testing/eventstore/tests/replay.h"

namespace interconnect::eventstore {
namespace {

namespace streams = event_store::client::streams;
namespace persistent = event_store::client::persistent_subscriptions;

// The server makes up the ids of its own events.
template <class RecordedEvent>
void clear_own_id(google::protobuf::Message* message) {
  auto* record = dynamic_cast<RecordedEvent*>(message);
  if (record == nullptr) return;
  const auto type = record->metadata().find("type");
  if (type != record->metadata().end() && type->second.starts_with('$')) record->clear_id();
}

// What differs from run to run.
void scrub(google::protobuf::Message* message) {
  static const std::set<std::string> kVolatile = {"commit_position", "prepare_position", "position", "no_position",
                                                  "instance_id",     "time_stamp",       "port"};
  // What other conversations have done to their groups.
  static const std::set<std::string> kStatistics = {
      "total_items",          "average_per_second",        "count_since_last_measurement",
      "read_buffer_count",    "live_buffer_count",         "retry_buffer_count",
      "parked_message_count", "last_known_event_position", "last_checkpointed_event_position"};
  static const std::set<std::string> kOfConnection = {"from", "average_items_per_second",
                                                      "count_since_last_measurement"};
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (kVolatile.contains(field->name()) ||
        (kOfConnection.contains(field->name()) && message->GetDescriptor()->name() == "ConnectionInfo") ||
        (kStatistics.contains(field->name()) && message->GetDescriptor()->name() == "SubscriptionInfo") ||
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
          scrub(reflection->MutableRepeatedMessage(message, field, i));
        }
      } else {
        scrub(reflection->MutableMessage(message, field));
      }
    }
  }
  if (message->GetDescriptor()->name() == "RecordedEvent") {
    clear_own_id<streams::ReadResp::ReadEvent::RecordedEvent>(message);
    clear_own_id<persistent::ReadResp::ReadEvent::RecordedEvent>(message);
  }
}

std::string readable(const std::string& method, const std::string& bytes) {
  std::string name = method.substr(1);
  name[name.find('/')] = '.';
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (found == nullptr) return bytes;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(found->output_type())->New());
  if (!message->ParseFromString(bytes)) return "unreadable";
  scrub(message.get());
  return without_volatile(message->DebugString());
}

template <class Message>
Message parsed(const std::string& bytes) {
  Message message;
  message.ParseFromString(bytes);
  return message;
}

EventId id_of(const event_store::client::UUID& uuid) {
  EventId id{};
  from_uuid(uuid, &id);
  return id;
}

// After how much time an append of the conversation was answered with a timeout, if it was; 0 if that was its only
// answer and came at once.
std::optional<std::int64_t> timed_out_after(const wire::Conversation& conversation, const wire::Step& step,
                                            const streams::BatchAppendReq& request) {
  constexpr std::int64_t kAtOnce = 50;
  bool answered = false;
  for (const wire::Step& other : conversation.steps) {
    if (other.from_client() || other.event != "message" || !other.method.ends_with("/BatchAppend")) continue;
    const auto answer = parsed<streams::BatchAppendResp>(other.payload);
    if (id_of(answer.correlation_id()) != id_of(request.correlation_id())) continue;
    const std::int64_t after = other.t_ms - step.t_ms;
    if (answer.error().code() == grpc::StatusCode::DEADLINE_EXCEEDED) return answered || after >= kAtOnce ? after : 0;
    answered = true;
  }
  return std::nullopt;
}

// What goes to our server: as recorded, but for positions in the log, what the recording left out, and deadlines, which
// were instants of the day of the recording: they become the time until the answer, or go where none was reached.
std::string request(const ReplayStage& stage, const Positions& positions, const wire::Step& step) {
  std::string payload = stage.payload(step);
  if (step.method.ends_with("Streams/Read")) {
    auto request = parsed<streams::ReadReq>(payload);
    positions.translate(&request);
    return request.SerializeAsString();
  }
  if (step.method.ends_with("/BatchAppend")) {
    auto request = parsed<streams::BatchAppendReq>(payload);
    if (!request.options().has_deadline_21_10_0()) return payload;
    const auto after = timed_out_after(stage.conversation(), step, request);
    request.mutable_options()->clear_deadline_21_10_0();
    if (after) {
      request.mutable_options()->mutable_deadline()->set_nanos(static_cast<std::int32_t>(*after * 1'000'000));
    }
    return request.SerializeAsString();
  }
  return payload;
}

// Of the server, by the folder.
std::string version_of(const std::string& name) {
  const std::string folder = name.substr(0, name.find('/'));
  const std::string version = folder.substr(std::string_view("next-").size());
  return version.substr(0, version.find('-'));
}

class Replay : public testing::TestWithParam<Recording> {};

// Counts the acks and nacks that each group was sent, and its consumers, so that the test can wait until the server has
// seen as many, and has seen them leave.
class Confirmations {
 public:
  using Key = std::pair<int, int>;

  void sent(const wire::Step& step) {
    if (!step.method.ends_with("Subscriptions/Read")) return;
    persistent::ReadReq request;
    if (!request.ParseFromString(step.payload)) return;
    std::string& group = groups_[{step.conn, step.stream}];
    if (request.has_options() && group.empty()) {
      group = request.options().stream_identifier().stream_name() + "::" + request.options().group_name();
    }
    sent_[group] += request.ack().ids_size() + request.nack().ids_size();
  }
  void await(ReplayStage& stage) {
    for (const auto& [group, count] : sent_) {
      if (count == awaited_[group]) continue;
      stage.await_confirmations(group, count);
      awaited_[group] = count;
    }
  }
  // The server ended the call, or the client did.
  void ended(const Key& call) { groups_.erase(call); }
  void left(ReplayStage& stage, const Key& call) {
    const std::string group = groups_[call];
    ended(call);
    if (group.empty()) return;
    const auto others = std::count_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g.second == group; });
    stage.await_consumers(group, static_cast<int>(others));
  }

 private:
  std::map<Key, std::string> groups_;
  std::map<std::string, int> sent_;
  std::map<std::string, int> awaited_;
};

// Reads on while nothing comes but time could bring something.
Call::Progress read_on(ReplayStage& stage, Call& call, std::string* bytes) {
  for (int tries = 0; tries < 20; ++tries) {
    const Call::Progress progress = call.read(bytes, 200);
    if (progress != Call::Progress::kNothingYet) return progress;
    stage.nudge();
  }
  return Call::Progress::kNothingYet;
}

void expect_end(ReplayStage& stage, Call& call, const wire::Step& step) {
  std::string bytes;
  const Call::Progress progress = read_on(stage, call, &bytes);
  ASSERT_NE(progress, Call::Progress::kNothingYet) << "no end";
  if (progress == Call::Progress::kMessage) FAIL() << "one message too many: " << readable(step.method, bytes);
  const grpc::Status status = call.finish();
  // A unary call without a request is refused by the library itself, with a code of its own.
  if (step.header("grpc-message") == "Incomplete message.") {
    EXPECT_FALSE(status.ok());
    return;
  }
  // 21.2.0 answers a wrong password with a bare HTTP status, of which clients make this one.
  if (step.header(":status") == "401") {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    return;
  }
  EXPECT_EQ(std::to_string(status.error_code()), step.header("grpc-status")) << status.error_message();
  // gRPC's own texts for a service that is not there, and for the end of the time, differ.
  if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED &&
      status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
    EXPECT_EQ(status.error_message(), step.header("grpc-message"));
  }
  for (const char* name :
       {"exception", "stream-name", "group-name", "expected-version", "actual-version", "required-metadata-properties",
        "reason", "maximum-append-size", "maximum-append-event-size"}) {
    EXPECT_EQ(call.trailer(name), step.header(name)) << name;
  }
}

// The deadline of a call that ran into it; the others have time enough for this machine.
std::chrono::milliseconds timeout_of(const wire::Step& headers) {
  constexpr std::chrono::milliseconds kEnough = std::chrono::minutes(1);
  const std::string text(headers.header("grpc-timeout"));
  const std::chrono::milliseconds timeout(std::atoi(text.c_str()));
  return text.ends_with('m') && timeout < std::chrono::seconds(1) ? timeout : kEnough;
}

TEST_P(Replay, AnswersAsTheRealServerDid) {
  const std::string& name = GetParam().name;
  Options options;
  options.generation = Generation::kNext;
  options.version = version_of(name);
  options.authenticates_without_tls = name.ends_with("grpc-auth");
  ReplayStage stage(GetParam(), options);
  auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(stage.server().http_port()),
                                     grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  std::map<std::pair<int, int>, std::unique_ptr<Call>> calls;
  Confirmations confirmations;
  Positions positions;
  // Calls, by their headers, and HTTP requests with their answers, that are not made.
  const std::set<int>& left_out = GetParam().not_compared;
  for (const wire::Step& step : stage.conversation().steps) {
    if (step.seq >= GetParam().until) break;
    SCOPED_TRACE(name + " seq " + std::to_string(step.seq) + " " + step.method + " " + step.event);
    if (step.proto == "grpc" || step.proto == "http") stage.reach(step, [&] { confirmations.await(stage); });
    if (step.proto == "http" && !left_out.contains(step.seq)) stage.http(step);
    if (step.proto != "grpc" || step.stream < 0) continue;
    auto& call = calls[{step.conn, step.stream}];
    if (step.from_client() && step.event == "headers") {
      // Our client cannot send another content type.
      if (step.header("content-type") != "application/grpc" || left_out.contains(step.seq)) continue;
      confirmations.await(stage);
      Call::Metadata metadata;
      for (const auto& [key, value] : step.headers) {
        if (key == "requires-leader" || key == "connection-name" || key == "authorization") {
          metadata.emplace_back(key, value);
        }
      }
      call = std::make_unique<Call>(stub, step.method, metadata, timeout_of(step));
    } else if (call == nullptr) {
      continue;
    } else if (step.from_client()) {
      if (step.event == "message") {
        confirmations.sent(step);
        call->write(request(stage, positions, step));
      } else if (step.event == "half_close") {
        call->half_close();
      } else if (step.event == "rst_stream") {
        confirmations.await(stage);
        call.reset();
        confirmations.left(stage, {step.conn, step.stream});
      }
    } else if (step.event == "message") {
      std::string bytes;
      const Call::Progress progress = read_on(stage, *call, &bytes);
      if (progress == Call::Progress::kEnd) FAIL() << "ended: " << call->finish().error_message();
      ASSERT_EQ(progress, Call::Progress::kMessage) << "no message";
      // It has more of them where projections are on, which they are not in every replay.
      if (step.method.ends_with("GetSupportedMethods") && !name.ends_with("grpc-features-raw")) continue;
      if (step.method.ends_with("Streams/Read")) {
        positions.learn(parsed<streams::ReadResp>(step.payload), parsed<streams::ReadResp>(bytes));
      }
      EXPECT_EQ(readable(step.method, bytes), readable(step.method, step.payload));
    } else if (step.event == "trailers" || step.event == "trailers_only") {
      expect_end(stage, *call, step);
      call.reset();
      confirmations.ended({step.conn, step.stream});
    }
  }
}

constexpr char kShort[] = "{\"startFrom\":0,\"messageTimeoutMilliseconds\":1500,\"maxRetryCount\":2}";
constexpr char kTwoRetries[] = "{\"startFrom\":0,\"maxRetryCount\":2}";
constexpr char kOneSubscriber[] = "{\"startFrom\":0,\"maxSubscriberCount\":1}";

Recording of(const std::string& name, const char* group_settings = "{\"startFrom\":0}") {
  Recording recording;
  recording.name = name;
  recording.hints.group_settings = group_settings;
  return recording;
}

// `stream` is what the groups belong to.
Recording drops(const std::string& name, const std::string& stream) {
  Recording recording = of(name);
  recording.hints.settings_of_group["one"] = kOneSubscriber;
  const std::string groups = "/subscriptions/" + stream + "/";
  recording.beside = {{20, false, "POST", groups + "one", kOneSubscriber, kAsAdmin},
                      {30, false, "DELETE", groups + "del", "", kAsAdmin},
                      deletion(40, stream)};
  return recording;
}

// `category`: that of the streams whose links are read, of which -b is deleted.
Recording read_stream(const std::string& name, const std::string& category) {
  Recording recording = of(name);
  recording.projections = true;
  recording.beside = {deletion(93, category + "-b")};
  return recording;
}

Recording subscribe(const std::string& name, const std::string& deleted) {
  Recording recording = of(name);
  recording.beside = {deletion(17, deleted)};
  return recording;
}

Recording caught_up(Recording recording, std::set<int> steps) {
  recording.hints.caught_up = std::move(steps);
  return recording;
}

// More than four pages of events that the filter does not want, and two that it does.
Recording subscribe_filtered(const std::string& name) {
  Recording recording = caught_up(of(name), {8, 9});
  recording.beside = {fill(0, "$others", 140)};
  return recording;
}

// The log's last events: a tombstone and its links; `links` had so many of a stream before.
Recording read_all(const std::string& name, const std::string& deleted, const std::map<std::string, int>& links) {
  Recording recording = of(name);
  recording.hints.whole_log = true;
  recording.beside = {fill(12, deleted, 1)};
  for (const auto& [stream, count] : links) recording.beside.push_back(fill(12, stream, count));
  recording.beside.push_back(deletion(12, deleted));
  return recording;
}

// The end of a message of one big event.
std::string final() {
  streams::BatchAppendReq end;
  end.set_is_final(true);
  return end.SerializeAsString();
}

// The end of a message of three events of 400 KiB, from the second on.
std::string two_more() {
  streams::BatchAppendReq end;
  for (int i = 0; i < 2; ++i) {
    auto* event = end.add_proposed_messages();
    event->mutable_id()->set_string(to_text(new_event_id()));
    (*event->mutable_metadata())["content-type"] = "application/octet-stream";
    (*event->mutable_metadata())["type"] = "Big";
    event->set_data(std::string(400 * 1024, 'a'));
  }
  end.set_is_final(true);
  return end.SerializeAsString();
}

Recording too_large(const std::string& name) {
  Recording recording = of(name);
  recording.cut_tails = {{9, final()}, {14, final()}, {18, final()}, {22, two_more()}};
  return recording;
}

Recording batch_append(const std::string& name, const std::string& deleted) {
  Recording recording = of(name);
  recording.beside = {deletion(39, deleted)};
  recording.cut_tails = {{48, final()}};
  return recording;
}

// The log begins with what the server writes about itself when it starts, of which the last event is told.
Recording behind_the_start(Recording recording) {
  recording.beside.push_back(
      {0, true, "POST", "/append/%24%24%24scavenges",
       "{\"events\":[{\"id\":\"00000000-0000-4000-8000-000000000001\",\"type\":\"$metadata\","
       "\"contentType\":\"application/json\",\"metadata\":\"\",\"data\":"
       "\"eyIkbWF4QWdlIjoyNTkyMDAwLCIkYWNsIjp7IiRyIjoiJG9wcyIsIiR3IjpbXSwiJGQiOltdLCIkbXIiOltdLCIkbXciOltdfX0=\"}]}",
       ""});
  return recording;
}

Recording leaving_out(Recording recording, std::set<int> steps) {
  recording.not_compared = std::move(steps);
  return recording;
}

// Up to a batch without the name of a stream.
Recording batch_append_of_today(const std::string& name, int until) {
  Recording recording = of(name);
  recording.until = until;
  recording.cut_tails = {{68, final()}, {72, final()}, {76, two_more()}};
  return recording;
}

Recording up_to(Recording recording, int step) {
  recording.until = step;
  return recording;
}

Recording with_projections(Recording recording) {
  recording.projections = true;
  return recording;
}

Recording cut_without_tail(Recording recording, const std::set<int>& steps) {
  for (const int step : steps) recording.cut_tails[step] = "";
  return recording;
}

Recording without_quorum(Recording recording) {
  recording.beside = {{0, true, "POST", "/misbehave", "{\"notReady\": true}", ""}};
  return recording;
}

std::vector<Recording> recordings() {
  return {
      read_stream("next-21.2.0-client-2.1.1/grpc-read-stream", "goldgdcd08"),
      of("next-21.2.0-client-2.1.1/grpc-append-wrong-version"),
      of("next-21.2.0-client-2.1.1/grpc-delete-tombstone"),
      of("next-21.2.0-client-2.1.1/grpc-persistent-ack"),
      of("next-21.2.0-client-2.1.1/grpc-persistent-as-the-package"),
      of("next-21.2.0-client-2.1.1/grpc-persistent-nack-park", kTwoRetries),

      of("next-21.2.0-tcp/http-check-stream-exists"),
      of("next-21.2.0-tcp/http-persistent-assert"),

      of("next-21.2.0/grpc-append"),
      of("next-21.2.0/grpc-append-exact-again"),
      of("next-21.2.0/grpc-append-to-metadata-stream"),
      behind_the_start(of("next-21.2.0/grpc-stream-metadata")),
      of("next-21.2.0/grpc-append-invalid"),
      cut_without_tail(of("next-21.2.0/grpc-append-too-large"), {8, 17, 26, 33, 34, 35}),
      of("next-21.2.0/grpc-append-wrong-version"),
      of("next-21.2.0/grpc-auth"),
      // The client ended its last call before it began.
      leaving_out(of("next-21.2.0/grpc-deadline"), {39}),
      of("next-21.2.0/grpc-delete-tombstone"),
      of("next-21.2.0/grpc-features-raw"),
      of("next-21.2.0/grpc-gossip-discovery"),
      // The other nodes of the cluster in gossip, and the headers of a bare 503.
      leaving_out(without_quorum(of("next-21.2.0/grpc-not-ready-no-quorum")), {54, 55, 59}),
      of("next-21.2.0/grpc-persistent-ack"),
      of("next-21.2.0/grpc-persistent-as-the-package"),
      drops("next-21.2.0/grpc-persistent-drops", "golden-persistent-drops-733104"),
      of("next-21.2.0/grpc-persistent-manage"),
      of("next-21.2.0/grpc-persistent-nack-park", kTwoRetries),
      of("next-21.2.0/grpc-persistent-nack-retry", kTwoRetries),
      of("next-21.2.0/grpc-persistent-nack-skip", kTwoRetries),
      of("next-21.2.0/grpc-persistent-nack-stop", kTwoRetries),
      of("next-21.2.0/grpc-persistent-nack-unknown"),
      of("next-21.2.0/grpc-persistent-timeout-redelivery", kShort),
      of("next-21.2.0/grpc-persistent-window"),
      of("next-21.2.0/grpc-ping-list"),
      of("next-21.2.0/grpc-ping-list-empty"),
      read_all("next-21.2.0/grpc-read-all", "goldgb17f2-b", {{"$ce-goldgb17f2", 2}, {"$et-$deleted", 3}}),
      read_stream("next-21.2.0/grpc-read-stream", "goldgb17f2"),
      of("next-21.2.0/grpc-requires-leader"),
      subscribe_filtered("next-21.2.0/grpc-subscribe-all-filter"),
      subscribe("next-21.2.0/grpc-subscribe-stream", "golden-subscribe-stream-511e3d-none"),

      cut_without_tail(of("next-24.10.4/grpc-append"), {182, 189, 198, 205, 212, 213, 214}),
      of("next-24.10.4/grpc-append-exact-again"),
      of("next-24.10.4/grpc-append-to-metadata-stream"),
      batch_append_of_today("next-24.10.4/grpc-batch-append", 212),
      // A call of many appends that the server ends when the client has said all.
      up_to(of("next-24.10.4/grpc-features-raw"), 38),
      of("next-24.10.4/grpc-gossip"),
      // Checkpoints of groups, whose type and data are others there.
      up_to(of("next-24.10.4/grpc-persistent-ack"), 88),
      // Groups on $all.
      up_to(of("next-24.10.4/grpc-persistent-drops"), 145),
      up_to(leaving_out(of("next-24.10.4/grpc-persistent-manage"), {84}), 117),
      behind_the_start(of("next-24.10.4/grpc-read-all-paged")),
      // The control option `compatibility`.
      up_to(behind_the_start(of("next-24.10.4/grpc-stream-metadata")), 306),

      up_to(cut_without_tail(of("next-25.0.0/grpc-append"), {173, 180, 189, 196, 203, 204, 205}), 209),
      batch_append_of_today("next-25.0.0/grpc-batch-append", 215),
      up_to(of("next-25.0.0/grpc-features-raw"), 38),
      of("next-25.0.0/grpc-gossip"),
      up_to(of("next-25.0.0/grpc-persistent-ack"), 79),
      up_to(of("next-25.0.0/grpc-persistent-drops"), 145),
      up_to(leaving_out(of("next-25.0.0/grpc-persistent-manage"), {84}), 117),
      behind_the_start(of("next-25.0.0/grpc-read-all-paged")),

      of("next-21.10.11/grpc-append"),
      of("next-21.10.11/grpc-append-invalid"),
      too_large("next-21.10.11/grpc-append-too-large"),
      of("next-21.10.11/grpc-append-wrong-version"),
      of("next-21.10.11/grpc-auth"),
      of("next-21.10.11/grpc-deadline"),
      batch_append("next-21.10.11/grpc-batch-append", "golden-batch-append-302b45-x"),
      of("next-21.10.11/grpc-delete-tombstone"),
      // It tells a group on $all.
      leaving_out(with_projections(of("next-21.10.11/grpc-features-raw")), {24}),
      of("next-21.10.11/grpc-gossip-discovery"),
      of("next-21.10.11/grpc-persistent-ack"),
      of("next-21.10.11/grpc-persistent-as-the-package"),
      drops("next-21.10.11/grpc-persistent-drops", "golden-persistent-drops-7a3df8"),
      // A group on $all.
      leaving_out(of("next-21.10.11/grpc-persistent-manage"), {72}),
      of("next-21.10.11/grpc-persistent-nack-park", kTwoRetries),
      of("next-21.10.11/grpc-persistent-nack-retry", kTwoRetries),
      of("next-21.10.11/grpc-persistent-nack-skip", kTwoRetries),
      of("next-21.10.11/grpc-persistent-nack-stop", kTwoRetries),
      caught_up(of("next-21.10.11/grpc-persistent-nack-unknown"), {22}),
      of("next-21.10.11/grpc-persistent-timeout-redelivery", kShort),
      of("next-21.10.11/grpc-persistent-window"),
      of("next-21.10.11/grpc-ping-list"),
      of("next-21.10.11/grpc-ping-list-empty"),
      read_all("next-21.10.11/grpc-read-all", "goldgbdc26-b", {{"$ce-goldgbdc26", 2}, {"$et-$deleted", 2}}),
      read_stream("next-21.10.11/grpc-read-stream", "goldgbdc26"),
      of("next-21.10.11/grpc-requires-leader"),
      subscribe_filtered("next-21.10.11/grpc-subscribe-all-filter"),
      subscribe("next-21.10.11/grpc-subscribe-stream", "golden-subscribe-stream-5ad2bc-none"),

      too_large("next-22.10.5/grpc-append-too-large"),
      batch_append("next-22.10.5/grpc-batch-append", "golden-batch-append-8bb278-x"),
      of("next-22.10.5/grpc-delete-tombstone"),
      with_projections(of("next-22.10.5/grpc-features-raw")),
      of("next-22.10.5/grpc-persistent-as-the-package"),
      drops("next-22.10.5/grpc-persistent-drops", "golden-persistent-drops-84658d"),
      of("next-22.10.5/grpc-ping-list"),
      of("next-22.10.5/grpc-ping-list-empty"),
  };
}

TEST(Recordings, AreAllReplayed) {
  std::vector<std::string> names = wire::conversation_names("next-");
  std::erase_if(names, [](const std::string& name) { return name.find("/tcp-") != std::string::npos; });
  expect_all_replayed(names, recordings());
}

INSTANTIATE_TEST_SUITE_P(Recorded, Replay, testing::ValuesIn(recordings()),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace interconnect::eventstore
