// The codec against recorded conversations of a real server with an official client. What was on the wire is read a
// second time with the protobuf library, as an independent witness.

#include <string>
#include <utility>
#include <vector>

#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/legacy/without_zeros.h"
#include "testing/wire/conversation.h"

namespace interconnect::legacy {
namespace {

namespace messages = ::EventStore::Client::Messages;

struct RecordedPackage {
  std::string where;
  std::string frame;
  bool from_client = false;
};

std::vector<RecordedPackage> recorded_packages() {
  std::vector<RecordedPackage> packages;
  std::vector<std::string> names = wire::conversation_names("legacy-5.0.1");
  // A newer server over its TCP port.
  for (std::string& name : wire::conversation_names("next-21.2.0-tcp")) names.push_back(std::move(name));
  for (const std::string& name : names) {
    for (const wire::Step& step : wire::read_conversation(name).steps) {
      if (!step.is_package() || step.truncated) continue;
      packages.push_back({name + " step " + std::to_string(step.seq), step.frame(), step.from_client()});
    }
  }
  return packages;
}

// The package, or a test failure and an empty one.
Package decode(const std::string& frame) {
  const auto decoded = decode_package(frame);
  const auto* framed = std::get_if<Framed>(&decoded);
  if (framed == nullptr) {
    ADD_FAILURE() << "no package";
    return {};
  }
  EXPECT_EQ(framed->size, frame.size());
  return framed->package;
}

template <typename Message>
Message parse(const Package& package) {
  Message message;
  EXPECT_TRUE(message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())));
  return message;
}

void expect_same(const std::optional<EventView>& ours, bool present, const messages::EventRecord& theirs) {
  present = present && theirs.ByteSizeLong() > 0;
  ASSERT_EQ(ours.has_value(), present);
  if (!present) return;
  EXPECT_EQ(ours->stream, theirs.event_stream_id());
  EXPECT_EQ(ours->revision, theirs.event_number());
  EXPECT_EQ(ours->id, event_id_from_wire(theirs.event_id()));
  EXPECT_EQ(ours->type, theirs.event_type());
  EXPECT_EQ(ours->content == ContentKind::kJson, theirs.data_content_type() == 1);
  EXPECT_EQ(ours->data, theirs.data());
  EXPECT_EQ(ours->metadata, theirs.metadata());
}

void expect_same(const IndexedEvent& ours, const messages::ResolvedIndexedEvent& theirs) {
  expect_same(ours.event, theirs.has_event(), theirs.event());
  expect_same(ours.link, theirs.has_link(), theirs.link());
}

struct ExpectSame {
  const Package& package;

  void operator()(const PersistentEventAppeared& ours) const {
    const auto theirs = parse<messages::PersistentSubscriptionStreamEventAppeared>(package);
    expect_same(ours.event, theirs.event());
    EXPECT_EQ(ours.retry_count, theirs.retrycount());
  }
  void operator()(const WriteEventsCompleted& ours) const {
    const auto theirs = parse<messages::WriteEventsCompleted>(package);
    EXPECT_EQ(static_cast<int>(ours.result), static_cast<int>(theirs.result()));
    EXPECT_EQ(ours.message, theirs.message());
    EXPECT_EQ(ours.last_event_number, theirs.last_event_number());
    EXPECT_EQ(ours.current_version, theirs.current_version());
  }
  void operator()(const ReadStreamEventsCompleted& ours) const {
    const auto theirs = parse<messages::ReadStreamEventsCompleted>(package);
    EXPECT_EQ(static_cast<int>(ours.result), static_cast<int>(theirs.result()));
    EXPECT_EQ(ours.next_event_number, theirs.next_event_number());
    EXPECT_EQ(ours.last_event_number, theirs.last_event_number());
    EXPECT_EQ(ours.end_of_stream, theirs.is_end_of_stream());
    EXPECT_EQ(ours.error, theirs.error());
    ASSERT_EQ(ours.events.size(), static_cast<std::size_t>(theirs.events_size()));
    for (int i = 0; i < theirs.events_size(); ++i) expect_same(ours.events[i], theirs.events(i));
  }
  void operator()(const PersistentSubscriptionConfirmation& ours) const {
    const auto theirs = parse<messages::PersistentSubscriptionConfirmation>(package);
    EXPECT_EQ(ours.subscription_id, theirs.subscription_id());
    EXPECT_EQ(ours.last_event_number, theirs.last_event_number());
  }
  void operator()(const SubscriptionDropped& ours) const {
    EXPECT_EQ(static_cast<int>(ours.reason), static_cast<int>(parse<messages::SubscriptionDropped>(package).reason()));
  }
  void operator()(const GroupCommandCompleted& ours) const {
    const auto compare = [&ours](const auto& theirs) {
      EXPECT_EQ(static_cast<int>(ours.result), static_cast<int>(theirs.result()));
      EXPECT_EQ(ours.reason, theirs.reason());
    };
    if (package.command == Command::kCreatePersistentSubscriptionCompleted) {
      compare(parse<messages::CreatePersistentSubscriptionCompleted>(package));
    } else {
      compare(parse<messages::UpdatePersistentSubscriptionCompleted>(package));
    }
  }
  void operator()(const NotHandled& ours) const {
    EXPECT_EQ(static_cast<int>(ours.reason), static_cast<int>(parse<messages::NotHandled>(package).reason()));
  }
  void operator()(const NotAuthenticated& ours) const { EXPECT_EQ(ours.reason, package.payload); }
  void operator()(const BadRequest& ours) const { EXPECT_EQ(ours.reason, package.payload); }
  template <typename Empty>
  void operator()(const Empty&) const {}
};

