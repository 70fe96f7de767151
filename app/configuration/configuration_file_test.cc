#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
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
using testing::StartsWith;

class ConfigurationFileTest : public ConfigurationTest {
 protected:
  // Of a file with this group's settings.
  std::vector<std::string> refused_group(const std::string& settings, const std::string& stream = "a") {
    return refused("subscriptions: [{stream: " + stream + ", group: b, settings: {" + settings +
                   "}}]\nevents: [{type: a}]\n");
  }

  Settings read_group(const std::string& settings) {
    return read("subscriptions: [{stream: a, group: b, settings: {" + settings + "}}]\nevents: [{type: a}]\n");
  }

  static Verdict judge(const Settings& settings, std::string_view type, std::string_view data) {
    EventView event;
    event.type = type;
    event.data = data;
    return EventPolicy(settings.allowed_types).judge(event);
  }

  static constexpr char kOutline[] = R"(
subscriptions:
  - stream: $ce-hero
    group: data
    bufferSize: 500
    settings: { resolveLinkTos: true, startFrom: 0, minCheckPointCount: 11 }
events:
  - type: Example1Event
    dataSchema: { type: object, required: [name] }
  - type: Example2Event
safetyNet: { onWriteFailure: retry, onInvalidEvent: park }
showDebugLogs: true
)";
};

TEST_F(ConfigurationFileTest, ReadsTheOutline) {
  const Settings settings = read(kOutline);
  Subscription subscription{.stream = "$ce-hero", .group = "data", .buffer_size = 500, .settings = {}};
  subscription.settings.min_checkpoint_count = 11;
  EXPECT_THAT(settings.subscriptions, ElementsAre(subscription));
  EXPECT_EQ(settings.on_write_failure, SafetyAction::kRetry);
  EXPECT_EQ(settings.on_invalid_event, SafetyAction::kPark);
  EXPECT_EQ(settings.on_link_failure, OnLinkFailure::kExit);
  EXPECT_TRUE(settings.show_debug_logs);
  EXPECT_EQ(settings.copier, CopierSettings{});
  EXPECT_THAT(settings.warnings, IsEmpty());
  EXPECT_EQ(judge(settings, "Example1Event", R"({"name":1})"), Verdict(Allowed{}));
  EXPECT_TRUE(std::holds_alternative<Invalid>(judge(settings, "Example1Event", "{}")));
  EXPECT_EQ(judge(settings, "Example2Event", "\xff"), Verdict(Allowed{}));
  EXPECT_EQ(judge(settings, "Example3Event", "{}"), Verdict(NotAllowed{}));
}

