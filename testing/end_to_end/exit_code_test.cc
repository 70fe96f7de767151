// How the program ends, as a supervisor sees it: the exit code, and one clear last line.

#include <csignal>
#include <string>

#include "testing/end_to_end/fixture.h"

namespace interconnect::testing {
namespace {

// So seldom that only the events tell how the destination is.
const Variables kWriterRule{{kWriterTimeout, "500"}, {kLinkCheckInterval, "600000"}};
// No event is on its way, so only the link check tells.
const Variables kLinkRule{{kWriterTimeout, "400"}, {kLinkCheckInterval, "100"}};

::testing::AssertionResult says_last(const Copier& copier, const std::string& part) {
  if (copier.last_line().find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the last line is: " << copier.last_line();
}

class ExitCodeTest : public EndToEndTest {
 protected:
  std::unique_ptr<Copier> start_and_copy(const Variables& variables) {
    source.load("hero-", 3, 30);
    auto copier = start(configuration(), variables);
    EXPECT_TRUE(eventually([&] { return is_all_acknowledged(); }));
    return copier;
  }
};

TEST_P(ExitCodeTest, ZeroWhenAskedToStop) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto copier = start(configuration());
    ASSERT_TRUE(copier->says("subscribed to"));
    copier->signal(signal);
    EXPECT_EQ(copier->exit_code(), 0);
    EXPECT_TRUE(says_last(*copier, "asked to stop"));
  }
}

// As `timeout` sends it, to the process and to its group.
TEST_P(ExitCodeTest, TheSameSignalTwiceAtOnceIsOneRequest) {
  const auto copier = start_and_copy(kWriterRule);
  destination.misbehave(R"({"answerDelayMs":200})");
  source.load("hero-", 3, 30);
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).outstanding > 0; }));
  copier->signal(SIGTERM);
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
  EXPECT_FALSE(says_last(*copier, "asked to stop at once"));
}

TEST_P(ExitCodeTest, ZeroWhenAskedToStopThoughNobodyAnswers) {
  const auto copier = start_and_copy(kWriterRule);
  destination.freeze();
  source.load("hero-", 3, 30);
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).outstanding > 0; }));
  source.freeze();
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
}

TEST_P(ExitCodeTest, OneWhenTheDestinationDoesNotAnswerAWrite) {
  const auto copier = start_and_copy(kWriterRule);
  destination.freeze();
  source.load("hero-", 3, 30);
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_TRUE(says_last(*copier, "cannot write event"));
  destination.thaw();
  // What it left behind comes again, and whether it was written is found out.
  const auto next = start(configuration());
  ASSERT_TRUE(eventually([&] { return destination_count() >= 60 && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(ExitCodeTest, OneWhenTheDestinationDoesNotAnswerTheLinkCheck) {
  const auto copier = start_and_copy(kLinkRule);
  destination.freeze();
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_TRUE(says_last(*copier, "destination"));
}

TEST_P(ExitCodeTest, OneWhenTheSourceDoesNotAnswerTheLinkCheck) {
  const auto copier = start_and_copy(kLinkRule);
  source.freeze();
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_TRUE(says_last(*copier, "source"));
}

TEST_P(ExitCodeTest, OneWhenTheDestinationIsGone) {
  const auto copier = start_and_copy(kLinkRule);
  destination.kill();
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_TRUE(says_last(*copier, "destination"));
}

INSTANTIATE_TEST_SUITE_P(Directions, ExitCodeTest, all_directions(), name_of);

class RefusalTest : public EndToEndTest {};

TEST_P(RefusalTest, ThreeForAWrongPasswordOfTheSource) {
  const auto copier =
      start(configuration(), {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", "wrong-1234"}, {kWriterTimeout, "500"}});
  EXPECT_EQ(copier->exit_code(), 3);
  EXPECT_TRUE(says_last(*copier, "source"));
  EXPECT_EQ(copier->output().find("wrong-1234"), std::string::npos);
}

TEST_P(RefusalTest, ThreeForAWrongPasswordOfTheDestination) {
  source.load("hero-", 3, 30);
  const auto copier =
      start(configuration(), {{"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_DST", "wrong-1234"}, {kWriterTimeout, "500"}});
  EXPECT_EQ(copier->exit_code(), 3);
  EXPECT_TRUE(says_last(*copier, "refused the credentials"));
  EXPECT_EQ(copier->output().find("wrong-1234"), std::string::npos);
  EXPECT_EQ(destination_count(), 0);
}

// The next generation asks for passwords over TLS only.
INSTANTIATE_TEST_SUITE_P(Directions, RefusalTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kLegacy}), name_of);

TEST(WrongConfiguration, IsRefusedWithEveryProblem) {
  Copier copier({{"EVENTSTORE_INTERCO_HTTP_PORT_SRC", "no port"},
                 {"EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC", "http://localhost"},
                 {"EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC", Store::kPassword},
                 {"EVENTSTORE_INTERCO_CONNECTION_STRING_DST", std::string("esdb://admin:") + Store::kPassword + "@"},
                 {"EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS", "-1"},
                 {"CONNECTION_LINK_CHECK_INTERVAL_IN_MS", "soon"}},
                "subscriptions: [{stream: s, gruop: g}]\nevents: []\nonLinkFailure: panic\n");
  EXPECT_EQ(copier.exit_code(), 2);
  for (const char* problem :
       {"EVENTSTORE_INTERCO_HTTP_PORT_SRC", "EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC",
        "EVENTSTORE_INTERCO_CONNECTION_STRING_DST", "EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS",
        "CONNECTION_LINK_CHECK_INTERVAL_IN_MS", "gruop", "group", "events", "onLinkFailure", "yaml:1:"}) {
    EXPECT_NE(copier.output().find(problem), std::string::npos) << problem;
  }
}

TEST(WrongConfiguration, IsRefusedWithoutAnything) {
  Copier copier({}, "");
  EXPECT_EQ(copier.exit_code(), 2);
}

}  // namespace
}  // namespace interconnect::testing
