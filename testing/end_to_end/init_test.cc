// What a new user does: init writes the configuration, and the copy runs by it.

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "testing/end_to_end/fixture.h"
#include "testing/process/terminal_process.h"

namespace interconnect::testing {
namespace {

std::string content(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class InitTest : public EndToEndTest {
 protected:
  InitTest() {
    folder_ = ::testing::TempDir() + "/init";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string config() const { return folder_ + "/copy.yaml"; }
  std::string variables() const { return folder_ + "/copy.env"; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  TerminalProcess on_terminal(std::vector<std::string> arguments = {},
                              const Variables& environment = {{"TERM", "xterm"}}) const {
    std::vector<std::string> all{"init", "--config", config()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return TerminalProcess({Copier::kProgram, all, environment});
  }

  struct Result {
    int code = -2;
    std::string output;
  };
  static Result run(const std::vector<std::string>& arguments, const Variables& environment = {}) {
    ChildProcess process({Copier::kProgram, arguments, environment});
    const auto status = process.wait(kPatience);
    if (!status) return {};
    EXPECT_EQ(process.output().find(Store::kPassword), std::string::npos) << process.output();
    return {status->signal != 0 ? -1 : status->code, process.output()};
  }
  Result init(std::vector<std::string> options, const Variables& environment = {}) const {
    options.insert(options.begin(), {"init", "--config", config()});
    return run(options, environment);
  }

  static std::string url(const Store& store) {
    const std::string address = "127.0.0.1:" + std::to_string(store.http_port());
    return store.generation() == Generation::kLegacy ? "http://" + address : "esdb://" + address + "?tls=false";
  }
  std::vector<std::string> options(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"--category", "hero", "--http-port", "off"};
    for (const auto& [option, store] :
         {std::pair<std::string, const Store&>("--source", source), {"--destination", destination}}) {
      all.insert(all.end(), {option, url(store)});
      if (store.generation() != Generation::kLegacy) continue;
      all.insert(all.end(), {option + "-tcp-port", std::to_string(store.tcp_port()), option + "-user", "admin"});
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static Variables passwords() {
    return {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", Store::kPassword},
            {"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_DST", Store::kPassword}};
  }

  void answer(TerminalProcess& terminal, const std::string& question, const std::string& typed) {
    ASSERT_TRUE(terminal.shows(question, kPatience)) << terminal.output();
    terminal.type(typed + "\n");
  }
  void answer_store(TerminalProcess& terminal, const std::string& question, const Store& store) {
    answer(terminal, question, url(store));
    if (store.generation() == Generation::kLegacy) {
      answer(terminal, "its TCP port [1113]:", std::to_string(store.tcp_port()));
      answer(terminal, "its user, or none [admin]:", "");
      answer(terminal, "password of admin", Store::kPassword);
    } else {
      answer(terminal, "its user, or none [none]:", "");
    }
  }

  void expect_copies() {
    ChildProcess process({Copier::kProgram, {"--config", config(), "--env-file", variables()}, {}});
    EXPECT_TRUE(eventually([&] { return destination_count() == source_count(); })) << process.output();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(kPatience), (ExitStatus{0, 0})) << process.output();
    expect_copied();
  }

  std::string folder_;
};

TEST_P(InitTest, AsksWritesAndChecksAndTheCopyRuns) {
  source.load("hero-", 3, 30);
  {
    TerminalProcess terminal = on_terminal();
    answer_store(terminal, "\nSource:", source);
    answer_store(terminal, "\nDestination:", destination);
    answer(terminal, "Category:", "hero");
    answer(terminal, "Category:", "");
    answer(terminal, "Stream:", "");
    answer(terminal, "Consumer group", "");
    answer(terminal, "Type of events, or a glob [*]:", "");
    answer(terminal, "HTTP port", "off");
    EXPECT_EQ(terminal.wait(kPatience), (ExitStatus{0, 0})) << terminal.output();
    EXPECT_NE(terminal.output().find("ok    destination: stream 'hero-interconnect-check' may be written"),
              std::string::npos)
        << terminal.output();
    EXPECT_NE(terminal.output().find("next: interconnect --config " + config()), std::string::npos);
    EXPECT_EQ(terminal.output().find(Store::kPassword), std::string::npos) << "it is not shown";
  }
  EXPECT_EQ(files(), 2u);
  struct stat status {};
  stat(variables().c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(content(config()).find(Store::kPassword), std::string::npos);
  EXPECT_NE(content(config()).find("  - stream: $ce-hero\n    group: interconnect\n"), std::string::npos);
  expect_copies();
}

TEST_P(InitTest, OptionsDoAsWell) {
  source.load("hero-", 3, 30);
  const Result result = init(options(), passwords());
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_NE(result.output.find("may be written"), std::string::npos);
  expect_copies();
}

INSTANTIATE_TEST_SUITE_P(Directions, InitTest, all_directions(), name_of);

class InitRefusalTest : public InitTest {};

TEST_P(InitRefusalTest, AWrongAnswerIsAskedAgainWithTheReason) {
  TerminalProcess terminal = on_terminal();
  answer(terminal, "\nSource:", "127.0.0.1:2113");
  ASSERT_TRUE(terminal.shows("begin with esdb://", kPatience)) << terminal.output();
  answer(terminal, "Source:", "esdb://a b");
  ASSERT_TRUE(terminal.shows("at character", kPatience)) << terminal.output();
  answer(terminal, "Source:", "HTTP://127.0.0.1");
  answer(terminal, "its TCP port [1113]:", "0");
  ASSERT_TRUE(terminal.shows("a port is a number from 1 to 65535", kPatience)) << terminal.output();
  answer(terminal, "its TCP port [1113]:", "");
  answer(terminal, "its user", "none");
  answer(terminal, "\nDestination:", "esdb://127.0.0.1?tls=false");
  answer(terminal, "its user", "none");
  answer(terminal, "Category:", "");
  answer(terminal, "Stream:", "");
  ASSERT_TRUE(terminal.shows("name at least one category or stream", kPatience)) << terminal.output();
  answer(terminal, "Category:", "");
  answer(terminal, "Stream:", "$all");
  ASSERT_TRUE(terminal.shows("reading $all through a consumer group is not supported", kPatience)) << terminal.output();
  answer(terminal, "Stream:", "orders");
  answer(terminal, "Stream:", "orders");
  ASSERT_TRUE(terminal.shows("orders is among them already", kPatience)) << terminal.output();
  answer(terminal, "Stream:", "");
  answer(terminal, "Consumer group", "");
  answer(terminal, "Type of events", "$streamDeleted");
  ASSERT_TRUE(terminal.shows("leave it out", kPatience)) << terminal.output();
  answer(terminal, "Type of events", "");
  EXPECT_EQ(files(), 0u);
  answer(terminal, "HTTP port", "");
  EXPECT_TRUE(terminal.shows("wrote " + config(), kPatience)) << terminal.output();
  EXPECT_NE(content(config()).find("\nhttp:\n"), std::string::npos);
}

TEST_P(InitRefusalTest, AnswersThatEndLeaveNothing) {
  for (const char* end : {"\x03", "\x04"}) {
    TerminalProcess terminal = on_terminal();
    answer(terminal, "\nSource:", "http://127.0.0.1");
    answer(terminal, "its TCP port", "");
    answer(terminal, "its user", "admin");
    ASSERT_TRUE(terminal.shows("password of admin", kPatience));
    terminal.type(end);
    EXPECT_EQ(terminal.wait(kPatience), (ExitStatus{1, 0})) << terminal.output();
    EXPECT_NE(terminal.output().find("nothing was written"), std::string::npos) << terminal.output();
    EXPECT_EQ(files(), 0u);
  }
}

TEST_P(InitRefusalTest, AFileThatIsThereIsKeptUnlessAPersonSaysOtherwise) {
  std::ofstream(config()) << "old";
  {
    TerminalProcess terminal = on_terminal();
    answer(terminal, "is there already. Overwrite?", "");
    EXPECT_EQ(terminal.wait(kPatience), (ExitStatus{1, 0})) << terminal.output();
  }
  const Result result = init(options({"--no-check"}), passwords());
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.output.find("--config: " + config() + " is there already"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("--force"), std::string::npos) << result.output;
  EXPECT_EQ(content(config()), "old");
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(init(options({"--no-check", "--force"}), passwords()).code, 0);
  EXPECT_NE(content(config()), "old");
  EXPECT_EQ(files(), 2u);
}

TEST_P(InitRefusalTest, WithoutATerminalAMissingOrWrongOptionIsNamed) {
  const auto refused = [&](const std::vector<std::string>& given, const std::string& name) {
    const Result result = init(given);
    EXPECT_EQ(result.code, 2) << result.output;
    EXPECT_NE(result.output.find("init: " + name + ": "), std::string::npos) << result.output;
    EXPECT_EQ(files(), 0u);
  };
  const std::vector<std::string> both{"--source", "http://a", "--destination", "esdb://b?tls=false"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = both;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  refused({}, "--source");
  refused({"--source", "nonsense"}, "--source");
  refused({"--source", "http://a", "--category", "hero"}, "--destination");
  refused({"--source", "http://a", "--source-tcp-port", "x"}, "--source-tcp-port");
  refused({"--source", "esdb://a", "--source-tcp-port", "1"}, "--source-tcp-port");
  refused({"--source", "http://a", "--source-user", "admin"}, "--source-user");
  refused(both, "--category");
  refused(with({"--stream", "$all"}), "--stream");
  refused(with({"--category", "hero", "--type", ""}), "--type");
  refused(with({"--category", "hero", "--group", ""}), "--group");
  refused(with({"--category", "hero", "--http-port", "66000"}), "--http-port");
  refused(with({"--category", "hero", "--env-file", config()}), "--env-file");
  refused(with({"--category", "hero", "--env-file", folder_ + "/none/a.env"}), "--config, --env-file");
}

TEST_P(InitRefusalTest, WhatCheckFindsIsItsEndAndTheFilesStay) {
  destination.kill();
  Variables environment = passwords();
  environment[kWriterTimeout] = "500";
  const Result result = init(options(), environment);
  EXPECT_EQ(result.code, 1) << result.output;
  EXPECT_NE(result.output.find("FAULT destination: "), std::string::npos);
  EXPECT_NE(result.output.find("next: mend what stands behind FAULT"), std::string::npos);
  EXPECT_EQ(files(), 2u);
}

TEST_P(InitRefusalTest, APasswordMayStayInItsFile) {
  const std::string file = folder_ + "/password";
  std::ofstream(file) << Store::kPassword << "\n";
  const Result result = init(options(), {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC_FILE", file}});
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_NE(content(variables()).find("_PASSWORD_SRC_FILE='" + file + "'"), std::string::npos);
  EXPECT_EQ(content(variables()).find(Store::kPassword), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Directions, InitRefusalTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext}), name_of);

// Long work shows how far it is, and ends when it is told to, with what is true by then.
class LongWorkTest : public InitTest {
 protected:
  Variables both() const {
    Variables all = source.environment("SRC");
    all.merge(destination.environment("DST"));
    return all;
  }
  std::string configuration_file(const std::string& more = "") const {
    std::ofstream(config()) << configuration(more);
    return config();
  }
};

TEST_P(LongWorkTest, ACheckThatIsEndedSaysWhatItFoundByThen) {
  // The one over TCP, which is waited for.
  const bool is_source = GetParam().from == Generation::kLegacy;
  (is_source ? source : destination).freeze();
  ChildProcess check({Copier::kProgram, {"check", "--config", configuration_file()}, both()});
  const std::string step = is_source ? "check: 1 of 5: source" : "check: 4 of 5: destination";
  ASSERT_TRUE(check.wait_for_line(step + ": 127.0.0.1:", kPatience)) << check.output();
  check.signal(SIGINT);
  EXPECT_EQ(check.wait(kPatience), (ExitStatus{1, 0}));
  const std::string output = check.output();
  EXPECT_EQ(output.find("ok    source: 127.0.0.1:") != std::string::npos, !is_source) << output;
  const std::string done = is_source ? "0" : "3";
  EXPECT_NE(output.find("FAULT check was ended by a signal: " + done + " of 5 steps are done"), std::string::npos)
      << output;
}

TEST_P(LongWorkTest, ATerminalShowsOneLineThatGoes) {
  destination.freeze();
  Variables environment = both();
  environment["TERM"] = "xterm";
  environment[kWriterTimeout] = "500";
  TerminalProcess check({Copier::kProgram, {"check", "--config", configuration_file()}, environment});
  EXPECT_TRUE(check.shows("\r\x1b[Kcheck: 1 of 5: source: 127.0.0.1:", kPatience));
  EXPECT_TRUE(check.shows("\r\x1b[Kok    ", kPatience)) << "it makes room for the findings";
  EXPECT_TRUE(check.shows("\r\x1b[Kcheck: 4 of 5: destination: 127.0.0.1:", kPatience));
  EXPECT_EQ(check.wait(kPatience), (ExitStatus{1, 0}));
}

TEST_P(LongWorkTest, ATerminalThatCannotIsSentNoSequences) {
  const bool is_legacy = GetParam().to == Generation::kLegacy;
  const std::string refusal = is_legacy ? "NotReady" : "RESOURCE_EXHAUSTED";
  destination.misbehave(R"({"refuseAppends": {"count": 1000000, "with": ")" + refusal + R"("}})");
  source.load("hero-", 3, 30);
  const auto copier = start(configuration("safetyNet: {onWriteFailure: retry}"));
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).outstanding > 0; }));
  for (const auto& [terminal, is_shown] : {std::pair("dumb", false), {"xterm", true}}) {
    Variables environment = both();
    environment["TERM"] = terminal;
    TerminalProcess verify({Copier::kProgram, {"verify", "--config", configuration_file()}, environment});
    EXPECT_TRUE(verify.shows("verify: waiting until the copy has passed what was there: 30 events behind", kPatience))
        << verify.output();
    if (is_shown) {
      EXPECT_TRUE(verify.shows("\r\x1b[Kverify: waiting", kPatience));
    }
    verify.type("\x03");
    EXPECT_EQ(verify.wait(kPatience), (ExitStatus{1, 0})) << verify.output();
    EXPECT_EQ(verify.output().find('\x1b') != std::string::npos, is_shown) << verify.output();
    EXPECT_NE(verify.output().find("it was interrupted"), std::string::npos) << verify.output();
  }
}

TEST_P(LongWorkTest, AWaitThatIsEndedHasNotSucceeded) {
  const auto copier =
      start(configuration("http: {port: 0}\nonLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n"));
  const std::string line = copier->line_with("status page: ").value_or("");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(line, match, std::regex(":([0-9]+)/$"))) << line;
  const std::string port = match[1];
  destination.freeze();
  source.load("hero-", 3, 30);
  const std::string file = configuration_file("http: {port: " + port + "}\n");
  for (const int signal : {SIGINT, SIGTERM}) {
    // No variable says where the stores are: a copy that runs is asked, and nobody else.
    ChildProcess status({Copier::kProgram, {"status", "--wait", "--config", file}, {}});
    ASSERT_TRUE(status.wait_for_line("status: waiting: ", kPatience)) << status.output();
    status.signal(signal);
    EXPECT_EQ(status.wait(kPatience), (ExitStatus{1, 0})) << status.output();
    EXPECT_NE(status.output().find("'$ce-hero' (group 'copy')"), std::string::npos)
        << "what is true by then: " << status.output();
    EXPECT_NE(status.output().find("ended by a signal"), std::string::npos) << status.output();
  }
  EXPECT_EQ(run({"health", "--config", file}).code, 0);
  copier->signal(SIGSTOP);
  for (const char* command : {"health", "status"}) {
    ChildProcess ask({Copier::kProgram, {command, "--config", file}, {}});
    ASSERT_TRUE(ask.wait_for_line(std::string(command) + ": asking 127.0.0.1:" + port, kPatience)) << ask.output();
    ask.signal(SIGINT);
    EXPECT_EQ(ask.wait(kPatience), (ExitStatus{1, 0})) << ask.output();
    EXPECT_NE(ask.output().find("ended by a signal"), std::string::npos) << ask.output();
  }
  copier->signal(SIGCONT);
}

TEST_P(LongWorkTest, VariablesMayComeFromAFile) {
  const std::string file = folder_ + "/copy.env";
  std::string text = "# the stores\n";
  for (const auto& [name, value] : both()) text += name + "=\"" + value + "\"\n";
  std::ofstream(file) << text;
  const Result well = run({"check", "--config", configuration_file(), "--env-file", file},
                          {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", "of the environment"}});
  EXPECT_EQ(well.code, 0) << well.output;
  std::ofstream(file) << text << "hush-hush\n";
  const Result wrong = run({"check", "--config", config(), "--env-file", file});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.output.find("--env-file: " + file + ":"), std::string::npos) << wrong.output;
  EXPECT_NE(wrong.output.find("there is no '='"), std::string::npos) << wrong.output;
  EXPECT_EQ(wrong.output.find("hush"), std::string::npos) << wrong.output;
  const Result none = run({"check", "--config", config(), "--env-file", file + ".none"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.output.find(file + ".none cannot be read: No such file or directory"), std::string::npos)
      << none.output;
}

INSTANTIATE_TEST_SUITE_P(Directions, LongWorkTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

}  // namespace
}  // namespace interconnect::testing