TEST_F(ConfigurationFileTest, ReadsEveryGroupSetting) {
  const Settings settings = read_group(
      "resolveLinkTos: false, startFrom: -1, extraStatistics: true, messageTimeout: 60000, maxRetryCount: 0, "
      "liveBufferSize: 1, readBatchSize: 2, historyBufferSize: 3, checkPointAfter: 4, minCheckPointCount: 5, "
      "maxCheckPointCount: 6, maxSubscriberCount: 7, namedConsumerStrategy: RoundRobin");
  EXPECT_EQ(settings.subscriptions.at(0).settings, (GroupSettings{.resolve_link_tos = false,
                                                                  .start_from = -1,
                                                                  .extra_statistics = true,
                                                                  .message_timeout = milliseconds(60'000),
                                                                  .max_retry_count = 0,
                                                                  .live_buffer_size = 1,
                                                                  .read_batch_size = 2,
                                                                  .history_buffer_size = 3,
                                                                  .checkpoint_after = milliseconds(4),
                                                                  .min_checkpoint_count = 5,
                                                                  .max_checkpoint_count = 6,
                                                                  .max_subscriber_count = 7,
                                                                  .consumer_strategy = ConsumerStrategy::kRoundRobin}));
  EXPECT_THAT(settings.warnings, ElementsAre(HasSubstr("order within a stream")));
}

TEST_F(ConfigurationFileTest, ReadsEverySettingOfTheStores) {
  const std::string ca = write("ca.pem", std::string(kTestCertificate) + kTestKey);
  const std::string name = ca.substr(ca.rfind('/') + 1);
  const Settings settings =
      read(std::string(kSmallFile) +
           "connectionName: mine\nonLinkFailure: wait\ncopyMetadata: none\n"
           "source: {maxHeldBytes: 2000000, predecessorWait: 0, reconnection: {maxAttempts: -1, delay: 1}, heartbeat: "
           "{interval: 2, timeout: 3}, tls: {enabled: true, verifyCertificate: false, caFile: " +
           name + ", certificateFile: " + name + ", keyFile: " + ca +
           "}}\n"
           "destination: {maxAppendEvents: 4, maxAppendBytes: 5, maxAppendsInFlight: 6, lookUpDepth: 7, "
           "maxInFlightEvents: 10, maxInFlightBytes: 11, appendQueueTarget: 12, "
           "reconnection: {maxAttempts: 8, delay: 9}}\n");
  const auto& source = std::get<LegacyStoreSettings>(settings.source);
  EXPECT_EQ(source.connection_name, "mine");
  EXPECT_EQ(source.reconnection, (ReconnectionSettings{-1, milliseconds(1)}));
  EXPECT_EQ(source.heartbeat, (HeartbeatSettings{milliseconds(2), milliseconds(3)}));
  EXPECT_EQ(source.tls, (TlsSettings{true, false, ca, ca, ca}));
  const auto& destination = std::get<GrpcStoreSettings>(settings.destination);
  EXPECT_EQ(destination.connection_name, "mine");
  EXPECT_EQ(destination.reconnection, (ReconnectionSettings{8, milliseconds(9)}));
  CopierSettings copier;
  copier.max_append_events = 4;
  copier.max_append_bytes = 5;
  copier.max_appends_in_flight = 6;
  copier.max_in_flight_events = 10;
  copier.max_in_flight_bytes = 11;
  copier.append_queue_target = milliseconds(12);
  copier.max_held_bytes = 2'000'000;
  copier.predecessor_wait = milliseconds(0);
  copier.look_up_depth = 7;
  copier.copy_metadata = CopyMetadata::kNone;
  EXPECT_EQ(settings.copier, copier);
  EXPECT_EQ(settings.on_link_failure, OnLinkFailure::kWait);
}

TEST_F(ConfigurationFileTest, AGlobalOrderIsThatOfOneSubscription) {
  using Ordering = CopierSettings::Ordering;
  EXPECT_EQ(read(kSmallFile).copier.ordering, Ordering::kPerStream);
  const Settings settings = read(std::string(kSmallFile) + "ordering: global\n");
  EXPECT_EQ(settings.copier.ordering, Ordering::kGlobal);
  EXPECT_THAT(settings.warnings, Contains(HasSubstr("maxSubscriberCount: 1")));
  EXPECT_THAT(refused("subscriptions: [{stream: a, group: b}, {stream: c, group: d}]\nevents: [{type: a}]\n"
                      "ordering: global\n"),
              ElementsAre(AllOf(StartsWith("config.yaml:3:1"), HasSubstr("run a copier for each"))));
  EXPECT_THAT(refused(std::string(kSmallFile) + "ordering: total\n"),
              ElementsAre(HasSubstr("none of: perStream, global")));
}

TEST_F(ConfigurationFileTest, AConnectionStringsOwnNameWins) {
  set("CONNECTION_STRING_DST") = "esdb://b?tls=false&connectionName=its%20own";
  const Settings settings = read(std::string(kSmallFile) + "connectionName: mine\n");
  EXPECT_EQ(std::get<GrpcStoreSettings>(settings.destination).connection_name, "its own");
}

TEST_F(ConfigurationFileTest, RefusesUnknownKeysWithPlaceAndNearest) {
  EXPECT_THAT(refused(std::string(kSmallFile) + "subscription: []\nshowDebugLog: true\nxyzzyxyzzy: 1\n"),
              ElementsAre(AllOf(StartsWith("config.yaml:3:1: unknown key"), HasSubstr("'subscriptions'?")),
                          AllOf(StartsWith("config.yaml:4:1: "), HasSubstr("'showDebugLogs'?")),
                          AllOf(StartsWith("config.yaml:5:1: "), HasSubstr("known are: subscriptions"))));
  EXPECT_THAT(refused_group("resolveLinks: true"),
              ElementsAre(AllOf(StartsWith("config.yaml:1:50: "), HasSubstr("'resolveLinkTos'?"))));
  EXPECT_THAT(refused("subscriptions: [{stream: a, group: b, bufersize: 1}]\nevents: [{type: a, dataschema: b}]\n"),
              ElementsAre(HasSubstr("'bufferSize'?"), HasSubstr("'dataSchema'?")));
}

TEST_F(ConfigurationFileTest, RefusesWrongTypes) {
  const std::string start = kSmallFile;
  EXPECT_THAT(refused(start + "showDebugLogs: yes\n"), ElementsAre(HasSubstr("must be true or false, but is 'yes'")));
  EXPECT_THAT(refused(start + "showDebugLogs: 'true'\n"), ElementsAre(HasSubstr("take the quotes away")));
  EXPECT_THAT(refused(start + "showDebugLogs: [true]\n"), ElementsAre(HasSubstr("but is a list")));
  EXPECT_THAT(refused(start + "connectionName: {a: b}\n"), ElementsAre(HasSubstr("but is a map")));
  EXPECT_THAT(refused(start + "safetyNet: exit\n"), ElementsAre(HasSubstr("safetyNet must be a map")));
  EXPECT_THAT(refused(start + "onLinkFailure: restart\n"), ElementsAre(HasSubstr("none of: exit, wait")));
  EXPECT_THAT(refused(start + "copyMetadata: all\n"), ElementsAre(HasSubstr("none of: interconnect, none")));
  EXPECT_THAT(refused(start + "safetyNet: {onInvalidEvent: retry}\n"), ElementsAre(HasSubstr("exit, skip, park")));
  EXPECT_THAT(refused("just text"), ElementsAre(HasSubstr("must be a map"))) << "and nothing that follows from it";
  for (const char* number : {"1.5", "one", "-1", "99999999999", "'5'", "0x10", "1_000"}) {
    EXPECT_THAT(refused_group("maxRetryCount: " + std::string(number)), ElementsAre(HasSubstr("a whole number")));
  }
}

TEST_F(ConfigurationFileTest, RefusesEmptyAndMissingLists) {
  EXPECT_THAT(refused(""), ElementsAre(HasSubstr("needs 'subscriptions'"), HasSubstr("needs 'events'")));
  EXPECT_THAT(refused("subscriptions: []\nevents: []\n"),
              ElementsAre(StartsWith("config.yaml:1:1: subscriptions: must be a list of at least one"),
                          StartsWith("config.yaml:2:1: events: must be a list of at least one")));
  EXPECT_THAT(
      refused("subscriptions: [{}]\nevents: [x]\n"),
      ElementsAre(HasSubstr("needs 'stream'"), HasSubstr("needs 'group'"), HasSubstr("an event must be a map")));
}

TEST_F(ConfigurationFileTest, NamesThePlaceOfASyntaxError) {
  EXPECT_THAT(refused("subscriptions:\n  - stream: a\n group: b\n"), ElementsAre(StartsWith("config.yaml:3:")));
  EXPECT_THAT(refused("a: &x 1\nb: *x\n"), ElementsAre(StartsWith("config.yaml:1:")));
}

TEST_F(ConfigurationFileTest, RefusesWhatAServerWouldRefuseOrHangOn) {
  EXPECT_THAT(refused_group("readBatchSize: 20, historyBufferSize: 20"), ElementsAre(HasSubstr("20 is not below 20")));
  EXPECT_THAT(refused_group("historyBufferSize: 500"), ElementsAre(HasSubstr("500 is not below 500")));
  EXPECT_THAT(refused_group("minCheckPointCount: 20, maxCheckPointCount: 19"),
              ElementsAre(HasSubstr("20 is above 19")));
  EXPECT_THAT(refused_group("messageTimeout: 0"), ElementsAre(HasSubstr("messageTimeout")));
  EXPECT_THAT(refused_group("liveBufferSize: 0"), ElementsAre(HasSubstr("liveBufferSize")));
  EXPECT_THAT(refused_group("startFrom: -2"), ElementsAre(HasSubstr("startFrom")));
  EXPECT_THAT(refused_group("namedConsumerStrategy: pinned"), ElementsAre(HasSubstr("Pinned, RoundRobin")));
  EXPECT_THAT(refused_group("resolveLinkTos: false", "$ce-hero"), ElementsAre(HasSubstr("must be true")));
  EXPECT_THAT(refused_group("resolveLinkTos: false", "$et-Hired"), ElementsAre(HasSubstr("must be true")));
  EXPECT_THAT(refused_group("", "$all"), ElementsAre(AllOf(HasSubstr("$all"), HasSubstr("21.10"), HasSubstr("$ce-"))));
  EXPECT_THAT(refused("subscriptions: [{stream: a, group: b, bufferSize: 0}]\nevents: [{type: a}]\n"),
              ElementsAre(HasSubstr("bufferSize")));
}

TEST_F(ConfigurationFileTest, RefusesWhatStandsTwice) {
  EXPECT_THAT(refused("subscriptions:\n- {stream: a, group: b}\n- {stream: a, group: c}\n- {stream: a, group: b}\n"
                      "events:\n- type: x\n- type: x\n"),
              ElementsAre(AllOf(StartsWith("config.yaml:4:"), HasSubstr("line 2")),
                          AllOf(StartsWith("config.yaml:7:"), HasSubstr("line 6"))));
}

TEST_F(ConfigurationFileTest, RefusesTheDeletionOfStreams) {
  EXPECT_THAT(refused("subscriptions: [{stream: a, group: b}]\nevents: [{type: $streamDeleted}]\n"),
              ElementsAre(HasSubstr("never copied")));
}

TEST_F(ConfigurationFileTest, WarnsOfAMessageTimeoutThatTheServerWouldReach) {
  EXPECT_THAT(read_group("messageTimeout: 10000").warnings, ElementsAre(HasSubstr("still held")));
  EXPECT_THAT(read_group("messageTimeout: 10001").warnings, IsEmpty());
}

TEST_F(ConfigurationFileTest, SchemasInFilesBesideIt) {
  const std::string path = write("schema.json", R"({"type": "array"})");
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto with = [](const std::string& file) {
    return "subscriptions: [{stream: a, group: b}]\nevents:\n- type: x\n  dataSchema: " + file + "\n";
  };
  const Settings settings = read(with(name));
  EXPECT_EQ(judge(settings, "x", "[]"), Verdict(Allowed{}));
  EXPECT_TRUE(std::holds_alternative<Invalid>(judge(settings, "x", "{}")));
  EXPECT_TRUE(std::holds_alternative<Invalid>(judge(read(with(path)), "x", "{}")));
  EXPECT_THAT(refused(with("missing.json")),
              ElementsAre(AllOf(StartsWith("config.yaml:4:3: dataSchema: the file"), HasSubstr("missing.json"))));
  const std::string broken = write("broken.json", "{\n\"type\": }");
  EXPECT_THAT(refused(with(broken)), ElementsAre(AllOf(StartsWith("config.yaml:4:3: "), HasSubstr(broken + ":2:9"))));
}

TEST_F(ConfigurationFileTest, BothSchemasOfAnEventAreChecked) {
  EXPECT_THAT(
      refused("subscriptions: [{stream: a, group: b}]\nevents:\n- type: x\n  dataSchema: {type: strin}\n  "
              "metadataSchema: {$ref: 'http://x'}\n"),
      ElementsAre(StartsWith("config.yaml:4:3: dataSchema: "), StartsWith("config.yaml:5:3: metadataSchema: ")));
}

TEST_F(ConfigurationFileTest, RefusesWhatTheConnectionStringCarries) {
  EXPECT_THAT(refused(std::string(kSmallFile) + "destination: {tls: {enabled: true}, heartbeat: {interval: 1}}\n"),
              ElementsAre(AllOf(HasSubstr("tls: belongs into EVENTSTORE_INTERCO_CONNECTION_STRING_DST")),
                          AllOf(HasSubstr("heartbeat: belongs into"), HasSubstr("keepAliveInterval"))));
}

TEST_F(ConfigurationFileTest, LimitsHaveTheirSide) {
  EXPECT_THAT(refused(std::string(kSmallFile) + "source: {maxAppendEvents: 1}\ndestination: {maxHeldBytes: 1}\n"),
              ElementsAre(HasSubstr("unknown key 'maxAppendEvents' in source"),
                          HasSubstr("unknown key 'maxHeldBytes' in destination")));
}

TEST_F(ConfigurationFileTest, TlsNeedsItsFilesAndNoContradiction) {
  const auto tls = [](const std::string& keys) { return std::string(kSmallFile) + "source: {tls: {" + keys + "}}\n"; };
  EXPECT_THAT(refused(tls("caFile: missing.pem")), ElementsAre(HasSubstr("missing.pem cannot be read")));
  EXPECT_THAT(refused(tls("keyFile: " + write("key.pem", kTestKey))), ElementsAre(HasSubstr("together")));
  EXPECT_THAT(refused(tls("caFile: " + write("ca.pem", "x"))),
              ElementsAre(AllOf(HasSubstr(":3:"), HasSubstr("ca.pem holds no certificate"))));
  EXPECT_THAT(refused(tls("certificateFile: " + write("cert.pem", kTestCertificate) +
                          ", keyFile: " + write("other.pem", kOtherTestKey))),
              ElementsAre(HasSubstr("other.pem holds another key")));
  set("HTTP_ENDPOINT_SRC") = "https://old.example";
  EXPECT_THAT(refused(tls("enabled: false")), ElementsAre(HasSubstr("https://")));
}

TEST_F(ConfigurationFileTest, TlsOfTheFileIsForTcpAlone) {
  const Settings settings = read(std::string(kSmallFile) + "source: {tls: {enabled: true}}\n");
  EXPECT_TRUE(std::get<LegacyStoreSettings>(settings.source).tls.enabled);
  EXPECT_FALSE(std::get<LegacyStoreSettings>(settings.source).https);
}

TEST_F(ConfigurationFileTest, EachProblemNamesTheNextStep) {
  const std::string small = kSmallFile;
  const std::string tls = "source: {tls: {";
  for (const auto& [file, step] : std::map<std::string, std::string>{
           {"subscriptions: [{stream: a}]\nevents: [{type: a}]\n", "needs 'group': add it"},
           {"subscriptions: [{stream: a, group: b}, {stream: a, group: b}]\nevents: [{type: a}]\n", "leave one out"},
           {"subscriptions: [{stream: a, group: b}]\nevents: [{type: a}, {type: a}]\n", "leave one out"},
           {"subscriptions: [{stream: a, group: b}]\nevents: [{type: a, dataSchema: none.json}]\n", "name one that"},
           {small + "ordering: perStream\nordering: global\n", "leave one out"},
           {small + "ordering: &name perStream\n", "write the value where it is needed"},
           {small + "ordering: !name perStream\n", "leave it out"},
           {small + tls + "enabled: true, caFile: none.pem}}\n", "name one that"},
           {small + tls + "enabled: true, keyFile: none.pem}}\n", "name one that"}}) {
    EXPECT_THAT(refused(file).front(), HasSubstr(step));
  }
  set("HTTP_ENDPOINT_SRC") = "https://a,b";
  EXPECT_THAT(refused(), ElementsAre(HasSubstr("give all of them alike")));
  set("HTTP_ENDPOINT_SRC") = "https://a";
  EXPECT_THAT(refused(small + tls + "enabled: false}}\n"), ElementsAre(HasSubstr("or give http://")));
}

TEST_F(ConfigurationFileTest, TheExampleParsesAndShowsTheDefaults) {
  std::ifstream stream("app/interconnect.example.yaml");
  std::stringstream text;
  text << stream.rdbuf();
  const std::string example = text.str();
  ASSERT_NE(example, "");
  const Settings plain = read(example);
  EXPECT_THAT(plain.warnings, IsEmpty());

  // All that is commented out, for two stores of the old generation, whose keys are the most.
  set("HTTP_ENDPOINT_DST") = "old2.example";
  set("CONNECTION_STRING_DST") = "";
  set("CREDENTIALS_USERNAME_DST") = "admin";
  set("CREDENTIALS_PASSWORD_DST") = "changeit";
  std::istringstream lines(example);
  std::string full;
  for (std::string line; std::getline(lines, line);) {
    const bool is_prose = line.find("##") != std::string::npos;
    full += (is_prose ? "" : line.starts_with("# ") ? line.substr(2) : line) + "\n";
  }
  ASSERT_THAT(full, HasSubstr("\nonLinkFailure: exit\n"));
  const Settings settings = read(full);
  EXPECT_EQ(settings.subscriptions, plain.subscriptions);
  EXPECT_THAT(settings.subscriptions, ElementsAre(Subscription{.stream = "$ce-hero", .group = "data", .settings = {}}));
  EXPECT_EQ(settings.on_write_failure, SafetyAction::kExit);
  EXPECT_EQ(settings.on_invalid_event, SafetyAction::kSkip);
  EXPECT_EQ(settings.on_link_failure, OnLinkFailure::kExit);
  EXPECT_FALSE(settings.show_debug_logs);
  EXPECT_EQ(settings.copier, CopierSettings{});
  LegacyStoreSettings store;
  store.http = {"old.example", 2113};
  store.tcp = {"old.example", 1113};
  store.credentials = Credentials{"admin", "changeit"};
  store.connection_name = "interconnect";
  EXPECT_EQ(std::get<LegacyStoreSettings>(settings.source), store);
  store.http.host = store.tcp.host = "old2.example";
  EXPECT_EQ(std::get<LegacyStoreSettings>(settings.destination), store);
}

// What the reader says that it knows, asked by a key that it cannot know.
TEST_F(ConfigurationFileTest, TheExampleNamesEveryKey) {
  std::ifstream stream("app/interconnect.example.yaml");
  std::stringstream text;
  text << stream.rdbuf();
  set("HTTP_ENDPOINT_DST") = "old2.example";
  const std::string odd = "{xyzzyxyzzy: 1}";
  const auto problems =
      refused("xyzzyxyzzy: 1\nsubscriptions: [{stream: a, group: b, xyzzyxyzzy: 1, settings: " + odd +
              "}]\nevents: [{type: a, xyzzyxyzzy: 1}]\nsafetyNet: " + odd + "\nsource: {xyzzyxyzzy: 1, tls: " + odd +
              ", heartbeat: " + odd + ", reconnection: " + odd + "}\ndestination: " + odd + "\n");
  constexpr std::size_t kSections = 10;
  ASSERT_THAT(problems, testing::SizeIs(kSections));
  for (const std::string& problem : problems) {
    const std::size_t list = problem.find("known are: ");
    ASSERT_NE(list, std::string::npos) << problem;
    std::istringstream keys(problem.substr(list + 11));
    for (std::string key; keys >> key;) EXPECT_THAT(text.str(), HasSubstr(key + ":")) << problem;
  }
}

}  // namespace
}  // namespace interconnect
