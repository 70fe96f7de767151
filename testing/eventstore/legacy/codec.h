#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

namespace dto = ::EventStore::Client::Messages;

// The commands of the TCP protocol (TcpCommand.cs).
enum class Command : std::uint8_t {
  kHeartbeatRequest = 0x01,
  kHeartbeatResponse = 0x02,
  kPing = 0x03,
  kPong = 0x04,
  kWriteEvents = 0x82,
  kWriteEventsCompleted = 0x83,
  kTransactionStart = 0x84,
  kTransactionWrite = 0x86,
  kTransactionCommit = 0x88,
  kDeleteStream = 0x8A,
  kDeleteStreamCompleted = 0x8B,
  kReadEvent = 0xB0,
  kReadEventCompleted = 0xB1,
  kReadStreamEventsForward = 0xB2,
  kReadStreamEventsForwardCompleted = 0xB3,
  kReadStreamEventsBackward = 0xB4,
  kReadStreamEventsBackwardCompleted = 0xB5,
  kReadAllEventsForward = 0xB6,
  kReadAllEventsForwardCompleted = 0xB7,
  kReadAllEventsBackward = 0xB8,
  kReadAllEventsBackwardCompleted = 0xB9,
  kFilteredReadAllEventsForward = 0xBA,
  kFilteredReadAllEventsForwardCompleted = 0xBB,
  kSubscribeToStream = 0xC0,
  kSubscriptionConfirmation = 0xC1,
  kStreamEventAppeared = 0xC2,
  kUnsubscribeFromStream = 0xC3,
  kSubscriptionDropped = 0xC4,
  kConnectToPersistentSubscription = 0xC5,
  kPersistentSubscriptionConfirmation = 0xC6,
  kPersistentSubscriptionStreamEventAppeared = 0xC7,
  kCreatePersistentSubscription = 0xC8,
  kCreatePersistentSubscriptionCompleted = 0xC9,
  kDeletePersistentSubscription = 0xCA,
  kDeletePersistentSubscriptionCompleted = 0xCB,
  kPersistentSubscriptionAckEvents = 0xCC,
  kPersistentSubscriptionNakEvents = 0xCD,
  kUpdatePersistentSubscription = 0xCE,
  kUpdatePersistentSubscriptionCompleted = 0xCF,
  kFilteredSubscribeToStream = 0xD2,
  kCheckpointReached = 0xD3,
  kBadRequest = 0xF0,
  kNotHandled = 0xF1,
  kAuthenticate = 0xF2,
  kAuthenticated = 0xF3,
  kNotAuthenticated = 0xF4,
  kIdentifyClient = 0xF5,
  kClientIdentified = 0xF6,
};

inline constexpr std::uint8_t kFlagAuthenticated = 1;
inline constexpr std::uint8_t kFlagTrustedWrite = 2;
inline constexpr std::size_t kMaxPackageSize = 64 * 1024 * 1024;
// Command, flags and correlation id.
inline constexpr std::size_t kPackageHeader = 18;

// A package without its length prefix; the views point into the bytes it was read from.
struct Package {
  Command command = Command::kPing;
  std::uint8_t flags = 0;
  std::string_view correlation_id;
  std::string_view login;
  std::string_view password;
  std::string_view payload;
};

// Reads a package; nothing, with the server's words for the reason, if its lengths do not fit.
std::optional<Package> parse_package(std::string_view bytes, std::string* error);

// Appends a framed package to `out`.
void append_package(Command command, std::string_view correlation_id, std::string_view payload, std::string* out);
void append_package(Command command, std::string_view correlation_id, const google::protobuf::MessageLite& message,
                    std::string* out);

// The command's name in TcpCommand.cs, or its number.
std::string command_name(Command command);
// Whether it is one that only servers send, or unknown otherwise.
bool is_reply(Command command);

// Ids travel in .NET order: the first three groups byte-reversed. The same function leads there and back.
EventId swap_net_order(std::string_view bytes);

void fill_record(const Record& record, dto::EventRecord* out);
void fill_indexed(const ResolvedEvent& event, dto::ResolvedIndexedEvent* out);
void fill_resolved(const ResolvedEvent& event, dto::ResolvedEvent* out);

}  // namespace interconnect::eventstore