TEST(Replay, EveryReplyIsReadAsItWasSent) {
  std::size_t replies = 0;
  std::size_t of_other_kinds = 0;
  for (const RecordedPackage& recorded : recorded_packages()) {
    if (recorded.from_client) continue;
    SCOPED_TRACE(recorded.where);
    const Package package = decode(recorded.frame);
    const Decoded<Reply> reply = decode_reply(package);
    if (const auto* error = std::get_if<DecodeError>(&reply)) {
      ADD_FAILURE() << error->reason;
      continue;
    }
    ++replies;
    of_other_kinds += std::holds_alternative<OtherReply>(std::get<Reply>(reply)) ? 1 : 0;
    std::visit(ExpectSame{package}, std::get<Reply>(reply));
  }
  EXPECT_GT(replies, 200u);
  EXPECT_LT(of_other_kinds, replies / 3);
}

// The payload as servers from 22.6 on send it: without the numbers that are 0. The payload as it is for a command whose
// payload is no message that we read.
std::string without_zeros(const Package& package) {
  const auto shorten = [&package](auto message) {
    EXPECT_TRUE(message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())));
    eventstore::leave_out_zeros(message);
    return message.SerializeAsString();
  };
  switch (package.command) {
    case Command::kPersistentSubscriptionStreamEventAppeared:
      return shorten(messages::PersistentSubscriptionStreamEventAppeared());
    case Command::kWriteEventsCompleted:
      return shorten(messages::WriteEventsCompleted());
    case Command::kReadStreamEventsForwardCompleted:
    case Command::kReadStreamEventsBackwardCompleted:
      return shorten(messages::ReadStreamEventsCompleted());
    case Command::kPersistentSubscriptionConfirmation:
      return shorten(messages::PersistentSubscriptionConfirmation());
    case Command::kSubscriptionDropped:
      return shorten(messages::SubscriptionDropped());
    case Command::kCreatePersistentSubscriptionCompleted:
      return shorten(messages::CreatePersistentSubscriptionCompleted());
    case Command::kUpdatePersistentSubscriptionCompleted:
      return shorten(messages::UpdatePersistentSubscriptionCompleted());
    case Command::kNotHandled:
      return shorten(messages::NotHandled());
    default:
      return std::string(package.payload);
  }
}

TEST(Replay, EveryReplyMeansTheSameWithoutTheNumbersThatAre0) {
  std::size_t shortened = 0;
  for (const RecordedPackage& recorded : recorded_packages()) {
    if (recorded.from_client) continue;
    SCOPED_TRACE(recorded.where);
    const Package as_recorded = decode(recorded.frame);
    Package package = as_recorded;
    const std::string payload = without_zeros(as_recorded);
    package.payload = payload;
    shortened += payload.size() < as_recorded.payload.size() ? 1 : 0;
    const Decoded<Reply> reply = decode_reply(package);
    if (const auto* error = std::get_if<DecodeError>(&reply)) {
      ADD_FAILURE() << error->reason;
      continue;
    }
    std::visit(ExpectSame{as_recorded}, std::get<Reply>(reply));
  }
  EXPECT_GT(shortened, 100u);
}

