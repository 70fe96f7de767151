#include "adapters/connection_string/connection_string.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ConnectionString parsed(std::string_view text) {
  const auto result = parse_connection_string(text);
  if (const auto* error = std::get_if<ConnectionStringError>(&result)) {
    ADD_FAILURE() << text << ": expected " << error->expected << " at " << error->offset;
    return {};
  }
  return std::get<ConnectionString>(result);
}

TEST(ConnectionStringTest, Defaults) {
  const ConnectionString string = parsed("esdb://localhost");
  GrpcStoreSettings expected;
  expected.hosts = {{"localhost", 2113}};
  expected.tls.enabled = true;
  EXPECT_EQ(string.settings, expected);
  EXPECT_EQ(string.default_deadline, std::nullopt);
  EXPECT_THAT(string.warnings, IsEmpty());
}

TEST(ConnectionStringTest, TakesTheSchemesOfTodaysServersInAnyCase) {
  for (const char* name : {"esdb", "kurrentdb", "kurrent", "kdb", "KurrentDB", "ESDB", "Kdb"}) {
    const std::string scheme = name;
    EXPECT_FALSE(parsed(scheme + "://a.example").settings.discover) << scheme;
    EXPECT_TRUE(parsed(scheme + "+discover://a.example").settings.discover) << scheme;
    EXPECT_EQ(parsed(scheme + "://a.example:1").settings.hosts, (std::vector<Endpoint>{{"a.example", 1}})) << scheme;
  }
  EXPECT_TRUE(parsed("KURRENTDB+DISCOVER://a.example").settings.discover);
}

