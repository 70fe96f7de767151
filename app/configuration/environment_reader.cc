#include "app/configuration/environment_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

#include "adapters/connection_string/connection_string.h"
#include "adapters/eventstore/tls_files.h"
#include "app/configuration/files.h"

namespace interconnect {
namespace {

constexpr std::string_view kConfig = "EVENTSTORE_INTERCO_CONFIG";
constexpr std::string_view kWriterTimeout = "EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS";
constexpr std::string_view kLinkCheckInterval = "CONNECTION_LINK_CHECK_INTERVAL_IN_MS";
constexpr std::uint16_t kDefaultTcpPort = 1113;
constexpr std::uint16_t kDefaultHttpPort = 2113;
constexpr char kMask[] = "******";

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

template <typename Integer>
std::optional<Integer> positive(std::string_view text) {
  Integer number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::string_view name_of(NodePreference preference) {
  switch (preference) {
    case NodePreference::kLeader:
      return "leader";
    case NodePreference::kFollower:
      return "follower";
    case NodePreference::kRandom:
      return "random";
    case NodePreference::kReadOnlyReplica:
      return "readOnlyReplica";
  }
  return "";
}

struct Address {
  std::string host;
  std::optional<std::uint16_t> port;
  bool https = false;
};

// [SCHEME://]HOST[:PORT][/]. Nothing if it is none.
std::optional<Address> parse_address(std::string_view text) {
  Address address;
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    std::string scheme(text.substr(0, end));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), [](unsigned char c) { return std::tolower(c); });
    address.https = scheme == "https";
    if (!address.https && scheme != "http" && scheme != "tcp") return std::nullopt;
    text.remove_prefix(end + 3);
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    address.host = text.substr(1, close - 1);
    host_end = close + 1 == text.size() ? std::string_view::npos : close + 1;
    if (address.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) return std::nullopt;
  } else {
    address.host = text.substr(0, host_end);
    if (address.host.find_first_of("/?#@[]%\\ \t,\"'") != std::string::npos) return std::nullopt;
  }
  if (address.host.empty()) return std::nullopt;
  if (host_end != std::string_view::npos) {
    if (text[host_end] != ':') return std::nullopt;
    address.port = positive<std::uint16_t>(text.substr(host_end + 1));
    if (!address.port) return std::nullopt;
  }
  return address;
}

class StoreReader {
 public:
  StoreReader(const Environment& environment, Store side, Problems& problems)
      : environment_(environment), side_(side), problems_(problems) {}

  EnvironmentStore read() {
    EnvironmentStore store;
    const auto string = get("CONNECTION_STRING");
    const std::string legacy = legacy_variables_given();
    const std::size_t errors_before = problems_.errors.size();
    const std::optional<Credentials> credentials = read_credentials();
    if (get("HTTP_ENDPOINT")) {
      store.generation = Generation::kLegacy;
      if (string) {
        problems_.warnings.push_back(variable("CONNECTION_STRING", side_) +
                                     " is ignored: " + variable("HTTP_ENDPOINT", side_) + " is set too, so the " +
                                     std::string(to_string(side_)) +
                                     " is taken for the legacy generation. Unset one of them.");
      }
      store.settings = read_legacy(credentials, store.https);
    } else if (!legacy.empty()) {
      problem("HTTP_ENDPOINT", "not set, beside " + legacy + ": set it for a legacy store, or unset " + legacy +
                                   " and give only " + variable("CONNECTION_STRING", side_));
    } else if (string) {
      store.generation = Generation::kGrpc;
      store.settings = read_grpc(*string, credentials);
    } else {
      problems_.errors.push_back("nothing says where the " + std::string(to_string(side_)) + " is: set " +
                                 variable("HTTP_ENDPOINT", side_) + " for a legacy store (5.0.1), or " +
                                 variable("CONNECTION_STRING", side_) + " for a newer one");
    }
    if (problems_.errors.size() != errors_before) store.settings.reset();
    return store;
  }

 private:
  // Without the space around it; nothing if that is nothing.
  std::optional<std::string> get(std::string_view name) const {
    auto value = environment_.get(variable(name, side_));
    if (value) *value = trimmed(*value);
    return value && !value->empty() ? value : std::nullopt;
  }

