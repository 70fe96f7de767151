#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace interconnect::eventstore {

enum class Generation { kLegacy, kNext };

// What a node of the next generation can be. What they do otherwise: README.md.
inline constexpr const char* kNextVersions[] = {"21.2.0",  "21.10.0", "21.10.1", "21.10", "21.10.11",
                                                "22.10.5", "23.10.6", "24.10.4", "25.0.0"};

// What a node is and where it listens, as the command line says it.
struct Options {
  Generation generation = Generation::kLegacy;
  // "5.0.1", or of the next generation one of kNextVersions.
  std::string version;
  // 0 takes any free port.
  int tcp_port = 0;
  int http_port = 0;
  int admin_port = 0;
  bool projections = false;
  // A journal on disk; without it everything is gone with the process.
  std::string data;
  int heartbeat_interval_ms = 2'000;
  int heartbeat_timeout_ms = 1'000;
  std::int64_t max_append_size = 1024 * 1024;
  std::int64_t max_append_event_size = std::numeric_limits<std::int32_t>::max();  // of 24.10.4 and later
  std::string tls_cert;
  std::string tls_key;
  // Whose certificates clients must show, if it is set.
  std::string tls_client_ca;
  // Whether the legacy HTTP port is TLS, too; the next generation's one port is with a certificate.
  bool https = false;
  // Whether the next generation has a TCP port, too.
  bool external_tcp = false;
  // Whether the next generation tells callers apart without TLS.
  bool authenticates_without_tls = false;
  int start_not_ready_ms = 0;
  // Time stands still but for Node::advance.
  bool manual_time = false;
  std::vector<std::pair<std::string, std::string>> users;

  bool has_batch_append() const { return version != "21.2.0"; }
  // Its numbers, to compare: of "21.10", as before, those of 21.10.11.
  std::array<int, 3> version_numbers() const {
    std::array<int, 3> n{0, 0, 11};
    std::sscanf(version.c_str(), "%d.%d.%d", &n[0], &n[1], &n[2]);
    return n;
  }
  bool is_at_least(const std::array<int, 3>& version) const {
    return generation == Generation::kNext && version_numbers() >= version;
  }
  // 24.10.4 and what came after it: what they do alike is told nowhere else by its version.
  bool is_of_today() const { return is_at_least({24, 10, 4}); }
  // Of messages over TCP, every field that is 0 (proto3): 22.6 and later.
  bool leaves_out_zeros() const { return is_at_least({22, 6, 0}); }
  // As ServerFeatures tells it.
  std::string short_version() const {
    const auto [major, minor, patch] = version_numbers();
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  }
  // As /info tells it: of the older ones four numbers.
  std::string dotted_version() const { return short_version() + (is_of_today() ? "" : ".0"); }
};

}  // namespace interconnect::eventstore
