#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "adapters/legacy_tcp/wire/package.h"
#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

// What we send, each appended to `out` as one whole package.
namespace interconnect::legacy {

// A command without a payload: heartbeats, UnsubscribeFromStream.
void put_empty(std::string& out, Command command, const CorrelationId& correlation);

// Version 1 has event numbers of 64 bits.
void put_identify_client(std::string& out, const CorrelationId& correlation, std::string_view connection_name);

// The login becomes the connection's default, for the packages that carry none, even if it is refused.
// Username and password at most kMaxLoginSize bytes each.
void put_authenticate(std::string& out, const CorrelationId& correlation, const Login& login);

// The size of put_write_events()'s package without its length prefix.
std::size_t write_events_size(std::string_view stream, std::int64_t expected_version, std::span<const Event> events);

// The package is at most kMaxPackageSize long. Requires the leader.
void put_write_events(std::string& out, const CorrelationId& correlation, std::string_view stream,
                      std::int64_t expected_version, std::span<const Event> events);

// Does not resolve links. `from` may be kStreamEnd to read backward from the end.
void put_read_stream_events(std::string& out, const CorrelationId& correlation, ReadDirection direction,
                            std::string_view stream, std::int64_t from, std::int32_t count, bool require_leader);

// Creates or updates a consumer group: the two commands have the same fields, and a setting that is 0 is taken for 0.
// Times beyond 32 bits of milliseconds are sent as the longest there is.
void put_create_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                        std::string_view group, const GroupSettings& settings);
void put_update_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                        std::string_view group, const GroupSettings& settings);

void put_connect_to_persistent_subscription(std::string& out, const CorrelationId& correlation, std::string_view stream,
                                            std::string_view group, std::int32_t allowed_in_flight);

// `subscription_id` is the one that the confirmation gave; `correlation` that of the connect package.
void put_ack_events(std::string& out, const CorrelationId& correlation, std::string_view subscription_id,
                    std::span<const EventId> ids);

enum class NakAction : std::uint8_t { kUnknown = 0, kPark = 1, kRetry = 2, kSkip = 3, kStop = 4 };
void put_nak_events(std::string& out, const CorrelationId& correlation, std::string_view subscription_id,
                    std::span<const EventId> ids, std::string_view message, NakAction action);

}  // namespace interconnect::legacy
