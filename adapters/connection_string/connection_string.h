#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ports/store_settings.h"

namespace interconnect {

struct ConnectionString {
  // What the string says, and the official clients' defaults for what it does not. An empty connection_name: none
  // given.
  GrpcStoreSettings settings;
  std::optional<std::chrono::milliseconds> default_deadline;  // defaultDeadline; also OperationTimeout, its .NET name
  std::vector<std::string> warnings;
  std::set<std::string> given;  // its keys, in lower case
};

struct ConnectionStringError {
  std::size_t offset = 0;  // in bytes from the string's first
  std::string expected;    // what should stand there; holds nothing of the user info

  friend bool operator==(const ConnectionStringError&, const ConnectionStringError&) = default;
};

// Reads a connection string as the official clients do:
//
//   esdb://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/][?KEY=VALUE[&KEY=VALUE...]]
//
// with esdb+discover:// for a cluster's DNS name; the schemes of today's servers, kurrentdb:// and its short form
// kdb://, mean the same, and case does not count. User info and the values of text keys are percent-decoded, hosts may
// be [IPv6]. Keys are taken in either case. Unknown keys are warned about and ignored; a key that stands there twice is
// an error, as it is for the .NET client, but for `feature`, of which there may be several.
std::variant<ConnectionString, ConnectionStringError> parse_connection_string(std::string_view text);

// The keys that parse_connection_string() knows: all that an official client of today takes. As those clients' parsers
// have them: .NET 1.4.1 (KurrentDBClientSettings.ConnectionString.cs), Node 1.1.2 (parseConnectionString.ts),
// Java 1.2.1 (ConnectionSettingsBuilder.java), Go 1.1.2 (configuration.go), Rust 1.2.0 (grpc.rs), Python 1.0.4
// (connection_spec.py); operationTimeout is of .NET before 21.
std::span<const std::string_view> connection_string_keys();

}  // namespace interconnect
