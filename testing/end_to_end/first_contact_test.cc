// What the program says before it copies.

#include <csignal>
#include <regex>
#include <sstream>
#include <string>

#include "testing/end_to_end/fixture.h"
#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

class CheckTest : public EndToEndTest {
 protected:
  explicit CheckTest(const std::vector<std::string>& arguments = {}) : EndToEndTest(arguments) {}

  // The output, once it has ended.
  std::string check(int code, const std::string& configuration, const Variables& more = {}) const {
    const auto program = start(configuration, more, Copier::kProgram, {"check"});
    EXPECT_EQ(program->exit_code(), code) << program->output();
    return program->output();
  }

  void expect_line(const std::string& output, const std::string& begin, const std::string& part) {
    const std::size_t at = ("\n" + output).find("\n" + begin);
    EXPECT_NE(at, std::string::npos) << "no line '" << begin << "' in\n" << output;
    if (at == std::string::npos) return;
    const std::string line = output.substr(at, output.find('\n', at) - at);
    EXPECT_NE(line.find(part), std::string::npos) << line;
  }
};

TEST_P(CheckTest, AllIsWell) {
  source.load("hero-", 2, 20);
  const std::string output = check(0, configuration());
  expect_line(output, "ok    configuration: subscriptions: 1", "types of events: 1");
  expect_line(output, "ok    source: 127.0.0.1:", GetParam().from == Generation::kLegacy ? "5.0.1.0" : "21.2.0.0");
  expect_line(output, "ok    source: stream '$ce-hero'", "its last event is number 19");
  expect_line(output, "ok    source: group 'copy' of '$ce-hero'", "will be created");
  expect_line(output, "ok    source: projection $by_category", "is running");
  expect_line(output, "ok    destination: 127.0.0.1:", GetParam().to == Generation::kLegacy ? "5.0.1.0" : "21.2.0.0");
  expect_line(output, "ok    destination: stream 'hero-interconnect-check'", "may be written");
  EXPECT_EQ(output.find("FAULT"), std::string::npos) << output;
}

TEST_P(CheckTest, ChangesNothing) {
  source.load("hero-", 2, 20);
  const auto source_streams = source.streams("");
  const auto destination_streams = destination.streams("");
  check(0, configuration());
  EXPECT_EQ(source.streams(""), source_streams);
  EXPECT_EQ(destination.streams(""), destination_streams);
  expect_line(check(0, configuration()), "ok    source: group 'copy'", "will be created");
}

