// Nothing is lost, doubled or out of order when the copier goes and comes back.

#include <csignal>
#include <string>

#include "testing/end_to_end/fixture.h"

namespace interconnect::testing {
namespace {

class RestartTest : public EndToEndTest {
 protected:
  // So slow that there is time to end the copier in the middle.
  void slow_down() { destination.misbehave(R"({"delayPerAppendMs":2})"); }
  static std::string small_appends() { return configuration("destination: {maxAppendEvents: 5}"); }
};

TEST_P(RestartTest, TheSameGroupCopiesNothingTwice) {
  source.load("hero-", 7, 300);
  for (int run = 0; run < 2; ++run) {
    const auto copier = start(configuration());
    ASSERT_TRUE(copier->says("subscribed to"));
    ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
    copier->signal(SIGTERM);
    EXPECT_EQ(copier->exit_code(), 0);
    expect_copied();
  }
}

TEST_P(RestartTest, AFreshGroupOnAFullDestinationDoublesNothing) {
  source.load("hero-", 7, 1'000);
  const auto first = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  first->signal(SIGTERM);
  ASSERT_EQ(first->exit_code(), 0);
  source.load("hero-", 7, 100);

  const auto second = start(configuration("", "fresh"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged("fresh"); }));
  expect_copied();
}

TEST_P(RestartTest, AskedToStopInMidCopyItSettlesWhatIsInFlight) {
  constexpr int kEvents = 2'000;
  source.load("hero-", 10, kEvents);
  slow_down();
  const auto first = start(small_appends());
  ASSERT_TRUE(eventually([&] { return destination_count() > kEvents / 10; }));
  first->signal(SIGTERM);
  EXPECT_EQ(first->exit_code(), 0);
  EXPECT_LT(destination_count(), kEvents);
  // All that was written was confirmed, and counted.
  EXPECT_NE(first->output().find("copied " + std::to_string(destination_count())), std::string::npos);

  destination.misbehave(R"({"reset":true})");
  const auto second = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() >= kEvents; }));
  second->signal(SIGTERM);
  EXPECT_EQ(second->exit_code(), 0);
  // What was confirmed was acknowledged, so it does not come again. Over gRPC the server may lose an acknowledgement
  // that it had not read when the call ended.
  if (GetParam().from == Generation::kLegacy) {
    EXPECT_EQ(second->output().find("already present"), std::string::npos);
  }
  expect_copied();
}

TEST_P(RestartTest, KilledInMidCopyNothingIsLostDoubledOrOutOfOrder) {
  constexpr int kEvents = 3'000;
  constexpr int kKills = 5;
  source.load("hero-", 10, kEvents);
  slow_down();
  for (int kill = 1; kill <= kKills; ++kill) {
    const auto copier = start(small_appends());
    ASSERT_TRUE(eventually([&] { return destination_count() >= kill * kEvents / (kKills + 1); }));
    copier->signal(SIGKILL);
    EXPECT_EQ(copier->exit_code(), -1);
  }
  EXPECT_LT(destination_count(), kEvents);
  const auto last = start(configuration());
  ASSERT_TRUE(eventually([&] { return destination_count() >= kEvents && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(RestartTest, LostConnectionsLoseNothing) {
  constexpr int kEvents = 2'000;
  source.load("hero-", 10, kEvents);
  slow_down();
  const auto copier = start(small_appends());
  for (int cut = 1; cut <= 3; ++cut) {
    ASSERT_TRUE(eventually([&] { return destination_count() >= cut * kEvents / 4; }));
    (cut == 2 ? source : destination).misbehave(R"({"cutConnections":true})");
  }
  ASSERT_TRUE(eventually([&] { return destination_count() >= kEvents && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(RestartTest, FollowsTheLeader) {
  Store leader(GetParam().to);
  const std::string port = std::to_string(leader.http_port());
  destination.misbehave(R"({"notLeader":{"host":"127.0.0.1","tcpPort":)" + std::to_string(leader.tcp_port()) +
                        R"(,"httpPort":)" + port + "}}");
  source.load("hero-", 5, 100);
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && leader.count("hero-") >= 100; }));
  EXPECT_EQ(leader.count("hero-"), 100);
  EXPECT_EQ(destination_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Directions, RestartTest, all_directions(), name_of);

class StoreRestartTest : public EndToEndTest {
 protected:
  StoreRestartTest() : EndToEndTest({kJournal}) {}

  // Kills the store in the middle of the copy, twice.
  void copy_while_it_restarts(Store& store) {
    constexpr int kEvents = 2'000;
    source.load("hero-", 10, kEvents);
    destination.misbehave(R"({"delayPerAppendMs":2})");
    const auto copier =
        start(configuration("onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n"
                            "source: {reconnection: {delay: 50}}\n"
                            "destination: {maxAppendEvents: 5, reconnection: {delay: 50}}"));
    for (int restart = 1; restart <= 2; ++restart) {
      ASSERT_TRUE(eventually([&] { return destination_count() >= restart * kEvents / 4; }));
      store.kill();
      store.start_again();
    }
    ASSERT_TRUE(eventually([&] {
      const GroupState state = source.group(kStream, kGroup);
      return destination_count() >= kEvents && state.consumers == 1 && state.outstanding == 0;
    }));
    EXPECT_TRUE(copier->is_running());
    expect_copied();
  }
};

TEST_P(StoreRestartTest, ARestartedDestinationHasEverythingOnce) { copy_while_it_restarts(destination); }
TEST_P(StoreRestartTest, ARestartedSourceHasEverythingCopiedOnce) { copy_while_it_restarts(source); }

INSTANTIATE_TEST_SUITE_P(Directions, StoreRestartTest, all_directions(), name_of);

}  // namespace
}  // namespace interconnect::testing
