#include "app/commands/init_answers.h"

#include <sstream>
#include <tuple>

#include "adapters/env_config/environment_file.h"
#include "app/configuration/read_settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class NoEnvironment final : public Environment {
 public:
  std::optional<std::string> get(std::string_view) const override { return std::nullopt; }
};

// What a file of variables says, as --env-file sets it.
class FileEnvironment final : public Environment {
 public:
  explicit FileEnvironment(const std::string& text) {
    auto read = parse_environment_file(text);
    if (const auto* error = std::get_if<EnvironmentFileError>(&read)) ADD_FAILURE() << error->line << error->what;
    if (auto* file = std::get_if<EnvironmentFile>(&read)) variables_ = std::move(*file);
  }
  std::optional<std::string> get(std::string_view variable) const override {
    for (const auto& [name, value] : variables_) {
      if (name == variable) return value;
    }
    return std::nullopt;
  }

 private:
  EnvironmentFile variables_;
};

Settings read(const InitAnswers& answers, const std::string& configuration) {
  auto result = read_settings_text(FileEnvironment(environment_text(answers)), "c.yaml", configuration);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&result)) {
    ADD_FAILURE() << errors->message() << "\n" << configuration;
    return {};
  }
  return std::get<Settings>(std::move(result));
}
Settings read(const InitAnswers& answers) { return read(answers, configuration_text(answers, "c.yaml", "c.env")); }

// With the defaults that are behind #.
std::string uncommented(const std::string& text) {
  std::istringstream lines(text);
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const bool is_prose = line.find("##") != std::string::npos;
    all += (is_prose ? "" : line.starts_with("# ") ? line.substr(2) : line) + "\n";
  }
  return all;
}

const StoreAnswers kTcp{
    .url = "http://old.example:2114", .tcp_port = "1115", .user = "ops", .password = "it's \"x\" $y"};
const StoreAnswers kTcpWithFile{.url = "https://old.example", .user = "ops", .password_file = "/etc/passwd"};
const StoreAnswers kTcpOfNobody{.url = "http://a.example,b.example"};
const StoreAnswers kGrpc{.url = "esdb://u:p%40@new.example:2113?tls=false"};
const StoreAnswers kGrpcWithUser{
    .url = "esdb+discover://new.example:2113?tlsVerifyCert=false", .user = "admin", .password = "p"};

TEST(InitAnswersTest, WhatIsWrittenIsTakenWhateverTheAnswers) {
  const std::vector<std::string> names = {"$ce-hero", "$ce-a b", "orders",   "true", "123", "~",     "*",
                                          "a: b # c", "it's",    "\"q\" \\", "ünï",  "- x", "$et-x", "null",
                                          "a\tb",     "[x]",     "%x",       "@x",   " x "};
  int combinations = 0;
  for (const StoreAnswers& source : {kTcp, kTcpWithFile, kTcpOfNobody, kGrpc, kGrpcWithUser}) {
    for (const StoreAnswers& destination : {kTcp, kTcpWithFile, kTcpOfNobody, kGrpc, kGrpcWithUser}) {
      for (const std::optional<std::uint16_t> port :
           {std::optional<std::uint16_t>(9090), std::optional<std::uint16_t>()}) {
        for (std::size_t n = 0; n < names.size(); ++n) {
          const std::string& other = names[(n + 1) % names.size()];
          const InitAnswers answers{.source = source,
                                    .destination = destination,
                                    .streams = {names[n], other},
                                    .group = names[(n + 2) % names.size()],
                                    .types = {names[n], other},
                                    .http_port = port};
          const Settings settings = read(answers);
          ASSERT_EQ(settings.subscriptions.size(), 2u);
          EXPECT_EQ(settings.subscriptions[0].stream, names[n]);
          EXPECT_EQ(settings.subscriptions[1].stream, other);
          EXPECT_EQ(settings.subscriptions[1].group, answers.group);
          ASSERT_EQ(settings.allowed_types.size(), 2u);
          EXPECT_EQ(settings.allowed_types[0].pattern, names[n]);
          EXPECT_EQ(settings.monitoring.http.has_value(), port.has_value());
          if (port) {
            EXPECT_EQ(settings.monitoring.http->port, *port);
          }
          EXPECT_EQ(std::holds_alternative<LegacyStoreSettings>(settings.source), source.is_tcp());
          EXPECT_EQ(std::holds_alternative<LegacyStoreSettings>(settings.destination), destination.is_tcp());
          // The defaults that it shows are those of the program, and none is refused.
          const Settings with_defaults = read(answers, uncommented(configuration_text(answers, "c.yaml", "c.env")));
          EXPECT_EQ(with_defaults.subscriptions, settings.subscriptions);
          EXPECT_EQ(with_defaults.copier, settings.copier);
          EXPECT_EQ(with_defaults.on_link_failure, settings.on_link_failure);
          ++combinations;
        }
      }
    }
  }
  EXPECT_EQ(combinations, 5 * 5 * 2 * 19);
}