TEST(ConnectionStringTest, EveryKey) {
  const ConnectionString string = parsed(
      "esdb+discover://us%40er:p%3Ass%2f@cluster.example:1234/?tls=false&tlsVerifyCert=false&tlsCaFile=%2Fca%20x.pem&"
      "connectionName=the%20copier&nodePreference=readOnlyReplica&maxDiscoverAttempts=3&discoveryInterval=0&"
      "gossipTimeout=700&keepAliveInterval=20000&keepAliveTimeout=-1&throwOnAppendFailure=false&defaultDeadline=990&"
      "userCertFile=c.pem&userKeyFile=k.pem");
  GrpcStoreSettings expected;
  expected.hosts = {{"cluster.example", 1234}};
  expected.discover = true;
  expected.credentials = Credentials{"us@er", "p:ss/"};
  expected.tls = {.enabled = false,
                  .verify_certificate = false,
                  .ca_file = "/ca x.pem",
                  .certificate_file = "c.pem",
                  .key_file = "k.pem"};
  expected.connection_name = "the copier";
  expected.node_preference = NodePreference::kReadOnlyReplica;
  expected.max_discover_attempts = 3;
  expected.discovery_interval = milliseconds(0);
  expected.gossip_timeout = milliseconds(700);
  expected.keep_alive_interval = milliseconds(20'000);
  expected.keep_alive_timeout = milliseconds(-1);
  EXPECT_EQ(string.settings, expected);
  EXPECT_EQ(string.default_deadline, milliseconds(990));
  EXPECT_THAT(string.warnings, IsEmpty());
}

TEST(ConnectionStringTest, SeveralHostsAreDiscovered) {
  const ConnectionString string = parsed("esdb://a,b:2,[::1]:3,10.0.0.1");
  EXPECT_THAT(string.settings.hosts,
              ElementsAre(Endpoint{"a", 2113}, Endpoint{"b", 2}, Endpoint{"::1", 3}, Endpoint{"10.0.0.1", 2113}));
  EXPECT_TRUE(string.settings.discover);
}

TEST(ConnectionStringTest, NamesInAnyCase) {
  const ConnectionString string =
      parsed("esdb://a?TLS=False&nodepreference=FOLLOWER&tls_ca_file=x&OperationTimeout=500");
  EXPECT_FALSE(string.settings.tls.enabled);
  EXPECT_EQ(string.settings.node_preference, NodePreference::kFollower);
  EXPECT_EQ(string.settings.tls.ca_file, "x");
  EXPECT_EQ(string.default_deadline, milliseconds(500));
}

TEST(ConnectionStringTest, TakesSpaceAroundAndSlashesBehind) {
  EXPECT_EQ(parsed("  esdb://a:1//\n").settings.hosts, (std::vector<Endpoint>{{"a", 1}}));
}

TEST(ConnectionStringTest, APasswordMayBeEmptyOrHoldDelimiters) {
  EXPECT_EQ(parsed("esdb://u:@a").settings.credentials, (Credentials{"u", ""}));
  EXPECT_EQ(parsed("esdb://u:a/b?c,d@a").settings.credentials, (Credentials{"u", "a/b?c,d"}));
}

TEST(ConnectionStringTest, WarnsAboutUnknownKeys) {
  const ConnectionString string = parsed("esdb://a?tlss=false&defaultDeadline=1000");
  EXPECT_TRUE(string.settings.tls.enabled);
  EXPECT_THAT(string.warnings, ElementsAre(HasSubstr("'tlss'")));
}

TEST(ConnectionStringTest, WarnsAboutTooFrequentPings) {
  EXPECT_THAT(parsed("esdb://a?keepAliveInterval=9999").warnings, ElementsAre(HasSubstr("keepAliveInterval")));
  EXPECT_THAT(parsed("esdb://a?keepAliveInterval=-1").warnings, IsEmpty());
}

TEST(ConnectionStringTest, WarnsAboutNumbersThatSeemToBeSeconds) {
  const auto doubt = [](const std::string& what) { return ElementsAre(HasSubstr(what + " ms, as the clients do")); };
  EXPECT_THAT(parsed("esdb://a?gossipTimeout=5").warnings, doubt("gossipTimeout=5 is taken as 5"));
  EXPECT_THAT(parsed("esdb://a?defaultDeadline=30").warnings, doubt("defaultDeadline=30 is taken as 30"));
  EXPECT_THAT(parsed("esdb://a?keepAliveTimeout=10").warnings, doubt("keepAliveTimeout=10 is taken as 10"));
  EXPECT_THAT(parsed("esdb://a?keepAliveInterval=10").warnings,
              ElementsAre(HasSubstr("below 10000 ms"), HasSubstr("keepAliveInterval=10 is taken as 10 ms")));
  EXPECT_THAT(parsed("esdb://a?gossipTimeout=100&defaultDeadline=100&keepAliveTimeout=1000").warnings, IsEmpty());
}

TEST(ConnectionStringTest, DnsDiscoverSaysWhatTheSchemeSays) {
  EXPECT_TRUE(parsed("esdb://a?dnsDiscover=true").settings.discover);
  EXPECT_FALSE(parsed("esdb+discover://a?dnsDiscover=false").settings.discover);
  EXPECT_TRUE(parsed("esdb://a,b?dnsDiscover=false").settings.discover);
}

TEST(ConnectionStringTest, ADeadlineOfMinus1IsNone) {
  const ConnectionString string = parsed("esdb://a?defaultDeadline=-1");
  EXPECT_EQ(string.default_deadline, std::nullopt);
  EXPECT_THAT(string.warnings, IsEmpty());
}

TEST(ConnectionStringTest, SaysWhyFeaturesOfAClientHaveNoEffect) {
  EXPECT_THAT(parsed("esdb://a?feature=dns-lookup&feature=other").warnings,
              ElementsAre(HasSubstr("feature=dns-lookup has no effect: all addresses"),
                          HasSubstr("feature=other has no effect: it is one of a client library")));
}

// The keys of each official client, with a value: connection_string.h names the files.
struct ClientKeys {
  std::string client;
  std::vector<std::string> options;
};

std::vector<ClientKeys> official_clients() {
  const std::vector<std::string> of_all = {"tls=false",
                                           "maxDiscoverAttempts=3",
                                           "discoveryInterval=200",
                                           "gossipTimeout=3000",
                                           "nodePreference=follower",
                                           "tlsCaFile=ca.pem",
                                           "defaultDeadline=20000",
                                           "keepAliveInterval=20000",
                                           "keepAliveTimeout=20000",
                                           "userCertFile=c.pem&userKeyFile=k.pem"};
  std::vector<ClientKeys> clients = {
      {".NET", {"connectionName=n", "tlsVerifyCert=false", "throwOnAppendFailure=false", "operationTimeout=20000"}},
      {"Node", {"connectionName=n", "tlsVerifyCert=false", "throwOnAppendFailure=false", "dnsDiscover=true"}},
      {"Java", {"tlsVerifyCert=false", "connectionName=n", "dnsDiscover=true", "feature=dns-lookup"}},
      {"Go", {"connectionName=n", "tlsVerifyCert=false"}},
      {"Rust", {"connectionName=n", "tlsVerifyCert=false"}},
      {"Python", {"connectionName=n", "tlsVerifyCert=false"}},
  };
  for (ClientKeys& client : clients) client.options.insert(client.options.end(), of_all.begin(), of_all.end());
  return clients;
}

TEST(ConnectionStringTest, EachKeyOfTheOfficialClientsIsUnderstoodOrWarnedAboutWithTheReason) {
  const ConnectionString nothing = parsed("esdb://a");
  for (const ClientKeys& client : official_clients()) {
    for (const std::string& option : client.options) {
      SCOPED_TRACE(client.client + ": " + option);
      const ConnectionString with = parsed("esdb://a?" + option);
      const bool has_effect = with.settings != nothing.settings || with.default_deadline != nothing.default_deadline;
      if (option.starts_with("throwOnAppendFailure")) continue;  // of what a library's caller sees
      EXPECT_EQ(has_effect, with.warnings.empty());
      for (const std::string& warning : with.warnings) EXPECT_THAT(warning, HasSubstr(" has no effect: "));
    }
  }
}

TEST(ConnectionStringTest, KnowsEachKeyOfTheOfficialClientsAndNoOther) {
  std::set<std::string> theirs;
  for (const ClientKeys& client : official_clients()) {
    for (const std::string& option : client.options) theirs.insert(option.substr(0, option.find('=')));
  }
  theirs.insert("userKeyFile");
  std::set<std::string> ours;
  for (const std::string_view key : connection_string_keys()) ours.emplace(key);
  EXPECT_EQ(ours, theirs);
}

struct Malformed {
  std::string text;
  std::size_t offset;
  std::string expected;  // a part of it
};

class MalformedConnectionStringTest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedConnectionStringTest, NamesThePlaceAndWhatBelongsThere) {
  const auto result = parse_connection_string(GetParam().text);
  ASSERT_TRUE(std::holds_alternative<ConnectionStringError>(result)) << GetParam().text;
  const auto& error = std::get<ConnectionStringError>(result);
  EXPECT_EQ(error.offset, GetParam().offset) << GetParam().text;
  EXPECT_THAT(error.expected, HasSubstr(GetParam().expected)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedConnectionStringTest,
    testing::Values(
        Malformed{"", 0, "esdb://"}, Malformed{"  ", 0, "esdb://"}, Malformed{"http://a", 0, "esdb://"},
        Malformed{"esdb:/a", 0, "esdb://"}, Malformed{"esdbs://a", 0, "esdb://"}, Malformed{" x", 1, "esdb://"},
        Malformed{"esdb://", 7, "host"}, Malformed{"esdb:///", 7, "host"}, Malformed{"esdb://?tls=false", 7, "host"},
        Malformed{"esdb://a,", 9, "host"}, Malformed{"esdb://a,,b", 9, "host"}, Malformed{"esdb://a b", 8, "host"},
        Malformed{"esdb://u:p@", 11, "host"}, Malformed{"esdb://:1", 7, "host"},
        Malformed{"esdb://user@a", 7, "username:password"}, Malformed{"esdb://:p@a", 7, "username:password"},
        Malformed{"esdb://u:a:b@c", 9, "%3A"}, Malformed{"esdb://u:p%4@c", 10, "%25"},
        Malformed{"esdb://u%zz:p@c", 8, "%25"}, Malformed{"esdb://u:%00@c", 9, "%00"},
        Malformed{"esdb://a:", 9, "port"}, Malformed{"esdb://a:0", 9, "port"}, Malformed{"esdb://a:65536", 9, "port"},
        Malformed{"esdb://a:1x", 9, "port"}, Malformed{"esdb://a:1:2", 9, "port"}, Malformed{"esdb://::1", 7, "host"},
        Malformed{"esdb://[::1", 7, "IPv6"}, Malformed{"esdb://[a]", 7, "IPv6"}, Malformed{"esdb://[::1]x", 12, "?key"},
        Malformed{"esdb://a/path", 9, "?key"}, Malformed{"esdb://a?", 9, "key=value"},
        Malformed{"esdb://a?tls", 9, "key=value"}, Malformed{"esdb://a?tls=", 9, "key=value"},
        Malformed{"esdb://a?=true", 9, "key=value"}, Malformed{"esdb://a?tls=true&", 18, "key=value"},
        Malformed{"esdb://a?tls=true&&x=1", 18, "key=value"}, Malformed{"esdb://a?tls=true?x=1", 17, "&"},
        Malformed{"esdb://a?tls=true&TLS=true", 18, "once"}, Malformed{"esdb://a?tls=yes", 13, "true or false"},
        Malformed{"esdb://a?nodePreference=master", 24, "leader"},
        Malformed{"esdb://a?maxDiscoverAttempts=0", 29, "integer"},
        Malformed{"esdb://a?gossipTimeout=1s", 23, "integer"},
        Malformed{"esdb://a?gossipTimeout=99999999999", 23, "integer"},
        Malformed{"esdb://a?discoveryInterval=-1", 27, "integer"},
        Malformed{"esdb://a?keepAliveInterval=-2", 27, "-1 for none"},
        Malformed{"esdb://a?defaultDeadline=0", 25, "integer"}, Malformed{"esdb://a?tlsCaFile=%", 19, "%25"},
        Malformed{"esdb://a?userCertFile=c", 23, "together"}));

TEST(ConnectionStringTest, ErrorsHoldNothingOfThePassword) {
  for (const std::string tail : {":x@h", "%@h", "@", "@h:x", "@h?tls", "@h?tls=1", "@h?a=1&a=2", "@h@h"}) {
    const auto result = parse_connection_string("esdb://name:s3cret" + tail);
    ASSERT_TRUE(std::holds_alternative<ConnectionStringError>(result)) << tail;
    EXPECT_THAT(std::get<ConnectionStringError>(result).expected, testing::Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace interconnect
