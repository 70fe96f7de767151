#include "adapters/grpc/io/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "adapters/grpc/wire/status.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

// Pages of a read and links to big events are far below; a server's own limit is 16 MiB for one event.
constexpr int kMaxReceiveBytes = 64 << 20;
// A server that comes back is noticed within about a second.
constexpr int kMinReconnectBackoffMs = 100;
constexpr int kMaxReconnectBackoffMs = 1'000;
// gRPC's own.
constexpr std::chrono::milliseconds kMaxConnectTimeout{20'000};
// Where Debian and its kin keep the system's roots; gRPC would look for a file of its own.
constexpr char kSystemRoots[] = "/etc/ssl/certs/ca-certificates.crt";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || content.empty())
    throw std::runtime_error("cannot read the TLS file " + path + ": name one that this user may read");
  return content;
}

std::string read_if_set(const std::string& path) { return path.empty() ? std::string() : read_file(path); }

std::string read_roots(const TlsSettings& tls) {
  if (!tls.ca_file.empty()) return read_file(tls.ca_file);
  return std::ifstream(kSystemRoots) ? read_file(kSystemRoots) : std::string();
}

namespace experimental = grpc::experimental;

std::string names_of(experimental::TlsCustomVerificationCheckRequest& certificate) {
  std::string names;
  const auto add = [&names](grpc::string_ref name) {
    names += (names.empty() ? "'" : ", '") + excerpt({name.data(), name.size()}) + "'";
  };
  for (const grpc::string_ref& name : certificate.dns_names()) add(name);
  for (const grpc::string_ref& name : certificate.ip_names()) add(name);
  if (names.empty() && !certificate.common_name().empty()) add(certificate.common_name());
  return names.empty() ? "nobody" : names;
}

// Judges as gRPC's own verifier of host names, which says only that they differ.
class HostNameVerifier final : public experimental::ExternalCertificateVerifier {
 public:
  bool Verify(experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)> callback,
              grpc::Status* verdict) override {
    const bool is_done = verifier_.Verify(request, std::move(callback), verdict);
    if (is_done && !verdict->ok()) {
      const grpc::string_ref target = request->target_name();
      *verdict = grpc::Status(verdict->error_code(), std::string(kCertificateOfAnotherHost) + names_of(*request) +
                                                         ", not for '" + excerpt({target.data(), target.size()}) + "'");
    }
    return is_done;
  }
  void Cancel(experimental::TlsCustomVerificationCheckRequest* request) override { verifier_.Cancel(request); }

 private:
  experimental::HostNameCertificateVerifier verifier_;
};

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> make_credentials(const TlsSettings& tls) {
  if (!tls.enabled) return grpc::InsecureChannelCredentials();
  const std::string certificate = read_if_set(tls.certificate_file);
  const std::string key = read_if_set(tls.key_file);
  const std::string roots = tls.verify_certificate ? read_roots(tls) : std::string();
  std::vector<experimental::IdentityKeyCertPair> own;
  if (!certificate.empty()) own.push_back({key, certificate});

  experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(tls.verify_certificate);
  options.set_check_call_host(tls.verify_certificate);
  if (tls.verify_certificate) {
    options.set_certificate_verifier(experimental::ExternalCertificateVerifier::Create<HostNameVerifier>());
  } else {
    options.set_certificate_verifier(std::make_shared<experimental::NoOpCertificateVerifier>());
  }
  if (!roots.empty() || !own.empty()) {
    options.set_certificate_provider(std::make_shared<experimental::StaticDataCertificateProvider>(roots, own));
  }
  if (!roots.empty()) options.watch_root_certs();
  if (!own.empty()) options.watch_identity_key_cert_pairs();
  return experimental::TlsCredentials(options);
}

std::string to_authority(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.host.find(':') != std::string::npos && endpoint.host.front() != '[';
  return (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::chrono::milliseconds connect_timeout(Duration connect_within) {
  return std::min(kMaxConnectTimeout, std::chrono::duration_cast<std::chrono::milliseconds>(connect_within * 9 / 10));
}

std::shared_ptr<grpc::Channel> make_channel(const Endpoint& endpoint, const GrpcStoreSettings& settings,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                            Duration connect_within) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMinReconnectBackoffMs);
  // By its name something else, in truth how long an attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(connect_timeout(connect_within).count()));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMs);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Whether a write is tried again is decided above, by looking at the destination.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (settings.keep_alive_interval.count() >= 0) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(settings.keep_alive_interval.count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(settings.keep_alive_timeout.count()));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  return grpc::CreateCustomChannel(to_authority(endpoint), credentials, arguments);
}

}  // namespace interconnect::next
