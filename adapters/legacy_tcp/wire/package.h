#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The outer layer of the TCP protocol: u32 length in little endian, then command, flags, correlation id, the login and
// password if the flags say so (each with a length byte), and the payload.
namespace interconnect::legacy {

enum class Command : std::uint8_t {
  kHeartbeatRequest = 0x01,
  kHeartbeatResponse = 0x02,
  kPing = 0x03,
  kPong = 0x04,
  kWriteEvents = 0x82,
  kWriteEventsCompleted = 0x83,
  kReadStreamEventsForward = 0xB2,
  kReadStreamEventsForwardCompleted = 0xB3,
  kReadStreamEventsBackward = 0xB4,
  kReadStreamEventsBackwardCompleted = 0xB5,
  kUnsubscribeFromStream = 0xC3,
  kSubscriptionDropped = 0xC4,
  kConnectToPersistentSubscription = 0xC5,
  kPersistentSubscriptionConfirmation = 0xC6,
  kPersistentSubscriptionStreamEventAppeared = 0xC7,
  kCreatePersistentSubscription = 0xC8,
  kCreatePersistentSubscriptionCompleted = 0xC9,
  kPersistentSubscriptionAckEvents = 0xCC,
  kPersistentSubscriptionNakEvents = 0xCD,
  kUpdatePersistentSubscription = 0xCE,
  kUpdatePersistentSubscriptionCompleted = 0xCF,
  kBadRequest = 0xF0,
  kNotHandled = 0xF1,
  kAuthenticate = 0xF2,
  kAuthenticated = 0xF3,
  kNotAuthenticated = 0xF4,
  kIdentifyClient = 0xF5,
  kClientIdentified = 0xF6,
};

// Sixteen bytes that are echoed as they are. Servers read them as a .NET Guid, which any sixteen bytes are.
struct CorrelationId {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const CorrelationId&, const CorrelationId&) = default;
};

// A login and a password; each at most 255 bytes long. Owns nothing.
struct Login {
  std::string_view username;
  std::string_view password;
};

// Views into the bytes that it was decoded from.
struct Package {
  Command command{};  // may be one that the enumeration does not name
  CorrelationId correlation;
  std::optional<Login> login;
  std::string_view payload;
};

struct DecodeError {
  std::string reason;
};

template <typename T>
using Decoded = std::variant<T, DecodeError>;

// Both generations refuse longer packages, in both directions.
inline constexpr std::size_t kMaxPackageSize = 64 * 1024 * 1024;
inline constexpr std::size_t kLengthPrefixSize = 4;
inline constexpr std::size_t kMinPackageSize = 18;
inline constexpr std::size_t kMaxLoginSize = 255;

// More bytes are needed: `total` of them from the first on, as far as that is known.
struct Incomplete {
  std::size_t total = 0;
};
struct Framed {
  Package package;
  std::size_t size = 0;  // of the package with its length prefix
};

// Decodes the package at the beginning of `bytes`. After an error the connection is of no use any more.
std::variant<Framed, Incomplete, DecodeError> decode_package(std::string_view bytes,
                                                             std::size_t max_package_size = kMaxPackageSize);

// The size of a package without its length prefix.
std::size_t package_size(std::size_t payload_size, const std::optional<Login>& login = std::nullopt);

// Writes all of a package but its payload, which the caller writes next.
void put_package_header(std::string& out, Command command, const CorrelationId& correlation, std::size_t payload_size,
                        const std::optional<Login>& login = std::nullopt);

}  // namespace interconnect::legacy