std::vector<EventId> ids_of(const auto& wire_ids) {
  std::vector<EventId> ids;
  for (const std::string& id : wire_ids) ids.push_back(event_id_from_wire(id));
  return ids;
}

// Nothing for a strategy that we never ask for.
template <typename Message>
std::optional<GroupSettings> settings_of(const Message& message) {
  GroupSettings settings;
  settings.resolve_link_tos = message.resolve_link_tos();
  settings.start_from = message.start_from();
  settings.extra_statistics = message.record_statistics();
  settings.message_timeout = std::chrono::milliseconds(message.message_timeout_milliseconds());
  settings.max_retry_count = message.max_retry_count();
  settings.live_buffer_size = message.live_buffer_size();
  settings.read_batch_size = message.read_batch_size();
  settings.history_buffer_size = message.buffer_size();
  settings.checkpoint_after = std::chrono::milliseconds(message.checkpoint_after_time());
  settings.min_checkpoint_count = message.checkpoint_min_count();
  settings.max_checkpoint_count = message.checkpoint_max_count();
  settings.max_subscriber_count = message.subscriber_max_count();
  for (ConsumerStrategy strategy :
       {ConsumerStrategy::kDispatchToSingle, ConsumerStrategy::kRoundRobin, ConsumerStrategy::kPinned}) {
    settings.consumer_strategy = strategy;
    if (message.named_consumer_strategy() == to_string(strategy)) return settings;
  }
  return std::nullopt;
}

// The request as our encoder writes it, from what the protobuf library read; empty for commands that we never send.
std::string encode_again(const Package& package) {
  std::string out;
  switch (package.command) {
    case Command::kHeartbeatRequest:
    case Command::kHeartbeatResponse:
    case Command::kUnsubscribeFromStream:
      put_empty(out, package.command, package.correlation);
      break;
    case Command::kIdentifyClient:
      put_identify_client(out, package.correlation, parse<messages::IdentifyClient>(package).connection_name());
      break;
    case Command::kAuthenticate:
      if (package.login) put_authenticate(out, package.correlation, *package.login);
      break;
    case Command::kWriteEvents: {
      const auto message = parse<messages::WriteEvents>(package);
      std::vector<Event> events;
      for (const auto& event : message.events()) {
        events.emplace_back(EventView{.stream = message.event_stream_id(),
                                      .revision = 0,
                                      .id = event_id_from_wire(event.event_id()),
                                      .type = event.event_type(),
                                      .content = event.data_content_type() ? ContentKind::kJson : ContentKind::kBinary,
                                      .data = event.data(),
                                      .metadata = event.metadata()});
      }
      put_write_events(out, package.correlation, message.event_stream_id(), message.expected_version(), events);
      EXPECT_EQ(out.size(),
                kLengthPrefixSize + write_events_size(message.event_stream_id(), message.expected_version(), events));
      break;
    }
    case Command::kReadStreamEventsForward:
    case Command::kReadStreamEventsBackward: {
      const auto message = parse<messages::ReadStreamEvents>(package);
      if (message.resolve_link_tos()) break;
      put_read_stream_events(
          out, package.correlation,
          package.command == Command::kReadStreamEventsForward ? ReadDirection::kForward : ReadDirection::kBackward,
          message.event_stream_id(), message.from_event_number(), message.max_count(), message.require_master());
      break;
    }
    case Command::kCreatePersistentSubscription: {
      const auto message = parse<messages::CreatePersistentSubscription>(package);
      if (const auto settings = settings_of(message)) {
        put_create_persistent_subscription(out, package.correlation, message.event_stream_id(),
                                           message.subscription_group_name(), *settings);
      }
      break;
    }
    case Command::kUpdatePersistentSubscription: {
      const auto message = parse<messages::UpdatePersistentSubscription>(package);
      if (const auto settings = settings_of(message)) {
        put_update_persistent_subscription(out, package.correlation, message.event_stream_id(),
                                           message.subscription_group_name(), *settings);
      }
      break;
    }
    case Command::kConnectToPersistentSubscription: {
      const auto message = parse<messages::ConnectToPersistentSubscription>(package);
      put_connect_to_persistent_subscription(out, package.correlation, message.event_stream_id(),
                                             message.subscription_id(), message.allowed_in_flight_messages());
      break;
    }
    case Command::kPersistentSubscriptionAckEvents: {
      const auto message = parse<messages::PersistentSubscriptionAckEvents>(package);
      put_ack_events(out, package.correlation, message.subscription_id(), ids_of(message.processed_event_ids()));
      break;
    }
    case Command::kPersistentSubscriptionNakEvents: {
      const auto message = parse<messages::PersistentSubscriptionNakEvents>(package);
      put_nak_events(out, package.correlation, message.subscription_id(), ids_of(message.processed_event_ids()),
                     message.message(), static_cast<NakAction>(message.action()));
      break;
    }
    default:
      break;
  }
  return out;
}

