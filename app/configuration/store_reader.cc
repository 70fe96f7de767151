#include "app/configuration/store_reader.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/eventstore/tls_files.h"
#include "app/configuration/files.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxPemFile = 4 * 1024 * 1024;
constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();

const YamlNode kNothing{};

Section subsection(Section& parent, std::string_view key, FileProblems& problems) {
  const YamlNode* const node = parent.find(key);
  return Section(node == nullptr ? kNothing : *node, std::string(key), problems, parent.path_of(key) + ".");
}

void read_reconnection(Section& side, ReconnectionSettings& settings, FileProblems& problems) {
  Section section = subsection(side, "reconnection", problems);
  section.read_number("maxAttempts", settings.max_attempts, -1, kMaxCount);
  section.read("delay", settings.delay);
  section.finish();
}

void read_heartbeat(Section& side, HeartbeatSettings& settings, FileProblems& problems) {
  Section section = subsection(side, "heartbeat", problems);
  section.read("interval", settings.interval);
  section.read("timeout", settings.timeout);
  section.finish();
}

// The file's content; nothing, and a problem, if it cannot be read.
std::optional<std::string> read_pem(Section& section, std::string_view key, std::string& name, FileProblems& problems) {
  std::string read;
  section.read(key, read);
  if (read.empty()) return std::nullopt;
  name = path_beside(problems.file(), read);
  auto content = read_file(name, kMaxPemFile);
  if (!content)
    section.error(key, "the file " + name +
                           " cannot be read: name one that this user may read, from the configuration file's folder");
  return content;
}

void read_tls(Section& side, bool https, TlsSettings& settings, FileProblems& problems) {
  Section section = subsection(side, "tls", problems);
  section.read("enabled", settings.enabled);
  section.read("verifyCertificate", settings.verify_certificate);
  const auto ca = read_pem(section, "caFile", settings.ca_file, problems);
  const auto certificate = read_pem(section, "certificateFile", settings.certificate_file, problems);
  const auto private_key = read_pem(section, "keyFile", settings.key_file, problems);
  section.finish();
  const auto check = [&section](std::string_view key, const std::string& file,
                                const std::optional<std::string>& fault) {
    if (fault) section.error(key, "the file " + file + " " + *fault);
  };
  if (ca) check("caFile", settings.ca_file, fault_of_ca(*ca));
  if (certificate) check("certificateFile", settings.certificate_file, fault_of_certificate(*certificate));
  if (private_key) check("keyFile", settings.key_file, fault_of_key(*private_key, certificate.value_or("")));
  if (settings.enabled && !settings.verify_certificate) {
    section.warning("verifyCertificate", "false: every server is trusted, whoever it is");
  }
  if (https && !settings.enabled)
    section.error("enabled", "false, though the endpoint is given with https://: leave it out, or give http://");
  if (settings.certificate_file.empty() != settings.key_file.empty()) {
    section.error(settings.key_file.empty() ? "certificateFile" : "keyFile",
                  "certificateFile and keyFile are needed together: add the other, or leave both out");
  }
}

}  // namespace

void read_store(Section& file, Store side, EnvironmentStore& store, CopierSettings& copier, FileProblems& problems) {
  Section section = subsection(file, to_string(side), problems);
  if (side == Store::kSource) {
    section.read_number("maxHeldBytes", copier.max_held_bytes, kMiB, std::numeric_limits<std::int64_t>::max());
    section.read("predecessorWait", copier.predecessor_wait, 0);
  } else {
    section.read_number("maxAppendEvents", copier.max_append_events, 1, kMaxCount);
    section.read_number("maxAppendBytes", copier.max_append_bytes, 1, 64 * kMiB);
    section.read_number("maxAppendsInFlight", copier.max_appends_in_flight, 1, kMaxCount);
    section.read_number("maxInFlightEvents", copier.max_in_flight_events, 1, kMaxCount);
    section.read_number("maxInFlightBytes", copier.max_in_flight_bytes, 1, std::numeric_limits<std::int64_t>::max());
    section.read("appendQueueTarget", copier.append_queue_target, 0);
    section.read_number("lookUpDepth", copier.look_up_depth, 1, kMaxCount);
  }

  // What the environment did not give has been told; the file is read all the same, for its own problems.
  LegacyStoreSettings unused;
  auto* const legacy = store.settings ? std::get_if<LegacyStoreSettings>(&*store.settings) : nullptr;
  auto* const grpc = store.settings ? std::get_if<GrpcStoreSettings>(&*store.settings) : nullptr;
  LegacyStoreSettings& target = legacy != nullptr ? *legacy : unused;
  read_reconnection(section, grpc != nullptr ? grpc->reconnection : target.reconnection, problems);
  if (store.generation == Generation::kGrpc) {
    const std::string in_string = variable("CONNECTION_STRING", side);
    section.refuse("tls", "belongs into " + in_string + ": tls, tlsVerifyCert, tlsCaFile, userCertFile, userKeyFile");
    section.refuse("heartbeat", "belongs into " + in_string + ": keepAliveInterval, keepAliveTimeout");
  } else {
    read_heartbeat(section, target.heartbeat, problems);
    read_tls(section, store.https, target.tls, problems);
  }
  section.finish();
}

}  // namespace interconnect