  void problem(std::string_view name, const std::string& what) {
    problems_.errors.push_back(variable(name, side_) + ": " + what);
  }

  // Their names; nothing if none is set.
  std::string legacy_variables_given() const {
    std::string given;
    for (const std::string_view name : {"TCP_ENDPOINT", "TCP_PORT", "HTTP_ENDPOINT", "HTTP_PORT"}) {
      if (get(name)) given += (given.empty() ? "" : ", ") + variable(name, side_);
    }
    return given;
  }

  // A password is taken as it is, space and all.
  std::optional<std::string> read_password() {
    const std::string file_variable = variable("CREDENTIALS_PASSWORD", side_) + "_FILE";
    auto password = environment_.get(variable("CREDENTIALS_PASSWORD", side_));
    if (password && password->empty()) password.reset();
    const auto file = environment_.get(file_variable);
    if (!file || file->empty()) return password;
    if (password) {
      problems_.errors.push_back(file_variable + ": set beside " + variable("CREDENTIALS_PASSWORD", side_) +
                                 ": keep one of the two");
      return password;
    }
    password = read_secret_file(*file);
    if (!password) {
      problems_.errors.push_back(file_variable + ": the file " + shown(*file) +
                                 " cannot be read or is empty: put the password into it");
      return "";
    }
    return password;
  }

  std::optional<Credentials> read_credentials() {
    const auto username = get("CREDENTIALS_USERNAME");
    const auto password = read_password();
    if (username && password) {
      note("username", *username, variable("CREDENTIALS_USERNAME", side_));
      const bool by_file = !environment_.get(variable("CREDENTIALS_PASSWORD", side_)).value_or("").size();
      note("password", kMask, variable("CREDENTIALS_PASSWORD", side_) + (by_file ? "_FILE" : ""));
      return Credentials{*username, *password};
    }
    if (username) {
      problem("CREDENTIALS_PASSWORD",
              "not set, though " + variable("CREDENTIALS_USERNAME", side_) + " is: set both or neither");
    }
    if (password) {
      problem("CREDENTIALS_USERNAME", "not set, though a password is: set both or neither");
    }
    return std::nullopt;
  }

  std::optional<Address> read_address(std::string_view name) {
    const auto text = get(name);
    if (!text) return std::nullopt;
    auto address = parse_address(*text);
    if (!address) {
      problem(name, "no endpoint: give a host name or address, with http:// before it or without, and no user or path");
    }
    return address;
  }