// The recorded package without its login: we authenticate once for each connection, never for each package.
std::string without_login(const Package& package) {
  std::string out;
  put_package_header(out, package.command, package.correlation, package.payload.size());
  return out.append(package.payload);
}

// The recorded requests that are malformed on purpose, or say what we never say.
bool is_reproducible(const RecordedPackage& recorded, const Package& package) {
  if (recorded.where.find("tcp-bad-input") != std::string::npos) return false;
  if (package.command != Command::kWriteEvents) return true;
  messages::WriteEvents message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) return false;
  for (const auto& event : message.events()) {
    if (event.metadata_content_type() != 0 || (event.has_metadata() && event.metadata().empty())) return false;
  }
  return message.require_master();
}

TEST(Replay, EveryRequestIsWrittenAsTheClientDid) {
  std::size_t compared = 0;
  for (const RecordedPackage& recorded : recorded_packages()) {
    if (!recorded.from_client) continue;
    SCOPED_TRACE(recorded.where);
    const auto decoded = decode_package(recorded.frame);
    const auto* framed = std::get_if<Framed>(&decoded);
    if (framed == nullptr || !is_reproducible(recorded, framed->package)) continue;
    const std::string ours = encode_again(framed->package);
    if (ours.empty()) continue;
    EXPECT_EQ(ours,
              framed->package.command == Command::kAuthenticate ? recorded.frame : without_login(framed->package));
    ++compared;
  }
  EXPECT_GT(compared, 150u);
}

TEST(Replay, EveryPackageIsIncompleteWhenCutAnywhere) {
  for (const RecordedPackage& recorded : recorded_packages()) {
    SCOPED_TRACE(recorded.where);
    if (!std::holds_alternative<Framed>(decode_package(recorded.frame))) continue;
    for (std::size_t size = 0; size < recorded.frame.size(); ++size) {
      // An own block of exactly that size, so that the sanitizer sees a read behind its end.
      const std::vector<char> cut(recorded.frame.begin(), recorded.frame.begin() + static_cast<std::ptrdiff_t>(size));
      const auto decoded = decode_package({cut.data(), cut.size()});
      const auto* incomplete = std::get_if<Incomplete>(&decoded);
      ASSERT_NE(incomplete, nullptr);
      ASSERT_EQ(incomplete->total, size < kLengthPrefixSize ? kLengthPrefixSize : recorded.frame.size());
    }
  }
}

TEST(Replay, NoPayloadCutAnywhereOrChangedAnywhereIsReadOutOfBounds) {
  std::uint32_t random = 1;
  for (const RecordedPackage& recorded : recorded_packages()) {
    if (recorded.from_client) continue;
    Package package = decode(recorded.frame);
    const std::string payload(package.payload);
    for (std::size_t size = 0; size < payload.size(); ++size) {
      const std::vector<char> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
      package.payload = {cut.data(), cut.size()};
      (void)decode_reply(package);

      std::vector<char> changed(payload.begin(), payload.end());
      random = random * 1664525 + 1013904223;
      changed[size] = static_cast<char>(random >> 24);
      package.payload = {changed.data(), changed.size()};
      (void)decode_reply(package);
    }
  }
}

}  // namespace
}  // namespace interconnect::legacy
