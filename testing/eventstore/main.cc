// The test event store: a node of either generation on loopback ports, in memory, with a journal if it is asked for.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/signal_set.hpp"
#include "testing/eventstore/server.h"

namespace {

using interconnect::eventstore::Generation;
using interconnect::eventstore::Options;

constexpr char kHelp[] = R"(The test event store.
  --generation=legacy|next     TCP and HTTP of 5.0.1, or gRPC and HTTP of 21.x on one port (default: legacy)
  --version=V                  of next: 21.2.0, 21.10.0, 21.10.1, 21.10 (.11), 22.10.5, 23.10.6, 24.10.4, 25.0.0
                               (default: 21.2.0)
  --tcp-port=N --http-port=N   0 takes any free port (default: 0)
  --external-tcp               next: a TCP port, too
  --admin-port=N               where tests tell it to misbehave, see README.md (default: 0)
  --projections                makes $ce- and $et- links of every new event
  --data=FILE                  a journal: a restarted store has its events and groups again
  --heartbeat-interval-ms=N --heartbeat-timeout-ms=N
                               of the TCP protocol (default: 2000 and 1000)
  --max-append-size=N          bytes of event data in one gRPC append (default: 1048576)
  --tls-cert=FILE --tls-key=FILE   legacy: TLS on the TCP port; next: on its one port, and users are told apart
  --https                      legacy: the HTTP port is TLS, too
  --tls-client-ca=FILE         clients must show a certificate of this authority
  --manual-time                time stands still, but for what POST /misbehave says
  --start-not-ready-ms=N       serves nobody for so long (default: 0)
  --user=NAME:PASSWORD         another user, or another password of admin or ops; may be repeated
The environment variables of the real servers' images are heard where no argument says otherwise: EVENTSTORE_EXT_TCP_PORT,
EVENTSTORE_EXT_HTTP_PORT (5.0.1), EVENTSTORE_HTTP_PORT (21.x), EVENTSTORE_START_STANDARD_PROJECTIONS.
Prints "ready tcp=PORT http=PORT admin=PORT" when it listens. Loopback only.
)";

bool take(std::string_view arg, std::string_view name, std::string* value) {
  if (!arg.starts_with(name) || arg.size() <= name.size() || arg[name.size()] != '=') return false;
  *value = arg.substr(name.size() + 1);
  return true;
}

bool parse_argument(std::string_view arg, Options* options) {
  std::string value;
  auto number = [&](std::string_view name, auto* field) {
    if (!take(arg, name, &value)) return false;
    *field = static_cast<std::remove_pointer_t<decltype(field)>>(std::strtoll(value.c_str(), nullptr, 10));
    return true;
  };
  if (arg == "--projections") {
    options->projections = true;
    return true;
  }
  if (arg == "--manual-time") {
    options->manual_time = true;
    return true;
  }
  if (arg == "--external-tcp") {
    options->external_tcp = true;
    return true;
  }
  if (arg == "--https") {
    options->https = true;
    return true;
  }
  if (take(arg, "--generation", &value) && (value == "legacy" || value == "next")) {
    options->generation = value == "legacy" ? Generation::kLegacy : Generation::kNext;
    return true;
  }
  if (take(arg, "--user", &value) && value.find(':') != std::string::npos) {
    options->users.emplace_back(value.substr(0, value.find(':')), value.substr(value.find(':') + 1));
    return true;
  }
  return take(arg, "--version", &options->version) || take(arg, "--data", &options->data) ||
         take(arg, "--tls-cert", &options->tls_cert) || take(arg, "--tls-key", &options->tls_key) ||
         take(arg, "--tls-client-ca", &options->tls_client_ca) || number("--tcp-port", &options->tcp_port) ||
         number("--http-port", &options->http_port) || number("--admin-port", &options->admin_port) ||
         number("--heartbeat-interval-ms", &options->heartbeat_interval_ms) ||
         number("--heartbeat-timeout-ms", &options->heartbeat_timeout_ms) ||
         number("--max-append-size", &options->max_append_size) ||
         number("--max-append-event-size", &options->max_append_event_size) ||
         number("--start-not-ready-ms", &options->start_not_ready_ms);
}

void read_environment(Options* options) {
  const auto port = [](const char* name, int* port) {
    if (const char* value = std::getenv(name)) *port = std::atoi(value);
  };
  port("EVENTSTORE_EXT_TCP_PORT", &options->tcp_port);
  port("EVENTSTORE_EXT_HTTP_PORT", &options->http_port);
  port("EVENTSTORE_HTTP_PORT", &options->http_port);
  const char* projections = std::getenv("EVENTSTORE_START_STANDARD_PROJECTIONS");
  if (projections != nullptr && std::string_view(projections) == "true") options->projections = true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  read_environment(&options);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--help") == 0) {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (!parse_argument(argv[i], &options)) {
      std::fprintf(stderr, "unknown argument %s\n%s", argv[i], kHelp);
      return 2;
    }
  }
  const bool legacy = options.generation == Generation::kLegacy;
  if (options.version.empty()) options.version = legacy ? "5.0.1" : "21.2.0";
  using interconnect::eventstore::kNextVersions;
  if (legacy
          ? options.version != "5.0.1"
          : std::find(std::begin(kNextVersions), std::end(kNextVersions), options.version) == std::end(kNextVersions)) {
    std::fprintf(stderr, "unknown version %s\n", options.version.c_str());
    return 2;
  }
  if ((options.https || !options.tls_client_ca.empty()) && options.tls_cert.empty()) {
    std::fprintf(stderr, "TLS needs --tls-cert and --tls-key\n");
    return 2;
  }
  try {
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](auto, int) { io.stop(); });
    std::signal(SIGPIPE, SIG_IGN);
    // Debian's Abseil looks for cycles at each lock that gRPC takes.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    interconnect::eventstore::Server server(options, io);
    std::printf("ready tcp=%d http=%d admin=%d\n", server.tcp_port(), server.http_port(), server.admin_port());
    std::fflush(stdout);
    io.run();
    // Calls may be open without end: nothing is to be saved, so nobody is waited for.
    std::_Exit(0);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
