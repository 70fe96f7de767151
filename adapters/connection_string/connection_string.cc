#include "adapters/connection_string/connection_string.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

namespace interconnect {
namespace {

constexpr std::uint16_t kDefaultPort = 2113;
constexpr std::string_view kNotInHosts = "$+!?*'();[]{}|\"%~#<>=&@\\^` \t\r\n";
constexpr std::chrono::milliseconds kServerToleratesPingsEvery{10'000};
// Below these a number was meant in seconds, in which the documentation of several clients gives these keys.
constexpr std::chrono::milliseconds kShortestTimeout{100};
constexpr std::chrono::milliseconds kShortestKeepAlive{1'000};

constexpr std::string_view kKeys[] = {
    "tls",
    "tlsVerifyCert",
    "tlsCaFile",
    "userCertFile",
    "userKeyFile",
    "connectionName",
    "nodePreference",
    "maxDiscoverAttempts",
    "discoveryInterval",
    "gossipTimeout",
    "keepAliveInterval",
    "keepAliveTimeout",
    "defaultDeadline",
    "operationTimeout",
    "dnsDiscover",
    "feature",
    "throwOnAppendFailure",
};

using Fault = std::optional<ConnectionStringError>;

Fault fault(std::size_t offset, std::string expected) { return ConnectionStringError{offset, std::move(expected)}; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower_case(std::string_view text) {
  std::string lower;
  for (const char c : text) lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  return lower;
}

// As the Node client compares names: neither case nor `-` nor `_` counts.
std::string flat_case(std::string_view text) {
  std::string flat;
  for (const char c : text) {
    if (c != '-' && c != '_') flat.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return flat;
}

// What may be shown of an unknown key.
std::string shown(std::string_view key) {
  constexpr std::size_t kMost = 40;
  std::string text(key.substr(0, kMost));
  for (char& c : text) {
    if (std::isprint(static_cast<unsigned char>(c)) == 0) c = '?';
  }
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Fault parse(ConnectionString& result) {
    trim();
    if (Fault wrong = scheme(result.settings)) return wrong;
    if (Fault wrong = user_info(result.settings)) return wrong;
    if (Fault wrong = hosts(result.settings)) return wrong;
    while (at_ < end_ && text_[at_] == '/') ++at_;
    if (at_ < end_) {
      if (text_[at_] != '?') return fault(at_, "nothing but ?key=value");
      if (Fault wrong = options(result)) return wrong;
    }
    return finish(result);
  }

 private:
  void trim() {
    constexpr std::string_view kSpace = " \t\r\n";
    at_ = std::min(text_.find_first_not_of(kSpace), text_.size());
    end_ = text_.find_last_not_of(kSpace) + 1;  // npos + 1 is 0
    at_ = std::min(at_, end_);
  }

  std::string_view rest() const { return text_.substr(at_, end_ - at_); }

  // The end of what begins here and goes on to one of these, or to the end.
  std::size_t find(std::string_view delimiters) const { return std::min(text_.find_first_of(delimiters, at_), end_); }

  Fault scheme(GrpcStoreSettings& settings) {
    for (const std::string_view name : {"esdb", "kurrentdb", "kurrent", "kdb"}) {
      for (const std::string_view way : {"://", "+discover://"}) {
        const std::string scheme = std::string(name).append(way);
        if (lower_case(rest().substr(0, scheme.size())) != scheme) continue;
        settings.discover = way.front() == '+';
        at_ += scheme.size();
        return std::nullopt;
      }
    }
    return fault(at_, "esdb:// or esdb+discover://, or either with kurrentdb or kdb for esdb");
  }

  // Both official clients take all up to the first `@` as user info, whatever stands in it.
  Fault user_info(GrpcStoreSettings& settings) {
    const std::size_t end = find("@");
    if (end == end_) return std::nullopt;
    const std::size_t colon = find(":");
    if (colon >= end || colon == at_) return fault(at_, "username:password before the @");
    if (text_.substr(colon + 1, end - colon - 1).find(':') != std::string_view::npos) {
      return fault(colon + 1, "a password in which : is written %3A and @ is written %40");
    }
    Credentials credentials;
    if (Fault wrong = percent_decode(at_, colon, credentials.username)) return wrong;
    if (Fault wrong = percent_decode(colon + 1, end, credentials.password)) return wrong;
    settings.credentials = std::move(credentials);
    at_ = end + 1;
    return std::nullopt;
  }

  Fault hosts(GrpcStoreSettings& settings) {
    while (true) {
      Endpoint endpoint;
      if (Fault wrong = host(endpoint)) return wrong;
      settings.hosts.push_back(std::move(endpoint));
      if (at_ == end_ || text_[at_] != ',') return std::nullopt;
      ++at_;
    }
  }

  Fault host(Endpoint& endpoint) {
    if (at_ < end_ && text_[at_] == '[') {
      const std::size_t close = find("]");
      const std::string_view address = text_.substr(at_ + 1, close - at_ - 1);
      if (close == end_ || address.find(':') == std::string_view::npos ||
          address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) {
        return fault(at_, "an IPv6 address in brackets");
      }
      endpoint.host = address;
      at_ = close + 1;
    } else {
      const std::size_t end = find(":,/?");
      const std::size_t bad = text_.substr(at_, end - at_).find_first_of(kNotInHosts);
      if (end == at_ || bad != std::string_view::npos) return fault(end == at_ ? at_ : at_ + bad, "a host name");
      endpoint.host = text_.substr(at_, end - at_);
      at_ = end;
    }
    endpoint.port = kDefaultPort;
    if (at_ < end_ && text_[at_] == ':') {
      ++at_;
      const std::size_t end = find(",/?");
      const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + end, endpoint.port);
      if (error != std::errc() || stop != text_.data() + end || endpoint.port == 0) {
        return fault(at_, "a port from 1 to 65535");
      }
      at_ = end;
    }
    if (at_ < end_ && std::string_view(",/?").find(text_[at_]) == std::string_view::npos) {
      return fault(at_, ", or / or ?key=value");
    }
    return std::nullopt;
  }

  Fault options(ConnectionString& result) {
    while (at_ < end_) {
      const std::size_t key = ++at_;
      const std::size_t end = find("&?");
      const std::size_t equals = find("=");
      if (equals >= end || equals == key || equals + 1 == end) return fault(key, "key=value");
      if (end < end_ && text_[end] == '?') return fault(end, "& before the next key=value");
      const std::string_view name = text_.substr(key, equals - key);
      const bool is_repeated = !result.given.insert(flat_case(name)).second;
      if (is_repeated && flat_case(name) != "feature") return fault(key, "each key only once");
      if (Fault wrong = option(name, equals + 1, end, result)) return wrong;
      at_ = end;
      if (at_ < end_ && at_ + 1 == end_) return fault(end_, "key=value");
    }
    return std::nullopt;
  }

  Fault option(std::string_view name, std::size_t begin, std::size_t end, ConnectionString& result) {
    GrpcStoreSettings& settings = result.settings;
    const std::string key = flat_case(name);
    if (key == "tls") return boolean(begin, end, settings.tls.enabled);
    if (key == "tlsverifycert") return boolean(begin, end, settings.tls.verify_certificate);
    if (key == "tlscafile") return percent_decode(begin, end, settings.tls.ca_file);
    if (key == "usercertfile") return percent_decode(begin, end, settings.tls.certificate_file);
    if (key == "userkeyfile") return percent_decode(begin, end, settings.tls.key_file);
    if (key == "connectionname") return percent_decode(begin, end, settings.connection_name);
    if (key == "nodepreference") return node_preference(begin, end, settings.node_preference);
    if (key == "maxdiscoverattempts") return number(begin, end, 1, settings.max_discover_attempts);
    if (key == "discoveryinterval") return milliseconds(begin, end, 0, settings.discovery_interval);
    if (key == "gossiptimeout") return milliseconds(begin, end, 1, settings.gossip_timeout);
    if (key == "keepaliveinterval") return keep_alive(begin, end, settings.keep_alive_interval);
    if (key == "keepalivetimeout") return keep_alive(begin, end, settings.keep_alive_timeout);
    if (key == "throwonappendfailure") {
      bool unused = false;  // a matter of how a client library reports; here a refused append is always an outcome
      return boolean(begin, end, unused);
    }
    if (key == "defaultdeadline" || key == "operationtimeout") return deadline(begin, end, result);
    if (key == "dnsdiscover") return boolean(begin, end, settings.discover);
    if (key == "feature") {
      feature(text_.substr(begin, end - begin), result);
      return std::nullopt;
    }
    result.warnings.push_back("unknown key '" + shown(name) +
                              "' in the connection string has no effect: no official client has it");
    return std::nullopt;
  }

  // -1: none, as the Rust client takes it.
  Fault deadline(std::size_t begin, std::size_t end, ConnectionString& result) {
    if (text_.substr(begin, end - begin) == "-1") return std::nullopt;
    std::chrono::milliseconds deadline{};
    if (Fault wrong = milliseconds(begin, end, 1, deadline)) return wrong;
    result.default_deadline = deadline;
    return std::nullopt;
  }

  // What the Java client has to be asked for.
  static void feature(std::string_view value, ConnectionString& result) {
    result.warnings.push_back(lower_case(value) == "dns-lookup"
                                  ? "feature=dns-lookup has no effect: all addresses of a host's name are tried anyway"
                                  : "feature=" + shown(value) + " has no effect: it is one of a client library");
  }

  Fault finish(ConnectionString& result) {
    GrpcStoreSettings& settings = result.settings;
    if (settings.hosts.size() > 1) settings.discover = true;
    if (settings.tls.certificate_file.empty() != settings.tls.key_file.empty()) {
      return fault(end_, "userCertFile and userKeyFile together");
    }
    if (settings.keep_alive_interval.count() >= 0 && settings.keep_alive_interval < kServerToleratesPingsEvery) {
      result.warnings.push_back("a keepAliveInterval below 10000 ms may be answered by the server with a disconnect");
    }
    doubt_unit("keepAliveInterval", settings.keep_alive_interval, kShortestKeepAlive, result);
    doubt_unit("keepAliveTimeout", settings.keep_alive_timeout, kShortestKeepAlive, result);
    doubt_unit("gossipTimeout", settings.gossip_timeout, kShortestTimeout, result);
    if (result.default_deadline) doubt_unit("defaultDeadline", *result.default_deadline, kShortestTimeout, result);
    return std::nullopt;
  }

  static void doubt_unit(std::string_view key, std::chrono::milliseconds value, std::chrono::milliseconds shortest,
                         ConnectionString& result) {
    if (value.count() < 0 || value >= shortest) return;
    const std::string count = std::to_string(value.count());
    result.warnings.push_back(std::string(key) + "=" + count + " is taken as " + count +
                              " ms, as the clients do, though some of their pages tell seconds");
  }

  Fault percent_decode(std::size_t begin, std::size_t end, std::string& decoded) {
    decoded.clear();
    for (std::size_t i = begin; i < end; ++i) {
      if (text_[i] != '%') {
        decoded.push_back(text_[i]);
        continue;
      }
      const int high = i + 2 < end ? hex_value(text_[i + 1]) : -1;
      const int low = i + 2 < end ? hex_value(text_[i + 2]) : -1;
      if (high < 0 || low < 0) return fault(i, "two hexadecimal digits behind % (a % itself is written %25)");
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
    if (decoded.find('\0') != std::string::npos) return fault(begin, "no %00");
    return std::nullopt;
  }

  Fault boolean(std::size_t begin, std::size_t end, bool& value) {
    const std::string word = flat_case(text_.substr(begin, end - begin));
    if (word != "true" && word != "false") return fault(begin, "true or false");
    value = word == "true";
    return std::nullopt;
  }

  template <typename Integer>
  Fault number(std::size_t begin, std::size_t end, Integer least, Integer& value) {
    Integer read{};
    const auto [stop, error] = std::from_chars(text_.data() + begin, text_.data() + end, read);
    if (error != std::errc() || stop != text_.data() + end || read < least) {
      return fault(begin, "an integer from " + std::to_string(least) + " to " +
                              std::to_string(std::numeric_limits<Integer>::max()));
    }
    value = read;
    return std::nullopt;
  }

  Fault milliseconds(std::size_t begin, std::size_t end, std::int32_t least, std::chrono::milliseconds& value) {
    std::int32_t count = 0;
    if (Fault wrong = number(begin, end, least, count)) return wrong;
    value = std::chrono::milliseconds(count);
    return std::nullopt;
  }

  // 0 would mean a ping without pause; the official clients know -1 as "none".
  Fault keep_alive(std::size_t begin, std::size_t end, std::chrono::milliseconds& value) {
    if (text_.substr(begin, end - begin) == "-1") {
      value = std::chrono::milliseconds(-1);
      return std::nullopt;
    }
    if (milliseconds(begin, end, 1, value)) return fault(begin, "a positive number of milliseconds, or -1 for none");
    return std::nullopt;
  }

  Fault node_preference(std::size_t begin, std::size_t end, NodePreference& value) {
    const std::string word = flat_case(text_.substr(begin, end - begin));
    if (word == "leader") {
      value = NodePreference::kLeader;
    } else if (word == "follower") {
      value = NodePreference::kFollower;
    } else if (word == "random") {
      value = NodePreference::kRandom;
    } else if (word == "readonlyreplica") {
      value = NodePreference::kReadOnlyReplica;
    } else {
      return fault(begin, "leader, follower, random or readOnlyReplica");
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

std::span<const std::string_view> connection_string_keys() { return kKeys; }

std::variant<ConnectionString, ConnectionStringError> parse_connection_string(std::string_view text) {
  ConnectionString result;
  result.settings.tls.enabled = true;
  if (Fault wrong = Parser(text).parse(result)) return *std::move(wrong);
  return result;
}

}  // namespace interconnect