  // Several are separated by commas: nodes of one cluster.
  std::vector<Address> read_addresses(std::string_view name) {
    std::vector<Address> all;
    const std::string text = get(name).value_or("");
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      auto address = parse_address(trimmed(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
      if (address && (all.empty() || all.front().https == address->https)) {
        all.push_back(*std::move(address));
        continue;
      }
      problem(name, address ? "some of the endpoints are given with https:// and some are not: give all of them alike"
                            : "no endpoint: give a host name or address, with http:// before it or without, and no "
                              "user or path; several nodes of a cluster are separated by commas");
      return {};
    }
    return all;
  }

  std::uint16_t read_port(std::string_view name, std::optional<std::uint16_t> of_endpoint, std::uint16_t preset) {
    const auto text = get(name);
    if (!text) return of_endpoint.value_or(preset);
    const auto port = positive<std::uint16_t>(*text);
    if (!port) {
      problem(name,
              shown(*text) + " is no port: give a number from 1 to 65535, or unset it for " + std::to_string(preset));
    } else if (of_endpoint && *of_endpoint != *port) {
      problem(name, "not the port that the endpoint's own variable names: give it in one of the two");
    }
    return port.value_or(preset);
  }

  LegacyStoreSettings read_legacy(const std::optional<Credentials>& credentials, bool& https) {
    LegacyStoreSettings settings;
    const std::vector<Address> hosts = read_addresses("HTTP_ENDPOINT");
    const Address http = hosts.empty() ? Address{} : hosts.front();
    const Address tcp = read_address("TCP_ENDPOINT").value_or(Address{http.host, std::nullopt, false});
    settings.http = {http.host, read_port("HTTP_PORT", http.port, kDefaultHttpPort)};
    if (hosts.size() > 1) {
      for (const Address& host : hosts) settings.hosts.push_back({host.host, host.port.value_or(settings.http.port)});
    }
    settings.tcp = {tcp.host, read_port("TCP_PORT", tcp.port, kDefaultTcpPort)};
    note_endpoint("http", settings.http, "HTTP_ENDPOINT", "HTTP_PORT");
    note_endpoint("tcp", settings.tcp, get("TCP_ENDPOINT") ? "TCP_ENDPOINT" : "HTTP_ENDPOINT", "TCP_PORT");
    settings.credentials = credentials;
    https = http.https || tcp.https;
    settings.tls.enabled = https;
    settings.https = https;
    if (!credentials) warn_anonymous();
    return settings;
  }

  std::optional<GrpcStoreSettings> read_grpc(const std::string& text, const std::optional<Credentials>& credentials) {
    auto result = parse_connection_string(text);
    if (const auto* error = std::get_if<ConnectionStringError>(&result)) {
      problem("CONNECTION_STRING",
              "at character " + std::to_string(error->offset + 1) + ": expected " + error->expected);
      return std::nullopt;
    }
    auto& string = std::get<ConnectionString>(result);
    for (const std::string& warning : string.warnings) {
      problems_.warnings.push_back(variable("CONNECTION_STRING", side_) + ": " + warning);
    }
    GrpcStoreSettings settings = std::move(string.settings);
    if (side_ == Store::kDestination && settings.node_preference != NodePreference::kLeader) {
      problems_.warnings.push_back(variable("CONNECTION_STRING", side_) +
                                   ": nodePreference=" + std::string(name_of(settings.node_preference)) +
                                   " is ignored: the destination is written, and looked up, at the leader");
      settings.node_preference = NodePreference::kLeader;
    }
    if (credentials) settings.credentials = credentials;
    if (!settings.credentials && settings.tls.enabled) warn_anonymous();
    check_tls_files(settings.tls);
    if (settings.tls.enabled && !settings.tls.verify_certificate) {
      problems_.warnings.push_back(variable("CONNECTION_STRING", side_) +
                                   ": with tlsVerifyCert=false every server is trusted, whoever it is");
    }
    note_connection_string(string, settings, credentials.has_value());
    // The writer timeout is put in place of what is not given here.
    settings.operation_timeout = string.default_deadline.value_or(std::chrono::milliseconds::max());
    return settings;
  }

  // The file's content; nothing, and a problem, if it cannot be read.
  std::optional<std::string> read_pem(std::string_view key, const std::string& file) {
    if (file.empty()) return std::nullopt;
    auto content = read_file(file, kMaxPemFile);
    if (!content)
      problem("CONNECTION_STRING", "the file " + shown(file) + " of " + std::string(key) +
                                       " cannot be read: name one that this user may read, from the working folder");
    return content;
  }

  void check_tls_files(const TlsSettings& tls) {
    const auto ca = read_pem("tlsCaFile", tls.ca_file);
    const auto certificate = read_pem("userCertFile", tls.certificate_file);
    const auto key = read_pem("userKeyFile", tls.key_file);
    const auto check = [this](std::string_view name, const std::string& file, const std::optional<std::string>& fault) {
      if (fault) problem("CONNECTION_STRING", "the file " + shown(file) + " of " + std::string(name) + " " + *fault);
    };
    if (ca) check("tlsCaFile", tls.ca_file, fault_of_ca(*ca));
    if (certificate) check("userCertFile", tls.certificate_file, fault_of_certificate(*certificate));
    if (key) check("userKeyFile", tls.key_file, fault_of_key(*key, certificate.value_or("")));
  }

  void note(std::string_view name, std::string value, std::string origin) {
    problems_.note(std::string(to_string(side_)) + "." + std::string(name), std::move(value), std::move(origin));
  }

  void note_endpoint(std::string_view name, const Endpoint& endpoint, std::string_view host, std::string_view port) {
    note(name, to_text(endpoint), variable(host, side_) + (get(port) ? ", " + variable(port, side_) : ""));
  }

  void note_connection_string(const ConnectionString& string, const GrpcStoreSettings& settings, bool has_variables) {
    const std::string origin = variable("CONNECTION_STRING", side_);
    std::string hosts;
    for (const Endpoint& host : settings.hosts) {
      hosts += (hosts.empty() ? "" : ",") + to_text(host);
    }
    note("hosts", hosts, origin);
    note("discover", settings.discover ? "true" : "false", origin);
    if (settings.credentials && !has_variables) {
      note("username", settings.credentials->username, origin);
      note("password", kMask, origin);
    }
    const auto option = [&](std::string_view key, std::string value) {
      std::string lower(key);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      note(key, value.empty() ? "none" : std::move(value), string.given.contains(lower) ? origin : "default");
    };
    const auto ms = [](std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; };
    option("tls", settings.tls.enabled ? "true" : "false");
    option("tlsVerifyCert", settings.tls.verify_certificate ? "true" : "false");
    option("tlsCaFile", settings.tls.ca_file);
    option("userCertFile", settings.tls.certificate_file);
    option("userKeyFile", settings.tls.key_file);
    option("nodePreference", std::string(name_of(settings.node_preference)));
    option("maxDiscoverAttempts", std::to_string(settings.max_discover_attempts));
    option("discoveryInterval", ms(settings.discovery_interval));
    option("gossipTimeout", ms(settings.gossip_timeout));
    option("keepAliveInterval", settings.keep_alive_interval.count() < 0 ? "-1" : ms(settings.keep_alive_interval));
    option("keepAliveTimeout", ms(settings.keep_alive_timeout));
    if (string.default_deadline) option("defaultDeadline", ms(*string.default_deadline));
    if (!settings.connection_name.empty()) option("connectionName", settings.connection_name);
  }

  void warn_anonymous() {
    problems_.warnings.push_back(
        "no credentials for the " + std::string(to_string(side_)) + ": set " + variable("CREDENTIALS_USERNAME", side_) +
        " and " + variable("CREDENTIALS_PASSWORD", side_) + " unless the server lets everyone do everything");
  }

  static constexpr std::size_t kMaxPemFile = 4 * 1024 * 1024;

  const Environment& environment_;
  Store side_;
  Problems& problems_;
};

void read_milliseconds(const Environment& environment, std::string_view name, Problems& problems,
                       std::chrono::milliseconds& value) {
  const std::string text = trimmed(environment.get(name).value_or(""));
  if (text.empty()) return problems.note(std::string(name), std::to_string(value.count()) + " ms", "default");
  if (const auto number = positive<std::int32_t>(text)) {
    value = std::chrono::milliseconds(*number);
    problems.note(std::string(name), std::to_string(value.count()) + " ms", "the environment");
  } else {
    problems.errors.push_back(std::string(name) + ": " + shown(text) +
                              " is no positive number of milliseconds: give one up to " +
                              std::to_string(std::numeric_limits<std::int32_t>::max()) + ", or unset it for " +
                              std::to_string(value.count()));
  }
}

}  // namespace

std::string variable(std::string_view name, Store side) {
  return "EVENTSTORE_INTERCO_" + std::string(name) + (side == Store::kSource ? "_SRC" : "_DST");
}

std::optional<std::string> config_file_of(const Environment& environment) {
  auto file = environment.get(kConfig);
  return file && file->empty() ? std::nullopt : file;
}

EnvironmentStore read_store_variables(const Environment& environment, Store side, Problems& problems) {
  return StoreReader(environment, side, problems).read();
}

EnvironmentSettings read_environment(const Environment& environment, Problems& problems) {
  EnvironmentSettings settings;
  settings.source = read_store_variables(environment, Store::kSource, problems);
  settings.destination = read_store_variables(environment, Store::kDestination, problems);
  read_milliseconds(environment, kWriterTimeout, problems, settings.writer_timeout);
  read_milliseconds(environment, kLinkCheckInterval, problems, settings.link_check_interval);
  return settings;
}

}  // namespace interconnect
