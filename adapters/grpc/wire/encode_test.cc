#include "adapters/grpc/wire/encode.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "testing/wire/conversation.h"

namespace interconnect::next {
namespace {

namespace persistent = event_store::client::persistent_subscriptions;
namespace streams = event_store::client::streams;
using wire::Step;

constexpr char kIdText[] = "00112233-4455-6677-8899-aabbccddeeff";

Event an_event(std::string_view data, std::string_view metadata, ContentKind content) {
  return Event(EventView{"stream", 0, *parse_event_id(kIdText), "Type", content, data, metadata});
}

std::string proposed(const Event& event) {
  std::string message(proposed_message_size(event), '?');
  write_proposed_message(event, message.data());
  return message;
}

// Our ids are numbers where the recorded clients' are text; nothing else may differ.
void ids_as_text(event_store::client::UUID& id) {
  if (!id.has_structured()) return;
  EventId value;
  const auto most = static_cast<std::uint64_t>(id.structured().most_significant_bits());
  const auto least = static_cast<std::uint64_t>(id.structured().least_significant_bits());
  for (int i = 0; i < 8; ++i) {
    value.bytes[i] = static_cast<std::uint8_t>(most >> (56 - 8 * i));
    value.bytes[i + 8] = static_cast<std::uint8_t>(least >> (56 - 8 * i));
  }
  id.set_string(to_string(value));
}

template <typename Check>
int for_each_request(const std::string& method, Check check) {
  int count = 0;
  for (const std::string& name : wire::conversation_names("next-")) {
    if (name.find("invalid") != std::string::npos || name.find("features-raw") != std::string::npos) continue;
    for (const Step& step : wire::read_conversation(name).steps) {
      if (!step.is_message() || !step.from_client() || step.truncated || !step.method.ends_with(method)) continue;
      SCOPED_TRACE(name + " seq " + std::to_string(step.seq));
      check(step.payload);
      ++count;
    }
  }
  return count;
}

TEST(EncodeTest, RecordedAppendsAreReproduced) {
  int options = 0;
  int events = 0;
  for_each_request("Streams/Append", [&](const std::string& payload) {
    streams::AppendReq expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    streams::AppendReq encoded;
    if (expected.has_options()) {
      // We never ask for any revision, nor for any that exists.
      if (!expected.options().has_revision() && !expected.options().has_no_stream()) return;
      const Revision revision = expected.options().has_no_stream() ? kNoStream : expected.options().revision();
      ASSERT_TRUE(encoded.ParseFromString(
          encode_append_options(expected.options().stream_identifier().stream_name(), revision)));
      EXPECT_EQ(encoded.SerializeAsString(), expected.SerializeAsString());
      ++options;
      return;
    }
    const auto& message = expected.proposed_message();
    const auto& metadata = message.metadata();
    if (metadata.size() != 2) return;
    const Event event(
        EventView{"stream", 0, *parse_event_id(message.id().string()), metadata.at("type"),
                  metadata.at("content-type") == "application/json" ? ContentKind::kJson : ContentKind::kBinary,
                  message.data(), message.custom_metadata()});
    ASSERT_TRUE(encoded.ParseFromString(proposed(event)));
    ids_as_text(*encoded.mutable_proposed_message()->mutable_id());
    EXPECT_EQ(encoded.proposed_message().id().string(), message.id().string());
    EXPECT_EQ(encoded.proposed_message().metadata().at("type"), metadata.at("type"));
    EXPECT_EQ(encoded.proposed_message().metadata().at("content-type"), metadata.at("content-type"));
    EXPECT_EQ(encoded.proposed_message().data(), message.data());
    EXPECT_EQ(encoded.proposed_message().custom_metadata(), message.custom_metadata());
    ++events;
  });
  EXPECT_GT(options, 5);
  EXPECT_GT(events, 20);
}

TEST(EncodeTest, RecordedBatchesAreReproduced) {
  int batches = 0;
  for_each_request("Streams/BatchAppend", [&](const std::string& payload) {
    streams::BatchAppendReq expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    const auto& options = expected.options();
    if (!expected.is_final() || (!options.has_stream_position() && !options.has_no_stream())) return;
    std::vector<Event> events;
    for (const auto& message : expected.proposed_messages()) {
      const auto& metadata = message.metadata();
      events.emplace_back(
          EventView{"", 0, *parse_event_id(message.id().string()), metadata.at("type"),
                    metadata.at("content-type") == "application/json" ? ContentKind::kJson : ContentKind::kBinary,
                    message.data(), message.custom_metadata()});
    }
    const Append append{0x0102030405060708, options.stream_identifier().stream_name(),
                        options.has_no_stream() ? kNoStream : static_cast<Revision>(options.stream_position()), events};
    std::string message(batch_append_size(append), '?');
    write_batch_append(append, message.data());
    streams::BatchAppendReq encoded;
    ASSERT_TRUE(encoded.ParseFromString(message));
    EXPECT_EQ(encoded.correlation_id().structured().least_significant_bits(), 0x0102030405060708);
    // Ours has no deadline, and its own correlation id.
    *encoded.mutable_correlation_id() = expected.correlation_id();
    expected.mutable_options()->clear_deadline_option();
    for (auto& proposed : *encoded.mutable_proposed_messages()) ids_as_text(*proposed.mutable_id());
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(encoded, expected)) << encoded.DebugString();
    ++batches;
  });
  EXPECT_GE(batches, 4);
}

TEST(EncodeTest, RecordedAcksAreReproduced) {
  int many = 0;
  const int count = for_each_request("PersistentSubscriptions/Read", [&](const std::string& payload) {
    persistent::ReadReq expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    persistent::ReadReq encoded;
    std::vector<EventId> ids;
    if (expected.has_ack()) {
      for (const auto& id : expected.ack().ids()) ids.push_back(*parse_event_id(id.string()));
      ASSERT_TRUE(encoded.ParseFromString(encode_ack(ids)));
      for (auto& id : *encoded.mutable_ack()->mutable_ids()) ids_as_text(id);
      many += ids.size() > 1;
    } else if (expected.has_nack()) {
      if (expected.nack().action() != persistent::ReadReq::Nack::Park) return;
      for (const auto& id : expected.nack().ids()) ids.push_back(*parse_event_id(id.string()));
      ASSERT_TRUE(encoded.ParseFromString(encode_park(ids, expected.nack().reason())));
      for (auto& id : *encoded.mutable_nack()->mutable_ids()) ids_as_text(id);
    } else {
      const auto& options = expected.options();
      if (!options.uuid_option().has_string()) return;  // made by hand
      if (!options.has_stream_identifier()) return;     // to $all
      ASSERT_TRUE(encoded.ParseFromString(
          encode_subscribe(options.stream_identifier().stream_name(), options.group_name(), options.buffer_size())));
      EXPECT_TRUE(encoded.options().uuid_option().has_structured());
      encoded.mutable_options()->mutable_uuid_option()->mutable_string();
    }
    EXPECT_EQ(encoded.SerializeAsString(), expected.SerializeAsString());
  });
  EXPECT_GT(count, 50);
  EXPECT_GT(many, 0);
}

TEST(EncodeTest, RecordedGroupsAreReproduced) {
  const auto subscription_of = [](const auto& options) {
    const auto& from = options.settings();
    Subscription subscription;
    subscription.stream = options.stream_identifier().stream_name();
    subscription.group = options.group_name();
    GroupSettings& to = subscription.settings;
    to.resolve_link_tos = from.resolve_links();
    to.start_from = static_cast<std::int64_t>(from.revision());
    to.extra_statistics = from.extra_statistics();
    to.message_timeout = std::chrono::milliseconds(from.message_timeout_ms());
    to.max_retry_count = from.max_retry_count();
    to.live_buffer_size = from.live_buffer_size();
    to.read_batch_size = from.read_batch_size();
    to.history_buffer_size = from.history_buffer_size();
    to.checkpoint_after = std::chrono::milliseconds(from.checkpoint_after_ms());
    to.min_checkpoint_count = from.min_checkpoint_count();
    to.max_checkpoint_count = from.max_checkpoint_count();
    to.max_subscriber_count = from.max_subscriber_count();
    to.consumer_strategy = static_cast<ConsumerStrategy>(from.named_consumer_strategy());
    return subscription;
  };
  const int created = for_each_request("PersistentSubscriptions/Create", [&](const std::string& payload) {
    persistent::CreateReq expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    if (!expected.options().has_stream_identifier()) return;  // of $all, or made by hand
    persistent::CreateReq encoded;
    ASSERT_TRUE(encoded.ParseFromString(encode_create_group(subscription_of(expected.options()))));
    EXPECT_EQ(encoded.SerializeAsString(), expected.SerializeAsString());
  });
  const int updated = for_each_request("PersistentSubscriptions/Update", [&](const std::string& payload) {
    persistent::UpdateReq expected;
    ASSERT_TRUE(expected.ParseFromString(payload));
    if (!expected.options().has_stream_identifier()) return;  // of $all, or made by hand
    persistent::UpdateReq encoded;
    ASSERT_TRUE(encoded.ParseFromString(encode_update_group(subscription_of(expected.options()))));
    EXPECT_EQ(encoded.SerializeAsString(), expected.SerializeAsString());
  });
  EXPECT_GT(created, 5);
  EXPECT_GT(updated, 1);
}

TEST(EncodeTest, BytesAreSacred) {
  std::string data;
  for (int i = 0; i < 256; ++i) data.push_back(static_cast<char>(i));
  std::string big(1 << 20, 'x');
  for (const std::string& bytes : {std::string(), data, big}) {
    const Event event = an_event(bytes, data, ContentKind::kBinary);
    streams::AppendReq encoded;
    ASSERT_TRUE(encoded.ParseFromString(proposed(event)));
    EXPECT_EQ(encoded.proposed_message().data(), bytes);
    EXPECT_EQ(encoded.proposed_message().custom_metadata(), data);
    EXPECT_EQ(encoded.proposed_message().metadata().at("content-type"), "application/octet-stream");
    EXPECT_EQ(encoded.proposed_message().metadata_size(), 2);
  }
}

TEST(EncodeTest, AnAppendIsAlwaysToAnExactRevision) {
  streams::AppendReq encoded;
  ASSERT_TRUE(encoded.ParseFromString(encode_append_options("s", kNoStream)));
  EXPECT_TRUE(encoded.options().has_no_stream());
  for (const Revision revision : {Revision{0}, Revision{127}, Revision{128}, std::numeric_limits<Revision>::max()}) {
    ASSERT_TRUE(encoded.ParseFromString(encode_append_options("s", revision)));
    EXPECT_EQ(encoded.options().revision(), static_cast<std::uint64_t>(revision));
    EXPECT_EQ(encoded.options().stream_identifier().stream_name(), "s");
  }
}

TEST(EncodeTest, AReadNamesItsStartDirectionAndCount) {
  StreamRead read{.id = 1, .stream = "s", .direction = ReadDirection::kBackward, .from = kStreamEnd, .count = 5};
  streams::ReadReq request;
  ASSERT_TRUE(request.ParseFromString(encode_read(read)));
  EXPECT_TRUE(request.options().stream().has_end());
  EXPECT_EQ(request.options().read_direction(), streams::ReadReq::Options::Backwards);
  EXPECT_EQ(request.options().count(), 5u);
  EXPECT_FALSE(request.options().resolve_links());
  EXPECT_TRUE(request.options().has_no_filter());
  EXPECT_TRUE(request.options().has_uuid_option());  // the server refuses the call without it
  read.from = 7;
  read.direction = ReadDirection::kForward;
  ASSERT_TRUE(request.ParseFromString(encode_read(read)));
  EXPECT_EQ(request.options().stream().revision(), 7u);
  EXPECT_EQ(request.options().read_direction(), streams::ReadReq::Options::Forwards);
}

TEST(EncodeTest, AStartFromTheEndIsTheLargestRevision) {
  Subscription subscription;
  subscription.stream = "s";
  subscription.settings.start_from = -1;
  persistent::CreateReq request;
  ASSERT_TRUE(request.ParseFromString(encode_create_group(subscription)));
  EXPECT_EQ(request.options().settings().revision(), std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace interconnect::next
