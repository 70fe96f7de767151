#include "adapters/grpc/wire/decode.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "adapters/grpc/proto/gossip.pb.h"
#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "testing/wire/conversation.h"

namespace interconnect::next {
namespace {

namespace persistent = event_store::client::persistent_subscriptions;
namespace streams = event_store::client::streams;
using wire::Conversation;
using wire::Step;

std::string id_text(const event_store::client::UUID& id) {
  if (id.has_string()) return id.string();
  EventId value;
  const std::array halves{static_cast<std::uint64_t>(id.structured().most_significant_bits()),
                          static_cast<std::uint64_t>(id.structured().least_significant_bits())};
  for (int i = 0; i < 16; ++i) value.bytes[i] = static_cast<std::uint8_t>(halves[i / 8] >> (56 - 8 * (i % 8)));
  return to_string(value);
}

template <typename Recorded>
void expect_same(const EventView& event, const Recorded& expected) {
  EXPECT_EQ(event.stream, expected.stream_identifier().stream_name());
  EXPECT_EQ(static_cast<std::uint64_t>(event.revision), expected.stream_revision());
  EXPECT_EQ(to_string(event.id), id_text(expected.id()));
  EXPECT_EQ(event.type, expected.metadata().at("type"));
  EXPECT_EQ(event.content == ContentKind::kJson, expected.metadata().at("content-type") == "application/json");
  EXPECT_EQ(event.data, expected.data());
  EXPECT_EQ(event.metadata, expected.custom_metadata());
}

template <typename ReadEvent>
void expect_same_push(const PushedEvent& pushed, const ReadEvent& expected) {
  ASSERT_EQ(pushed.event.has_value(), expected.has_event());
  if (pushed.event) expect_same(*pushed.event, expected.event());
  const auto& original = expected.has_link() ? expected.link() : expected.event();
  EXPECT_EQ(to_string(pushed.ack_id), id_text(original.id()));
  EXPECT_EQ(static_cast<std::uint64_t>(pushed.position), original.stream_revision());
}

// Calls `check` with every answer to the method in every recorded conversation.
template <typename Check>
int for_each_answer(const std::string& method, Check check) {
  int count = 0;
  for (const std::string& name : wire::conversation_names("next-")) {
    const Conversation conversation = wire::read_conversation(name);
    for (const Step& step : conversation.steps) {
      if (!step.is_message() || step.from_client() || step.truncated || !step.method.ends_with(method)) continue;
      SCOPED_TRACE(name + " seq " + std::to_string(step.seq));
      check(step.payload);
      ++count;
    }
  }
  return count;
}

TEST(DecodeTest, RecordedPushesOfPersistentSubscriptionsAreDecodedAsTheGeneratedClassesDo) {
  int links = 0;
  int dead_links = 0;
  int retried = 0;
  const int count = for_each_answer("PersistentSubscriptions/Read", [&](const std::string& payload) {
    persistent::ReadResp expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    const SubscriptionMessage decoded = decode_subscription_message(payload);
    if (expected.has_subscription_confirmation()) {
      ASSERT_TRUE(std::holds_alternative<SubscriptionConfirmed>(decoded));
      EXPECT_EQ(std::get<SubscriptionConfirmed>(decoded).id, expected.subscription_confirmation().subscription_id());
      return;
    }
    ASSERT_TRUE(std::holds_alternative<PushedEvent>(decoded));
    const auto& pushed = std::get<PushedEvent>(decoded);
    expect_same_push(pushed, expected.event());
    EXPECT_EQ(pushed.retry_count, expected.event().retry_count());
    links += expected.event().has_link();
    dead_links += !expected.event().has_event();
    retried += pushed.retry_count > 0;
  });
  EXPECT_GT(count, 100);
  EXPECT_GT(links, 0);
  EXPECT_GT(dead_links, 0);
  EXPECT_GT(retried, 0);
}

TEST(DecodeTest, RecordedReadsAreDecodedAsTheGeneratedClassesDo) {
  int events = 0;
  int missing = 0;
  for_each_answer("Streams/Read", [&](const std::string& payload) {
    streams::ReadResp expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    const ReadMessage decoded = decode_read_message(payload);
    if (expected.has_event()) {
      ASSERT_TRUE(std::holds_alternative<PushedEvent>(decoded));
      expect_same_push(std::get<PushedEvent>(decoded), expected.event());
      ++events;
    } else if (expected.has_stream_not_found()) {
      EXPECT_TRUE(std::holds_alternative<StreamNotFound>(decoded));
      ++missing;
    } else {
      EXPECT_TRUE(std::holds_alternative<Ignored>(decoded));
    }
  });
  EXPECT_GT(events, 100);
  EXPECT_GT(missing, 0);
}

TEST(DecodeTest, RecordedAnswersToAppendsAreDecoded) {
  int refused = 0;
  int refused_without_stream = 0;
  const int count = for_each_answer("Streams/Append", [&](const std::string& payload) {
    streams::AppendResp expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    const auto decoded = decode_append_response(payload);
    if (expected.has_success()) {
      ASSERT_TRUE(std::holds_alternative<AppendSuccess>(decoded));
      const Revision revision = expected.success().has_no_stream() ? kNoStream : expected.success().current_revision();
      const auto& success = std::get<AppendSuccess>(decoded);
      EXPECT_EQ(success.appended.last_revision, revision);
      EXPECT_EQ(success.appended.was_repeated, expected.success().has_no_position());
      EXPECT_EQ(success.commit_position.has_value(), expected.success().has_position());
      if (success.commit_position) {
        EXPECT_EQ(*success.commit_position, expected.success().position().commit_position());
      }
      return;
    }
    ASSERT_TRUE(std::holds_alternative<WrongExpectedVersion>(decoded));
    const auto& wrong = expected.wrong_expected_version();
    const Revision current = wrong.has_current_no_stream() ? kNoStream : wrong.current_revision();
    EXPECT_EQ(std::get<WrongExpectedVersion>(decoded).current, current);
    ++refused;
    refused_without_stream += current == kNoStream;
  });
  EXPECT_GT(count, 20);
  EXPECT_GT(refused, 0);
  EXPECT_GT(refused_without_stream, 0);
}

TEST(DecodeTest, WrongExpectedVersionIsReadFromTheOldFieldsAlone) {
  streams::AppendResp response;
  response.mutable_wrong_expected_version()->set_current_revision_20_6_0(7);
  EXPECT_EQ(std::get<WrongExpectedVersion>(decode_append_response(response.SerializeAsString())).current, 7);
  response.mutable_wrong_expected_version()->mutable_no_stream_20_6_0();
  EXPECT_EQ(std::get<WrongExpectedVersion>(decode_append_response(response.SerializeAsString())).current, kNoStream);
  // How 20.6.0 writes "no stream" where only a number has room.
  response.mutable_wrong_expected_version()->set_current_revision_20_6_0(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(std::get<WrongExpectedVersion>(decode_append_response(response.SerializeAsString())).current, kNoStream);
}

TEST(DecodeTest, TheNewFieldsWinOverTheOldOnes) {
  streams::AppendResp response;
  response.mutable_wrong_expected_version()->set_current_revision_20_6_0(7);
  response.mutable_wrong_expected_version()->set_current_revision(8);
  EXPECT_EQ(std::get<WrongExpectedVersion>(decode_append_response(response.SerializeAsString())).current, 8);
}

TEST(DecodeTest, AnAppendThatIsAnsweredByNothingIsMalformed) {
  EXPECT_TRUE(std::holds_alternative<Malformed>(decode_append_response("")));
}

TEST(DecodeTest, GossipNamesTheNodes) {
  event_store::client::gossip::ClusterInfo cluster;
  auto& leader = *cluster.add_members();
  leader.set_state(event_store::client::gossip::MemberInfo::Leader);
  leader.set_is_alive(true);
  leader.mutable_http_end_point()->set_address("10.0.0.1");
  leader.mutable_http_end_point()->set_port(2113);
  auto& manager = *cluster.add_members();
  manager.set_state(event_store::client::gossip::MemberInfo::Manager);
  manager.mutable_http_end_point()->set_address("10.0.0.2");
  const auto decoded = decode_cluster(cluster.SerializeAsString());
  const std::vector<ClusterMember> expected{{{"10.0.0.1", 2113}, NodeState::kLeader, true},
                                            {{"10.0.0.2", 0}, NodeState::kOther, false}};
  EXPECT_EQ(std::get<std::vector<ClusterMember>>(decoded), expected);
}

TEST(DecodeTest, RecordedGossipIsDecoded) {
  EXPECT_GT(for_each_answer("Gossip/Read",
                            [](const std::string& payload) {
                              const auto decoded = decode_cluster(payload);
                              ASSERT_TRUE((std::holds_alternative<std::vector<ClusterMember>>(decoded)));
                              EXPECT_FALSE(std::get<std::vector<ClusterMember>>(decoded).empty());
                            }),
            1);
}

TEST(DecodeTest, IdsAreTheSameAsTextAndAsNumbers) {
  event_store::client::UUID text;
  text.set_string("00112233-4455-6677-8899-aabbccddeeff");
  event_store::client::UUID numbers;
  numbers.mutable_structured()->set_most_significant_bits(0x0011223344556677);
  numbers.mutable_structured()->set_least_significant_bits(static_cast<std::int64_t>(0x8899aabbccddeeff));
  const auto expected = parse_event_id("00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(decode_uuid(text.SerializeAsString()), expected);
  EXPECT_EQ(decode_uuid(numbers.SerializeAsString()), expected);
  text.set_string("00112233-4455-6677-8899-aabbccddeef");
  EXPECT_FALSE(decode_uuid(text.SerializeAsString()));
  EXPECT_FALSE(decode_uuid(""));
}

persistent::ReadResp a_push() {
  persistent::ReadResp response;
  auto& event = *response.mutable_event()->mutable_event();
  event.mutable_id()->set_string("00112233-4455-6677-8899-aabbccddeeff");
  event.mutable_stream_identifier()->set_stream_name("stream");
  event.set_stream_revision(3);
  (*event.mutable_metadata())["type"] = "T";
  (*event.mutable_metadata())["content-type"] = "application/json";
  event.set_data("{}");
  event.set_custom_metadata("{\"a\":1}");
  auto& link = *response.mutable_event()->mutable_link();
  link.mutable_id()->set_string("ffffffff-4455-6677-8899-aabbccddeeff");
  link.mutable_stream_identifier()->set_stream_name("$ce-stream");
  link.set_stream_revision(90);
  response.mutable_event()->set_retry_count(2);
  return response;
}

TEST(DecodeTest, ALinkIsWhatIsAcknowledged) {
  const std::string payload = a_push().SerializeAsString();
  const auto decoded = decode_subscription_message(payload);
  const auto& pushed = std::get<PushedEvent>(decoded);
  EXPECT_EQ(to_string(pushed.ack_id), "ffffffff-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(pushed.position, 90);
  EXPECT_EQ(pushed.event->stream, "stream");
  EXPECT_EQ(pushed.event->revision, 3);
}

TEST(DecodeTest, RevisionsHave64Bits) {
  auto response = a_push();
  response.mutable_event()->mutable_event()->set_stream_revision(4'294'967'301);
  response.mutable_event()->mutable_link()->set_stream_revision(8'589'934'593);
  const std::string payload = response.SerializeAsString();
  const auto decoded = decode_subscription_message(payload);
  EXPECT_EQ(std::get<PushedEvent>(decoded).event->revision, 4'294'967'301);
  EXPECT_EQ(std::get<PushedEvent>(decoded).position, 8'589'934'593);
}

TEST(DecodeTest, AnEventWithoutIdOrStreamIsMalformed) {
  auto response = a_push();
  response.mutable_event()->mutable_event()->clear_id();
  EXPECT_TRUE(std::holds_alternative<Malformed>(decode_subscription_message(response.SerializeAsString())));
  response = a_push();
  response.mutable_event()->mutable_event()->clear_stream_identifier();
  EXPECT_TRUE(std::holds_alternative<Malformed>(decode_subscription_message(response.SerializeAsString())));
  response = a_push();
  response.mutable_event()->mutable_event()->set_stream_revision(std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(std::holds_alternative<Malformed>(decode_subscription_message(response.SerializeAsString())));
}

TEST(DecodeTest, WhatLaterServersAddIsIgnored) {
  streams::ReadResp response;
  response.set_last_stream_position(4);
  EXPECT_TRUE(std::holds_alternative<Ignored>(decode_read_message(response.SerializeAsString())));
}

// No view may leave the message: the sanitizers look at the bytes that are read here.
std::size_t touch(const EventView& event) {
  std::size_t sum = 0;
  for (const auto bytes : {event.stream, event.type, event.data, event.metadata}) {
    for (const char c : bytes) sum += static_cast<unsigned char>(c);
  }
  return sum;
}

void decode_everything(std::string_view bytes) {
  // A heap block of exactly this size, so that a read beyond it is seen.
  const std::vector<char> block(bytes.begin(), bytes.end());
  const std::string_view message(block.data(), block.size());
  const auto pushed = decode_subscription_message(message);
  if (const auto* event = std::get_if<PushedEvent>(&pushed); event != nullptr && event->event) touch(*event->event);
  const auto read = decode_read_message(message);
  if (const auto* event = std::get_if<PushedEvent>(&read); event != nullptr && event->event) touch(*event->event);
  decode_append_response(message);
  decode_cluster(message);
  decode_uuid(message);
}

TEST(DecodeTest, EveryTruncationIsAnErrorOrAShorterMessageAndNeverMore) {
  const std::string payload = a_push().SerializeAsString();
  for (std::size_t size = 0; size < payload.size(); ++size) {
    decode_everything(std::string_view(payload).substr(0, size));
    if (size == 0) continue;
    // The whole push is one field: cut anywhere, it is malformed.
    const auto decoded = decode_subscription_message(std::string_view(payload).substr(0, size));
    EXPECT_TRUE(std::holds_alternative<Malformed>(decoded)) << size;
  }
}

TEST(DecodeTest, CorruptBytesNeverLeadOutOfTheMessage) {
  std::mt19937 random(1);
  int messages = 0;
  for (const std::string& name : wire::conversation_names("next-21.2.0")) {
    for (const Step& step : wire::read_conversation(name).steps) {
      if (!step.is_message() || step.from_client() || step.truncated || step.payload.empty()) continue;
      ++messages;
      for (int i = 0; i < 20; ++i) {
        std::string corrupt = step.payload;
        for (int flips = 0; flips < 3; ++flips) corrupt[random() % corrupt.size()] = static_cast<char>(random());
        decode_everything(corrupt);
      }
    }
  }
  EXPECT_GT(messages, 100);
}

TEST(DecodeTest, LaterServersSayThatTheyOfferBatchAppend) {
  int answers = 0;
  for (const std::string& name : wire::conversation_names("next-2")) {
    for (const wire::Step& step : wire::read_conversation(name).steps) {
      if (!step.is_message() || step.from_client() || !step.method.ends_with("/GetSupportedMethods")) continue;
      if (step.truncated) continue;
      SCOPED_TRACE(name);
      EXPECT_TRUE(decode_server_features(step.payload).has_batch_append);
      const std::string_view cut = std::string_view(step.payload).substr(0, step.payload.size() - 1);
      EXPECT_FALSE(decode_server_features(cut).has_batch_append);
      const bool is_of_today = name.starts_with("next-24.10.4") || name.starts_with("next-25.0.0");
      EXPECT_EQ(decode_server_features(step.payload).size_rule,
                is_of_today ? AppendSizeRule::kDataMetadataAndType : AppendSizeRule::kData);
      ++answers;
    }
  }
  EXPECT_GT(answers, 0);
  EXPECT_FALSE(decode_server_features("").has_batch_append);
}

TEST(DecodeTest, AppendsAreCountedByVersion) {
  for (const std::string_view version :
       {"21.10.0", "21.10.11.0", "22.10.5", "23.10.6", "24.2.0", "24.6.0", "24.10.0", "24.10.3", "24.10.0-rc.1"}) {
    EXPECT_EQ(append_size_rule(version), AppendSizeRule::kData) << version;
  }
  for (const std::string_view version : {"24.10.4", "24.10.4.1234", "24.10.5", "24.11.0", "25.0.0", "25.0.0-rc.6",
                                         "26.1", "0.0.0-dev", "", "unknown", "24", "v24.10.3"}) {
    EXPECT_EQ(append_size_rule(version), AppendSizeRule::kDataMetadataAndType) << version;
  }
}

}  // namespace
}  // namespace interconnect::next