TEST(InitAnswersTest, TheStoresAreThoseOfTheAnswers) {
  InitAnswers answers{.source = kTcp, .destination = kGrpcWithUser, .streams = {"a"}, .types = {"*"}};
  const Settings settings = read(answers);
  const auto& source = std::get<LegacyStoreSettings>(settings.source);
  EXPECT_EQ(source.http, (Endpoint{"old.example", 2114}));
  EXPECT_EQ(source.tcp, (Endpoint{"old.example", 1115}));
  EXPECT_EQ(source.credentials, (Credentials{"ops", "it's \"x\" $y"}));
  const auto& destination = std::get<GrpcStoreSettings>(settings.destination);
  EXPECT_TRUE(destination.discover);
  EXPECT_EQ(destination.credentials, (Credentials{"admin", "p"}));
}

TEST(InitAnswersTest, NoSecretIsInTheConfiguration) {
  const InitAnswers answers{.source = kTcp, .destination = kGrpc, .streams = {"a"}, .types = {"*"}};
  const std::string text = configuration_text(answers, "c.yaml", "c.env");
  EXPECT_THAT(text, Not(HasSubstr("$y")));
  EXPECT_THAT(text, Not(HasSubstr("p%40")));
}

TEST(InitAnswersTest, TheConfigurationIsCommented) {
  const InitAnswers answers{.source = kTcp, .destination = kGrpc, .streams = {"$ce-hero"}, .types = {"Hero*"}};
  const std::string text = configuration_text(answers, "c.yaml", "c.env");
  EXPECT_THAT(text, HasSubstr("interconnect check --config c.yaml --env-file c.env"));
  EXPECT_THAT(text, HasSubstr("\n  - stream: $ce-hero\n    group: interconnect\n#     bufferSize: 4096 "));
  EXPECT_THAT(text, HasSubstr("\n  - type: \"Hero*\"\n##"));
  EXPECT_THAT(text, HasSubstr("\nhttp:\n"));
  EXPECT_THAT(text, HasSubstr("\n# onLinkFailure: exit\n"));
  EXPECT_THAT(text.substr(text.find("# source:")), HasSubstr("heartbeat:"));
  EXPECT_THAT(text.substr(text.find("# destination:")), Not(HasSubstr("heartbeat:"))) << "gRPC has none in the file";
  EXPECT_THAT(text, Not(HasSubstr("Example1Event")));
}

TEST(InitAnswersTest, AProblemIsToldWithoutItsPlace) {
  EXPECT_EQ(problem_of_store(kTcp, Store::kSource), std::nullopt);
  EXPECT_EQ(problem_of_store(kGrpc, Store::kDestination), std::nullopt);
  for (const char* url : {"", "old.example", "old.example:2113", "tcp://old.example:1113"}) {
    EXPECT_THAT(problem_of_store({.url = url}, Store::kSource).value_or("none"), HasSubstr("esdb://")) << url;
  }
  EXPECT_THAT(problem_of_store({.url = "http://a b"}, Store::kSource).value_or("none"),
              testing::StartsWith("no endpoint"));
  EXPECT_THAT(problem_of_store({.url = "esdb://"}, Store::kDestination).value_or("none"),
              testing::StartsWith("at character"));
  EXPECT_EQ(problem_of_stream({"a", "b"}), std::nullopt);
  EXPECT_THAT(problem_of_stream({"$all"}).value_or("none"), testing::StartsWith("reading $all through"));
  EXPECT_THAT(problem_of_type({"$streamDeleted"}).value_or("none"), testing::StartsWith("$streamDeleted records"));
  EXPECT_EQ(problem_of_type({"*"}), std::nullopt);
  EXPECT_EQ(problem_of_group("a b"), std::nullopt);
  EXPECT_THAT(problem_of_group("").value_or("none"), testing::StartsWith("must be text"));
}

TEST(InitAnswersTest, VariablesOfOtherStoresDoNotCount) {
  class Others final : public Environment {
   public:
    std::optional<std::string> get(std::string_view variable) const override { return std::string(variable); }
  };
  const Others others;
  InitAnswers answers{.source = kGrpc, .destination = kGrpc};
  const EnvironmentOfAnswers environment(answers, others);
  EXPECT_EQ(environment.get("EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC"), std::nullopt);
  EXPECT_EQ(environment.get("EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_DST_FILE"), std::nullopt);
  EXPECT_EQ(environment.get("EVENTSTORE_INTERCO_CONNECTION_STRING_SRC"), kGrpc.url);
  EXPECT_EQ(environment.get("CONNECTION_LINK_CHECK_INTERVAL_IN_MS"), "CONNECTION_LINK_CHECK_INTERVAL_IN_MS");
}

}  // namespace
}  // namespace interconnect
