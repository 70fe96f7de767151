#include <chrono>
#include <string>

#include "adapters/eventstore/test_pem.h"
#include "app/configuration/configuration_test_base.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class EnvironmentSettingsTest : public ConfigurationTest {
 protected:
  const LegacyStoreSettings& legacy(const StoreSettings& store) { return std::get<LegacyStoreSettings>(store); }
  const GrpcStoreSettings& grpc(const StoreSettings& store) { return std::get<GrpcStoreSettings>(store); }
};

TEST_F(EnvironmentSettingsTest, TheGenerationFollowsFromWhatIsGiven) {
  const Settings settings = read();
  LegacyStoreSettings source;
  source.http = {"old.example", 2113};
  source.tcp = {"old.example", 1113};
  source.credentials = Credentials{"admin", "changeit"};
  source.connection_name = legacy(settings.source).connection_name;
  EXPECT_EQ(legacy(settings.source), source);
  EXPECT_THAT(source.connection_name, StartsWith("interconnect-"));
  GrpcStoreSettings destination;
  destination.hosts = {{"new.example", 2113}};
  destination.connection_name = source.connection_name;
  EXPECT_EQ(grpc(settings.destination), destination);
  EXPECT_EQ(settings.copier.writer_timeout, milliseconds(5'000));
  EXPECT_EQ(settings.link_check_interval, milliseconds(10'000));
  EXPECT_THAT(settings.warnings, IsEmpty());
}

TEST_F(EnvironmentSettingsTest, AllFourDirections) {
  set("HTTP_ENDPOINT_DST") = "old2.example";
  set("CONNECTION_STRING_DST") = "";
  EXPECT_TRUE(std::holds_alternative<LegacyStoreSettings>(read().destination));
  set("HTTP_ENDPOINT_SRC") = "";
  set("CONNECTION_STRING_SRC") = "esdb://new.example";
  EXPECT_TRUE(std::holds_alternative<GrpcStoreSettings>(read().source));
  EXPECT_TRUE(std::holds_alternative<LegacyStoreSettings>(read().destination));
}

TEST_F(EnvironmentSettingsTest, BothMeanLegacyWithAWarning) {
  set("CONNECTION_STRING_SRC") = "esdb://admin:s3cret@new.example";
  const Settings settings = read();
  EXPECT_TRUE(std::holds_alternative<LegacyStoreSettings>(settings.source));
  EXPECT_THAT(settings.warnings, ElementsAre(AllOf(HasSubstr("EVENTSTORE_INTERCO_CONNECTION_STRING_SRC is ignored"),
                                                   HasSubstr("legacy"), Not(HasSubstr("s3cret")))));
}

TEST_F(EnvironmentSettingsTest, OnlyTheSourceMayPreferAnotherNodeThanTheLeader) {
  set("HTTP_ENDPOINT_SRC") = "";
  set("CONNECTION_STRING_SRC") = "esdb://old.example?nodePreference=follower";
  set("CONNECTION_STRING_DST") = "esdb://new.example?nodePreference=random";
  const Settings settings = read();
  EXPECT_EQ(grpc(settings.source).node_preference, NodePreference::kFollower);
  EXPECT_EQ(grpc(settings.destination).node_preference, NodePreference::kLeader);
  EXPECT_THAT(
      settings.warnings,
      testing::Contains(StartsWith("EVENTSTORE_INTERCO_CONNECTION_STRING_DST: nodePreference=random is ignored")));
  EXPECT_THAT(settings.warnings,
              Not(testing::Contains(AllOf(HasSubstr("CONNECTION_STRING_SRC"), HasSubstr("nodePreference")))));
}

TEST_F(EnvironmentSettingsTest, EndpointsWithAndWithoutScheme) {
  for (const char* endpoint : {"host", "http://host", "HTTP://host/", " host ", "http://host:99", "host:99"}) {
    set("HTTP_ENDPOINT_SRC") = endpoint;
    set("HTTP_PORT_SRC") = "99";
    const Settings settings = read();
    EXPECT_EQ(legacy(settings.source).http, (Endpoint{"host", 99})) << endpoint;
    EXPECT_EQ(legacy(settings.source).tcp, (Endpoint{"host", 1113})) << endpoint;
    EXPECT_FALSE(legacy(settings.source).tls.enabled) << endpoint;
    EXPECT_FALSE(legacy(settings.source).https) << endpoint;
  }
  set("HTTP_PORT_SRC") = "";
  set("HTTP_ENDPOINT_SRC") = "https://[::1]:3000";
  set("TCP_ENDPOINT_SRC") = "tcp://10.0.0.1";
  set("TCP_PORT_SRC") = "4000";
  const Settings settings = read();
  EXPECT_EQ(legacy(settings.source).http, (Endpoint{"::1", 3000}));
  EXPECT_EQ(legacy(settings.source).tcp, (Endpoint{"10.0.0.1", 4000}));
  EXPECT_TRUE(legacy(settings.source).tls.enabled);
  EXPECT_TRUE(legacy(settings.source).https);
}

TEST_F(EnvironmentSettingsTest, RefusesEndpointsThatAreNone) {
  for (const char* endpoint : {"ftp://host", "http://", "host:x", "host:0", "host/path", "user:s3cret@host", "[::1",
                               "::1", "a b", "http://user:s3cret@host/"}) {
    set("HTTP_ENDPOINT_SRC") = endpoint;
    EXPECT_THAT(refused(),
                ElementsAre(AllOf(StartsWith("EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC: "), Not(HasSubstr("s3cret")))))
        << endpoint;
  }
}

TEST_F(EnvironmentSettingsTest, RefusesPortsThatAreNone) {
  for (const char* port : {"0", "65536", "-1", "x", "2113x", "1e3", "99999999999999999999"}) {
    set("HTTP_PORT_SRC") = port;
    set("TCP_PORT_SRC") = port;
    EXPECT_THAT(refused(), ElementsAre(StartsWith("EVENTSTORE_INTERCO_HTTP_PORT_SRC: '"),
                                       StartsWith("EVENTSTORE_INTERCO_TCP_PORT_SRC: '")))
        << port;
  }
  set("TCP_PORT_SRC") = "";
  set("HTTP_ENDPOINT_SRC") = "host:1";
  set("HTTP_PORT_SRC") = "2";
  EXPECT_THAT(refused(), ElementsAre(HasSubstr("one of the two")));
}

TEST_F(EnvironmentSettingsTest, RefusesHalfAStore) {
  for (const char* name : {"HTTP_PORT_DST", "TCP_PORT_DST", "TCP_ENDPOINT_DST"}) {
    environment.variables.clear();
    set("HTTP_ENDPOINT_SRC") = "a";
    set(name) = "1";
    EXPECT_THAT(refused(), ElementsAre(AllOf(StartsWith("EVENTSTORE_INTERCO_HTTP_ENDPOINT_DST: "), HasSubstr(name))));
    set("CONNECTION_STRING_DST") = "esdb://b";
    EXPECT_THAT(refused(), ElementsAre(StartsWith("EVENTSTORE_INTERCO_HTTP_ENDPOINT_DST: ")));
  }
}

TEST_F(EnvironmentSettingsTest, RefusesHalfOfCredentials) {
  set("CREDENTIALS_PASSWORD_SRC") = "";
  EXPECT_THAT(refused(), ElementsAre(StartsWith("EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC: ")));
  set("CREDENTIALS_PASSWORD_SRC") = "s3cret";
  set("CREDENTIALS_USERNAME_SRC") = "";
  EXPECT_THAT(refused(), ElementsAre(AllOf(StartsWith("EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC: "),
                                           Not(HasSubstr("s3cret")))));
}

TEST_F(EnvironmentSettingsTest, TheEnvironmentsCredentialsWinOverTheStrings) {
  set("CONNECTION_STRING_DST") = "esdb://user:password@b";
  EXPECT_EQ(grpc(read().destination).credentials, (Credentials{"user", "password"}));
  set("CREDENTIALS_USERNAME_DST") = "admin";
  set("CREDENTIALS_PASSWORD_DST") = " changeit ";
  EXPECT_EQ(grpc(read().destination).credentials, (Credentials{"admin", " changeit "}));
}

TEST_F(EnvironmentSettingsTest, PasswordsFromFiles) {
  set("CREDENTIALS_PASSWORD_SRC") = "";
  set("CREDENTIALS_PASSWORD_SRC_FILE") = write("password", "from file \n");
  EXPECT_EQ(legacy(read().source).credentials, (Credentials{"admin", "from file "}));
  set("CREDENTIALS_PASSWORD_SRC") = "too";
  EXPECT_THAT(refused(), ElementsAre(HasSubstr("keep one of the two")));
  set("CREDENTIALS_PASSWORD_SRC") = "";
  for (const std::string& file : {write("empty", "\n"), std::string("/nonexistent/file"), testing::TempDir()}) {
    set("CREDENTIALS_PASSWORD_SRC_FILE") = file;
    EXPECT_THAT(refused(), ElementsAre(StartsWith("EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC_FILE: "))) << file;
  }
}

TEST_F(EnvironmentSettingsTest, RefusesAMalformedConnectionStringWithThePlaceAndNothingOfIt) {
  set("CONNECTION_STRING_DST") = "esdb://admin:s3cret@host?tls=maybe";
  EXPECT_THAT(refused(), ElementsAre(AllOf(StartsWith("EVENTSTORE_INTERCO_CONNECTION_STRING_DST: at character 30: "),
                                           HasSubstr("true or false"), Not(HasSubstr("s3cret")))));
}

TEST_F(EnvironmentSettingsTest, WarnsOfUnknownKeysInAConnectionString) {
  set("CONNECTION_STRING_DST") = "esdb://host?tls=false&colour=red";
  EXPECT_THAT(read().warnings,
              ElementsAre(AllOf(StartsWith("EVENTSTORE_INTERCO_CONNECTION_STRING_DST: "), HasSubstr("'colour'"))));
}

TEST_F(EnvironmentSettingsTest, FilesThatAConnectionStringNamesMustBeThere) {
  set("CONNECTION_STRING_DST") = "esdb://host?tlsCaFile=/nonexistent/ca.pem";
  EXPECT_THAT(refused(), ElementsAre(HasSubstr("/nonexistent/ca.pem")));
  const std::string file = write("ca.pem", kTestCertificate);
  set("CONNECTION_STRING_DST") = "esdb://host?tlsCaFile=" + file;
  EXPECT_EQ(grpc(read().destination).tls.ca_file, file);
  set("CONNECTION_STRING_DST") = "esdb://host?tlsCaFile=" + write("no.pem", "x");
  EXPECT_THAT(refused(),
              ElementsAre(AllOf(HasSubstr("CONNECTION_STRING_DST"), HasSubstr("tlsCaFile holds no certificate"))));
  set("CONNECTION_STRING_DST") = "esdb://host?userCertFile=" + file + "&userKeyFile=" + write("key.pem", kOtherTestKey);
  EXPECT_THAT(refused(), ElementsAre(HasSubstr("userKeyFile holds another key")));
}

TEST_F(EnvironmentSettingsTest, ServersThatAreTrustedWhoeverTheyAreAreWarnedAbout) {
  set("CONNECTION_STRING_DST") = "esdb://u:p@host?tlsVerifyCert=false";
  EXPECT_THAT(read().warnings, ElementsAre(HasSubstr("tlsVerifyCert=false")));
}

TEST_F(EnvironmentSettingsTest, SeveralEndpointsAreNodesOfACluster) {
  set("HTTP_ENDPOINT_SRC") = "http://a:1, http://b, c:3";
  const Settings settings = read();
  EXPECT_EQ(legacy(settings.source).http, (Endpoint{"a", 1}));
  EXPECT_EQ(legacy(settings.source).tcp, (Endpoint{"a", 1113}));
  EXPECT_THAT(legacy(settings.source).hosts, ElementsAre(Endpoint{"a", 1}, Endpoint{"b", 1}, Endpoint{"c", 3}));
  for (const char* endpoint : {"a,", ",a", "a,,b", "https://a,http://b"}) {
    set("HTTP_ENDPOINT_SRC") = endpoint;
    EXPECT_THAT(refused(), ElementsAre(HasSubstr("HTTP_ENDPOINT_SRC"))) << endpoint;
  }
}

TEST_F(EnvironmentSettingsTest, Timeouts) {
  set("EVENT_WRITER_TIMEOUT_IN_MS") = "1234";
  environment.variables["CONNECTION_LINK_CHECK_INTERVAL_IN_MS"] = "77";
  set("CONNECTION_STRING_DST") = "esdb://host?tls=false&defaultDeadline=200";
  Settings settings = read();
  EXPECT_EQ(settings.copier.writer_timeout, milliseconds(1'234));
  EXPECT_EQ(settings.link_check_interval, milliseconds(77));
  EXPECT_EQ(legacy(settings.source).operation_timeout, milliseconds(1'234));
  EXPECT_EQ(grpc(settings.destination).operation_timeout, milliseconds(200));
  EXPECT_EQ(grpc(settings.destination).reconnection.patience, milliseconds(1'234)) << "an election takes its time";
  set("CONNECTION_STRING_DST") = "esdb://host?tls=false&defaultDeadline=60000";
  EXPECT_EQ(grpc(read().destination).operation_timeout, milliseconds(1'234));
  for (const char* timeout : {"0", "-5", "5s", "1.5", "3000000000"}) {
    set("EVENT_WRITER_TIMEOUT_IN_MS") = timeout;
    environment.variables["CONNECTION_LINK_CHECK_INTERVAL_IN_MS"] = timeout;
    EXPECT_THAT(refused(), ElementsAre(StartsWith("EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS: '"),
                                       StartsWith("CONNECTION_LINK_CHECK_INTERVAL_IN_MS: '")));
  }
}

TEST_F(EnvironmentSettingsTest, ListsEveryProblemAtOnce) {
  environment.variables.clear();
  set("CREDENTIALS_USERNAME_SRC") = "admin";
  set("HTTP_PORT_SRC") = "1";
  set("EVENT_WRITER_TIMEOUT_IN_MS") = "x";
  const auto problems = refused("subscriptions: []\nevents: [{typ: a}]\nshowDebugLogs: maybe\n");
  EXPECT_THAT(problems, ElementsAre(HasSubstr("CREDENTIALS_PASSWORD_SRC"), HasSubstr("HTTP_ENDPOINT_SRC"),
                                    HasSubstr("CONNECTION_STRING_DST"), HasSubstr("WRITER_TIMEOUT"),
                                    StartsWith("config.yaml:1:1: "), StartsWith("config.yaml:2:"),
                                    StartsWith("config.yaml:2:"), StartsWith("config.yaml:3:1: ")));
  const ConfigurationErrors errors{problems};
  EXPECT_THAT(errors.message(), StartsWith("The configuration has 8 problems:\n  "));
}

TEST_F(EnvironmentSettingsTest, TheConfigurationFilesPlace) {
  EXPECT_THAT(std::get<ConfigurationErrors>(read_settings(environment, std::nullopt)).problems,
              ElementsAre(AllOf(HasSubstr("--config"), HasSubstr("EVENTSTORE_INTERCO_CONFIG"))));
  set("CONFIG") = write("named.yaml", kSmallFile);
  EXPECT_TRUE(std::holds_alternative<Settings>(read_settings(environment, std::nullopt)));
  EXPECT_THAT(std::get<ConfigurationErrors>(read_settings(environment, "/nonexistent.yaml")).problems,
              ElementsAre(StartsWith("/nonexistent.yaml: ")));
}

TEST_F(EnvironmentSettingsTest, WarnsOfAnonymousUse) {
  environment.variables.erase("EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC");
  environment.variables.erase("EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC");
  EXPECT_THAT(read().warnings, ElementsAre(HasSubstr("no credentials for the source")));
}

TEST_F(EnvironmentSettingsTest, WarnsOfACopyOntoItself) {
  set("CONNECTION_STRING_DST") = "esdb://old.example?tls=false";
  EXPECT_THAT(read().warnings, ElementsAre(HasSubstr("same store")));
}

}  // namespace
}  // namespace interconnect
