#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace interconnect {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// HOST:PORT, for people.
inline std::string to_text(const Endpoint& endpoint) { return endpoint.host + ":" + std::to_string(endpoint.port); }

struct Credentials {
  std::string username;
  std::string password;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

struct TlsSettings {
  bool enabled = false;
  bool verify_certificate = true;  // chain and host name
  std::string ca_file;             // PEM; empty: the system's roots
  std::string certificate_file;    // PEM; the client's own, where the server asks for one
  std::string key_file;            // PEM; of certificate_file

  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

// The first attempts after a loss come soon, `delay` apart at most; after `patience` they are `delay` apart. Those within
// `patience` count as one. Attempts count anew after a success.
struct ReconnectionSettings {
  std::int32_t max_attempts = 200;  // -1: without end
  std::chrono::milliseconds delay{10'000};
  std::chrono::milliseconds patience{5'000};  // the event writer timeout: a restart or an election may take so long

  friend bool operator==(const ReconnectionSettings&, const ReconnectionSettings&) = default;
};

struct HeartbeatSettings {
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds timeout{3'000};

  friend bool operator==(const HeartbeatSettings&, const HeartbeatSettings&) = default;
};

// A store of the old generation: the TCP protocol, and HTTP beside it.
struct LegacyStoreSettings {
  Endpoint tcp;
  Endpoint http;
  std::vector<Endpoint> hosts;  // HTTP; of the cluster's nodes, `http` among them, where several were given
  std::optional<Credentials> credentials;
  TlsSettings tls;     // for TCP
  bool https = false;  // HTTP with TLS as well, by `tls`: 5.0.1 itself has no HTTPS, but what stands before it may
  HeartbeatSettings heartbeat;
  ReconnectionSettings reconnection;
  std::string connection_name;
  std::chrono::milliseconds operation_timeout{5'000};  // the event writer timeout

  friend bool operator==(const LegacyStoreSettings&, const LegacyStoreSettings&) = default;
};

enum class NodePreference : std::uint8_t { kLeader, kFollower, kRandom, kReadOnlyReplica };

// A store of the next generation: gRPC, as its connection string describes it.
struct GrpcStoreSettings {
  std::vector<Endpoint> hosts;  // at least one
  bool discover = false;        // esdb+discover, or several hosts: ask gossip which node to use
  std::optional<Credentials> credentials;
  TlsSettings tls;
  NodePreference node_preference = NodePreference::kLeader;
  std::int32_t max_discover_attempts = 10;
  std::chrono::milliseconds discovery_interval{100};
  std::chrono::milliseconds gossip_timeout{5'000};
  std::chrono::milliseconds keep_alive_interval{10'000};  // negative: none
  std::chrono::milliseconds keep_alive_timeout{10'000};
  ReconnectionSettings reconnection;
  std::string connection_name;
  std::chrono::milliseconds operation_timeout{
      5'000};  // the deadline of every unary call: the event writer timeout, or less

  friend bool operator==(const GrpcStoreSettings&, const GrpcStoreSettings&) = default;
};

using StoreSettings = std::variant<LegacyStoreSettings, GrpcStoreSettings>;

}  // namespace interconnect
