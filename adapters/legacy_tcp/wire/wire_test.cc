// What recorded conversations do not hold: malformed input, and replies that only a cluster gives.

#include <string>
#include <vector>

#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/proto.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "gtest/gtest.h"

namespace interconnect::legacy {
namespace {

std::string frame(std::uint32_t length, std::string body) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(length >> (8 * i)));
  return bytes + body;
}

std::string reason_of(const auto& decoded) {
  const auto* error = std::get_if<DecodeError>(&decoded);
  return error == nullptr ? "" : error->reason;
}

Decoded<Reply> decode_payload(Command command, std::string_view payload) {
  Package package;
  package.command = command;
  package.payload = payload;
  return decode_reply(package);
}

TEST(DecodePackage, RefusesLengthsOutOfBoundsBeforeTheBytesArrive) {
  EXPECT_EQ(reason_of(decode_package(frame(0, ""))), "package length 0 is out of bounds");
  EXPECT_EQ(reason_of(decode_package(frame(17, ""))), "package length 17 is out of bounds");
  EXPECT_EQ(reason_of(decode_package(frame(kMaxPackageSize + 1, ""))), "package length 67108865 is out of bounds");
  EXPECT_EQ(reason_of(decode_package(frame(0xffffffff, ""))), "package length 4294967295 is out of bounds");
  EXPECT_EQ(reason_of(decode_package(frame(101, ""), 100)), "package length 101 is out of bounds");
  EXPECT_TRUE(std::holds_alternative<Incomplete>(decode_package(frame(kMaxPackageSize, ""))));
}