TEST_P(CheckTest, TellsHowFarAGroupIs) {
  source.load("hero-", 2, 2'000);
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_line(check(0, configuration()), "ok    source: group 'copy' of '$ce-hero' is there", "with 1 consumers");
}

TEST_P(CheckTest, AStreamThatIsNotThereIsWorthALook) {
  expect_line(check(0, configuration()), "warn  source: stream '$ce-hero'", "is not there");
}

TEST_P(CheckTest, JudgesAGroupThatSomebodyMade) {
  source.load("hero-", 2, 20);
  source.make_group("$ce-hero", "copy", R"({"startFrom": -1, "maxRetryCount": 1})");
  const std::string output = check(0, configuration());
  const std::string group = " source: group 'copy' of '$ce-hero'";
  expect_line(output, "ok   " + group + ": resolveLinkTos is false", "resolved here");
  expect_line(output, "warn " + group + ": startFrom is -1", "\"nothing is lost\"");
  expect_line(output, "warn " + group + ": maxRetryCount is 1 ", "\"nothing is lost\"");
  expect_line(output, "warn " + group + ": messageTimeout is 10000", "\"the order within a stream is kept\"");
  expect_line(output, "warn " + group + " keeps other settings", "no checkpoint");
  expect_line(output, "ok   " + group + ": a start updates",
              "http://127.0.0.1:" + std::to_string(source.http_port()) + "/subscriptions/%24ce-hero/copy'");
  EXPECT_EQ(output.find(Store::kPassword), std::string::npos);
}

TEST_P(CheckTest, AGroupThatTheStartWillUpdateIsJudgedAsItWillBe) {
  source.load("hero-", 2, 20);
  source.make_group("$ce-hero", "copy", R"({"startFrom": 0, "maxRetryCount": 1})");
  const std::string output = check(0, configuration());
  expect_line(output, "ok    source: group 'copy' of '$ce-hero' has other settings", "updates it");
  EXPECT_EQ(output.find("maxRetryCount"), std::string::npos) << output;
}

TEST_P(CheckTest, AStoppedProjectionIsAFault) {
  source.misbehave(R"({"projections": {"$by_category": "Stopped"}})");
  expect_line(check(1, configuration()), "FAULT source: projection $by_category", "is not running (Stopped)");
}

TEST_P(CheckTest, SaysWhatOtherThanCategoriesLeaveOut) {
  const std::string output = check(0, "subscriptions: [{stream: $et-Changed, group: a}]\nevents: [{type: '*'}]\n");
  if (GetParam().from == Generation::kNext) {
    expect_line(output, "warn  source: stream '$et-Changed' leaves out", "$ce-CATEGORY");
  } else {
    EXPECT_EQ(output.find("leaves out"), std::string::npos) << output;
  }
}

TEST_P(CheckTest, AMissingProjectionIsAFault) {
  const std::string output = check(1, "subscriptions: [{stream: $bc-hero, group: a}]\nevents: [{type: '*'}]\n");
  expect_line(output, "FAULT source: projection $by_correlation_id", "--run-projections=All");
}

TEST_P(CheckTest, AStoreThatIsNotThereIsAFault) {
  destination.kill();
  const std::string output = check(1, configuration(), {{kWriterTimeout, "500"}});
  expect_line(output, "FAULT destination: 127.0.0.1:", "does not answer as it should");
  expect_line(output, "FAULT destination: 127.0.0.1:", "EVENTSTORE_INTERCO_CONNECTION_STRING_DST has its address");
  expect_line(output, "ok    source: 127.0.0.1:", "answers");
}

TEST_P(CheckTest, AnOldStoresTcpPortInPlaceOfItsHttpPortIsAFault) {
  const bool is_source = GetParam().from == Generation::kLegacy;
  const std::string variable = std::string("EVENTSTORE_INTERCO_HTTP_PORT_") + (is_source ? "SRC" : "DST");
  const Store& store = is_source ? source : destination;
  const std::string output = check(1, configuration(), {{variable, std::to_string(store.tcp_port())}});
  expect_line(output,
              std::string("FAULT ") + (is_source ? "source" : "destination") + ": no HTTP is spoken at 127.0.0.1:",
              "set " + variable);
}

TEST_P(CheckTest, ATombstonedDestinationIsAFault) {
  source.append("order-1", {{event_id(1), "Placed", true, "{}", ""}});
  destination.append("order-1", {{event_id(2), "Placed", true, "{}", ""}});
  destination.tombstone("order-1");
  const std::string output = check(1, "subscriptions: [{stream: order-1, group: a}]\nevents: [{type: '*'}]\n");
  expect_line(output, "FAULT destination: stream 'order-1'", "deleted for good");
}

TEST_P(CheckTest, AWrongConfigurationIsRefusedAsEver) {
  EXPECT_NE(check(2, configuration("nonsense: true")).find("unknown key 'nonsense'"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Directions, CheckTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

// Where who asks counts: the next generation tells users apart only over TLS.
class CheckOfUsersTest : public CheckTest {
 protected:
  CheckOfUsersTest() : CheckTest({std::string("--user=simple:") + Store::kPassword}) {}
};

TEST_P(CheckOfUsersTest, AWrongPasswordIsRefused) {
  const std::string output = check(3, configuration(), {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", "wrong"}});
  expect_line(output, "FAULT source: 127.0.0.1:", "does not answer as it should");
  expect_line(output, "FAULT source: 127.0.0.1:", "; set EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC and its password");
}

TEST_P(CheckOfUsersTest, TellsWhoWeAre) {
  source.load("hero-", 1, 1);
  const std::string output = check(0, configuration());
  expect_line(output, "ok    source: signed in as admin", "$admins");
}

TEST_P(CheckOfUsersTest, AUserWhoMayNotCreateGroupsIsToldSo) {
  const std::string output = check(3, "subscriptions: [{stream: order-1, group: a}]\nevents: [{type: '*'}]\n",
                                   {{"EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC", "simple"},
                                    {"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", Store::kPassword}});
  expect_line(output, "FAULT source: group 'a' of 'order-1'", "only a user of $admins or $ops may create it");
}

INSTANTIATE_TEST_SUITE_P(Directions, CheckOfUsersTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kLegacy}), name_of);

// Names are what others chose: one with line breaks could else say whatever it likes in the log.
class HostileNamesTest : public EndToEndTest {
 protected:
  // The lines that do not begin as the program's own do.
  static std::string foreign_lines(const std::string& output, const std::string& own_line) {
    const std::regex own(own_line);
    std::istringstream lines(output);
    std::string foreign;
    for (std::string line; std::getline(lines, line);) {
      if (!std::regex_search(line, own, std::regex_constants::match_continuous)) foreign += line + "\n";
    }
    return foreign;
  }

  static constexpr char kConfiguration[] =
      "subscriptions:\n"
      "  - {stream: \"plain\\nFOREIGN\", group: \"a\\nFOREIGN\"}\n"
      "  - {stream: \"$et-Changed\\nFOREIGN\", group: \"a\\nFOREIGN\"}\n"
      "  - {stream: \"$category-hero\\r\\nFOREIGN\", group: \"a\\nFOREIGN\"}\n"
      "  - {stream: \"$projections-mine\\nFOREIGN-result\", group: a}\n"
      "events: [{type: \"Changed\\nFOREIGN\"}]\n"
      "connectionName: \"we\\nFOREIGN\"\n"
      "http: {port: 0}\n"
      "monitoring: {lagInterval: 100}\n";
};

TEST_P(HostileNamesTest, EveryMessageIsOneLine) {
  source.append("plain\nFOREIGN",
                {{event_id(1), "Changed\nFOREIGN", true, "{}", ""}, {event_id(2), "Other\nFOREIGN", true, "{}", ""}});
  destination.misbehave(R"({"refuseAppends":{"count":3,"with":"NotReady","message":"no\nFOREIGN"}})");
  {
    const auto copier = start(kConfiguration);
    EXPECT_TRUE(copier->says("$projections-mine FOREIGN-result' does not get all events"));
    EXPECT_TRUE(copier->says("filtered: event " + event_id(2)));
    EXPECT_TRUE(eventually([&] { return destination.count("plain") == 1; }));
    copier->signal(SIGTERM);
    EXPECT_EQ(copier->exit_code(), 0);
    EXPECT_EQ(foreign_lines(copier->output(), "[IWE][0-9]{8} "), "");
  }
  const auto check = start(kConfiguration, {}, Copier::kProgram, {"check"});
  EXPECT_EQ(check->exit_code(), 1);
  EXPECT_EQ(foreign_lines(check->output(), "ok    |warn  |FAULT |[IWE][0-9]{8} "), "");
}

INSTANTIATE_TEST_SUITE_P(Directions, HostileNamesTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

class PrintConfigTest : public EndToEndTest {};

TEST_P(PrintConfigTest, TellsEachSettingAndWhereItComesFrom) {
  const auto program =
      start(configuration("onLinkFailure: wait"), {{kWriterTimeout, "700"}}, Copier::kProgram, {"print-config"});
  EXPECT_EQ(program->exit_code(), 0);
  const std::string output = program->output();
  const auto has = [&](const std::string& name, const std::string& origin) {
    const std::size_t at = ("\n" + output).find("\n" + name);
    EXPECT_NE(at, std::string::npos) << name << " is not in\n" << output;
    if (at == std::string::npos) return;
    const std::string line = output.substr(at, output.find('\n', at) - at);
    EXPECT_NE(line.find("# ", name.size()), std::string::npos) << line;
    EXPECT_NE(line.find(origin, name.size()), std::string::npos) << line;
  };
  has("subscriptions[0].stream: $ce-hero", ".yaml:2");
  has("subscriptions[0].settings.maxRetryCount: 1000000", "default");
  has("onLinkFailure: wait", ".yaml:4");
  has("safetyNet.onWriteFailure: exit", "default");
  has("EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS: " + std::to_string(700 * kSlowdown) + " ms", "the environment");
  has("source.http: 127.0.0.1:", "EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC, EVENTSTORE_INTERCO_HTTP_PORT_SRC");
  has("source.password: ******", "EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC");
  has("destination.hosts: 127.0.0.1:", "EVENTSTORE_INTERCO_CONNECTION_STRING_DST");
  has("destination.tls: false", "EVENTSTORE_INTERCO_CONNECTION_STRING_DST");
  has("destination.nodePreference: leader", "default");
  has("http: off", "default");
}

INSTANTIATE_TEST_SUITE_P(Directions, PrintConfigTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext}), name_of);

}  // namespace
}  // namespace interconnect::testing
