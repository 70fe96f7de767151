#ifndef TESTING_EVENTSTORE_NODE_OPTIONS_H_
#define TESTING_EVENTSTORE_NODE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace interconnect::eventstore {

enum class Generation { kLegacy, kNext };

// What a node is and where it listens, as the command line says it.
struct Options {
  Generation generation = Generation::kLegacy;
  // "5.0.1", "21.2.0" or "21.10".
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
  // Time stands still but for Node::Advance.
  bool manual_time = false;
  std::vector<std::pair<std::string, std::string>> users;

  bool has_batch_append() const { return version != "21.2.0"; }
};

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_NODE_OPTIONS_H_