TEST(DecodePackage, SaysThatHttpIsSpoken) {
  const std::string reason = reason_of(decode_package("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_NE(reason.find("HTTP is spoken at this port"), std::string::npos) << reason;
  EXPECT_NE(reason.find("CONNECTION_STRING"), std::string::npos) << reason;
}

TEST(DecodePackage, RefusesALoginThatDoesNotFit) {
  const std::string start = std::string("\xf2\x01", 2) + std::string(16, 'c');
  EXPECT_EQ(reason_of(decode_package(frame(18, start))), "the login is longer than its package");
  EXPECT_EQ(reason_of(decode_package(frame(20, start + "\x02"
                                                       "a"))),
            "the login is longer than its package");
  EXPECT_EQ(reason_of(decode_package(frame(20, start + "\x01"
                                                       "a"))),
            "the password is longer than its package");
  EXPECT_EQ(reason_of(decode_package(frame(22, start + "\x01"
                                                       "a\x02"
                                                       "b"))),
            "the password is longer than its package");
}

TEST(DecodePackage, LeavesTheNextPackageAlone) {
  std::string bytes;
  put_empty(bytes, Command::kHeartbeatRequest, {});
  const std::size_t first = bytes.size();
  put_empty(bytes, Command::kHeartbeatResponse, {});
  const auto decoded = decode_package(bytes);
  EXPECT_EQ(std::get<Framed>(decoded).size, first);
  EXPECT_EQ(std::get<Framed>(decoded).package.command, Command::kHeartbeatRequest);
}

TEST(PutAuthenticate, CarriesTheLongestNamesWhole) {
  const std::string name(kMaxLoginSize, 'n');
  const std::string password(kMaxLoginSize, 'p');
  std::string bytes;
  put_authenticate(bytes, {}, Login{name, password});
  const auto decoded = decode_package(bytes);
  const Package& package = std::get<Framed>(decoded).package;
  ASSERT_TRUE(package.login.has_value());
  EXPECT_EQ(package.login->username, name);
  EXPECT_EQ(package.login->password, password);
  EXPECT_TRUE(package.payload.empty());
}

TEST(NetGuid, ReversesTheFirstThreeGroups) {
  const EventId id = *parse_event_id("00112233-4455-6677-8899-aabbccddeeff");
  std::string wire;
  put_event_id(wire, id);
  EXPECT_EQ(wire, std::string("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
  EXPECT_EQ(event_id_from_wire(wire), id);
}

TEST(ProtoReader, RefusesWhatIsMalformed) {
  const auto error_of = [](std::string_view message) {
    ProtoReader reader(message);
    while (reader.next()) {
    }
    return std::string(reader.error());
  };
  EXPECT_EQ(error_of("\x08"), "a varint is cut off");
  EXPECT_EQ(error_of("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "a varint is longer than 64 bits");
  EXPECT_EQ(error_of("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01"), "a varint is longer than 64 bits");
  EXPECT_EQ(error_of(std::string_view("\x00\x00", 2)), "a field number is out of range");
  EXPECT_EQ(error_of("\x0b"), "a field has an unknown wire type");
  EXPECT_EQ(error_of("\x0a\x03"
                     "ab"),
            "a field is longer than its message");
  EXPECT_EQ(error_of("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a field is longer than its message");
  EXPECT_EQ(error_of("\x09"
                     "1234567"),
            "a field is longer than its message");
  EXPECT_EQ(error_of(""), "");
}

TEST(ProtoReader, ReadsTheLimitsOfNumbers) {
  ProtoReader reader("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.int64(), -1);
  EXPECT_EQ(reader.int32(), -1);
  ProtoReader large("\x08\x80\x80\x80\x80\x08");
  ASSERT_TRUE(large.next());
  EXPECT_EQ(large.int64(), 2147483648);
  EXPECT_EQ(large.int32(), 0);
  EXPECT_EQ(large.error(), "a number does not fit into 32 bits");
}

TEST(DecodeReply, EventNumbersHave64Bits) {
  const auto decoded = decode_payload(Command::kWriteEventsCompleted,
                                      std::string_view("\x08\x00\x18\x80\x80\x80\x80\x10\x20\x85\x80\x80\x80\x10", 14));
  EXPECT_EQ(std::get<WriteEventsCompleted>(std::get<Reply>(decoded)).last_event_number, 4'294'967'301);
}

// As 22.10.5 and 23.10.6 answer: to the write of a stream's first event at a log's beginning, and to one that expects
// another revision than the 0 that the stream ends with.
TEST(DecodeReply, ANumberThatIsMissingIs0) {
  const auto first = decode_payload(Command::kWriteEventsCompleted, "");
  const auto& written = std::get<WriteEventsCompleted>(std::get<Reply>(first));
  EXPECT_EQ(written.result, WriteEventsCompleted::Result::kSuccess);
  EXPECT_EQ(written.last_event_number, 0);
  EXPECT_EQ(written.commit_position, 0);

  const auto second = decode_payload(Command::kWriteEventsCompleted, "\x08\x04\x12\x01w");
  const auto& refused = std::get<WriteEventsCompleted>(std::get<Reply>(second));
  EXPECT_EQ(refused.result, WriteEventsCompleted::Result::kWrongExpectedVersion);
  EXPECT_EQ(refused.message, "w");
  EXPECT_EQ(refused.current_version, 0);

  const auto page = decode_payload(Command::kReadStreamEventsForwardCompleted, "");
  const auto& read = std::get<ReadStreamEventsCompleted>(std::get<Reply>(page));
  EXPECT_EQ(read.result, ReadStreamEventsCompleted::Result::kSuccess);
  EXPECT_EQ(read.next_event_number, 0);
  EXPECT_EQ(read.last_event_number, 0);
  EXPECT_FALSE(read.end_of_stream);
}

TEST(DecodeReply, APushOfAStreamsFirstEventHasNoNumbers) {
  std::string record;
  put_bytes_field(record, 1, "s");
  put_bytes_field(record, 3, std::string(16, 'i'));
  put_bytes_field(record, 4, "t");
  std::string resolved;
  put_bytes_field(resolved, 1, record);
  std::string message;
  put_bytes_field(message, 1, resolved);
  const auto decoded = decode_payload(Command::kPersistentSubscriptionStreamEventAppeared, message);
  const auto& pushed = std::get<PersistentEventAppeared>(std::get<Reply>(decoded));
  ASSERT_TRUE(pushed.event.event.has_value());
  EXPECT_EQ(pushed.event.event->stream, "s");
  EXPECT_EQ(pushed.event.event->revision, 0);
  EXPECT_EQ(pushed.event.event->content, ContentKind::kBinary);
  EXPECT_EQ(pushed.retry_count, 0);
}

TEST(DecodeReply, RefusesUnknownEnumerationValues) {
  EXPECT_EQ(reason_of(decode_payload(Command::kWriteEventsCompleted, "\x08\x08")),
            "WriteEventsCompleted: an enumeration has an unknown value");
  EXPECT_EQ(reason_of(decode_payload(Command::kSubscriptionDropped, "\x08\x05")),
            "SubscriptionDropped: an enumeration has an unknown value");
  EXPECT_EQ(reason_of(decode_payload(Command::kNotHandled, "\x08\x04")),
            "NotHandled: an enumeration has an unknown value");
}

TEST(DecodeReply, RefusesAPushWithoutAnId) {
  EXPECT_NE(reason_of(decode_payload(Command::kPersistentSubscriptionStreamEventAppeared, "")), "");
  EXPECT_NE(reason_of(decode_payload(Command::kPersistentSubscriptionStreamEventAppeared,
                                     std::string_view("\x0a\x02\x0a\x00", 4))),
            "");
  EXPECT_EQ(reason_of(decode_payload(Command::kPersistentSubscriptionStreamEventAppeared,
                                     std::string_view("\x0a\x04\x0a\x02\x10\x00", 6))),
            "PersistentSubscriptionStreamEventAppeared: an event has no id");
  EXPECT_EQ(reason_of(decode_payload(Command::kPersistentSubscriptionStreamEventAppeared, "\x0a\x05\x0a\x03\x1a\x01x")),
            "PersistentSubscriptionStreamEventAppeared: an event id is not 16 bytes long");
}

std::string not_master(std::string_view info, bool reason_first) {
  std::string message;
  if (reason_first) put_varint_field(message, 1, 2);
  put_bytes_field(message, 2, info);
  if (!reason_first) put_varint_field(message, 1, 2);
  return message;
}

TEST(DecodeReply, ReadsTheLeaderThatANodeNames) {
  std::string info;
  put_bytes_field(info, 1, "10.0.0.2");
  put_varint_field(info, 2, 1113);
  put_bytes_field(info, 3, "10.0.0.2");
  put_varint_field(info, 4, 2113);
  put_bytes_field(info, 5, "10.0.0.3");
  put_varint_field(info, 6, 1115);
  for (bool reason_first : {true, false}) {
    const std::string message = not_master(info, reason_first);
    const auto decoded = decode_payload(Command::kNotHandled, message);
    const auto& reply = std::get<NotHandled>(std::get<Reply>(decoded));
    EXPECT_EQ(reply.reason, NotHandled::Reason::kNotMaster);
    ASSERT_TRUE(reply.tcp && reply.secure_tcp);
    EXPECT_EQ(reply.tcp->host, "10.0.0.2");
    EXPECT_EQ(reply.tcp->port, 1113);
    EXPECT_EQ(reply.secure_tcp->host, "10.0.0.3");
    EXPECT_EQ(reply.secure_tcp->port, 1115);
  }
}

TEST(DecodeReply, KnowsNoLeaderWhereNoneIsNamed) {
  const std::string message = not_master("", true);
  const auto decoded = decode_payload(Command::kNotHandled, message);
  EXPECT_FALSE(std::get<NotHandled>(std::get<Reply>(decoded)).tcp.has_value());
}

TEST(DecodeReply, RefusesALeaderWithAnImpossiblePort) {
  std::string info;
  put_bytes_field(info, 1, "host");
  put_varint_field(info, 2, 70000);
  EXPECT_EQ(reason_of(decode_payload(Command::kNotHandled, not_master(info, true))),
            "NotHandled: a port is out of range");
}

TEST(DecodeReply, DoesNotReadOtherAdditionalInfoAsALeader) {
  std::string message;
  put_varint_field(message, 1, 0);
  put_bytes_field(message, 2, "\xff\xff\xff");
  EXPECT_EQ(reason_of(decode_payload(Command::kNotHandled, message)), "");
}

}  // namespace
}  // namespace interconnect::legacy
