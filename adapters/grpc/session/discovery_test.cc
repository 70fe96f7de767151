#include "adapters/grpc/session/discovery.h"

#include <gtest/gtest.h>

#include "adapters/grpc/wire/status.h"

namespace interconnect::next {
namespace {

const Endpoint kOne{"one", 1};
const Endpoint kTwo{"two", 2};
const Endpoint kThree{"three", 3};

std::vector<ClusterMember> a_cluster() {
  return {{kOne, NodeState::kFollower, true},
          {kTwo, NodeState::kLeader, true},
          {kThree, NodeState::kReadOnlyReplica, true},
          {{"dead", 4}, NodeState::kLeader, false},
          {{"starting", 5}, NodeState::kOther, true}};
}

Discovery::Search two_hosts() {
  Discovery::Search search;
  search.hosts = {kOne, kTwo};
  search.rounds = 2;
  search.interval = std::chrono::milliseconds(100);
  return search;
}

std::vector<Endpoint> nodes(const std::vector<ClusterMember>& members, NodePreference preference,
                            std::uint64_t draw = 0) {
  return nodes_to_try(members, preference, std::nullopt, draw);
}

StoreError error_of(std::string message) { return {ErrorKind::kUnavailable, std::move(message)}; }

TEST(NodesToTryTest, ThePreferredKindComesFirst) {
  EXPECT_EQ(nodes(a_cluster(), NodePreference::kLeader), (std::vector{kTwo, kOne, kThree}));
  EXPECT_EQ(nodes(a_cluster(), NodePreference::kFollower), (std::vector{kOne, kTwo, kThree}));
  EXPECT_EQ(nodes(a_cluster(), NodePreference::kReadOnlyReplica), (std::vector{kThree, kTwo, kOne}));
}

TEST(NodesToTryTest, TheNodeJustLostComesLast) {
  EXPECT_EQ(nodes_to_try(a_cluster(), NodePreference::kLeader, kTwo, 0), (std::vector{kOne, kThree, kTwo}));
}

TEST(NodesToTryTest, ByChanceOnlyAmongThoseThatServe) {
  std::vector<Endpoint> first;
  for (std::uint64_t draw = 0; draw < 6; ++draw) {
    first.push_back(nodes(a_cluster(), NodePreference::kRandom, draw).front());
  }
  EXPECT_EQ(first, (std::vector{kOne, kTwo, kThree, kOne, kTwo, kThree}));
}

TEST(DiscoveryTest, AsksOneHostAfterTheOther) {
  Discovery discovery(two_hosts());
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.start()).host, kOne);
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.failed(error_of("refused"), {})).host, kTwo);
  EXPECT_EQ(std::get<Discovery::Try>(discovery.answered(a_cluster(), {})).node, kTwo);
}

TEST(DiscoveryTest, WaitsBetweenRoundsAndGivesUpWithTheLastReason) {
  Discovery discovery(two_hosts());
  discovery.start();
  discovery.failed(error_of("refused"), {});
  EXPECT_EQ(std::get<Discovery::Wait>(discovery.failed(error_of("refused"), {})).duration, two_hosts().interval);
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.waited({})).host, kOne);
  discovery.failed(error_of("refused"), {});
  const auto given_up = std::get<Discovery::GiveUp>(discovery.failed(error_of("no route"), {}));
  EXPECT_NE(given_up.error.message.find("two:2: no route"), std::string::npos);
}

TEST(DiscoveryTest, ARefusalOfTheCredentialsIsTheReasonWhateverFollowsInTheRound) {
  Discovery::Search search = two_hosts();
  search.rounds = 1;
  Discovery discovery(search);
  discovery.start();
  discovery.failed({ErrorKind::kNotAuthenticated, "wrong password"}, {});
  const auto given_up = std::get<Discovery::GiveUp>(discovery.failed(error_of("no route"), {}));
  EXPECT_EQ(given_up.error.kind, ErrorKind::kNotAuthenticated);
  EXPECT_NE(given_up.error.message.find("one:1: wrong password"), std::string::npos);
}

TEST(DiscoveryTest, TheReasonNamesEachNodeAndBeginsWithTheMostTellingOne) {
  Discovery::Search search = two_hosts();
  search.hosts = {kOne, kTwo, kThree};
  Discovery discovery(search);
  discovery.start();
  CallStatus status;
  status.code = kStatusUnavailable;
  status.message = "wrong version number";
  const StoreError no_tls = to_store_error(status, "gossip");
  discovery.failed(error_of("refused"), {});
  discovery.failed(no_tls, {});
  const StoreError starting{ErrorKind::kNotReady, "starting"};
  ASSERT_TRUE(std::holds_alternative<Discovery::Wait>(discovery.failed(starting, {})));
  EXPECT_EQ(discovery.reason().message, "two:2: " + no_tls.message + "; three:3: starting; one:1: refused");
  EXPECT_EQ(discovery.reason().kind, no_tls.kind);
  discovery.waited({});
  EXPECT_EQ(discovery.reason().message, "") << "each round begins anew";
}

TEST(DiscoveryTest, OfOneNodesReasonsTheMostTellingStays) {
  Discovery discovery(two_hosts());
  discovery.start();
  discovery.answered(a_cluster(), {});
  discovery.refused(kTwo, {ErrorKind::kNotReady, "starting"}, std::nullopt, {});
  discovery.refused(kTwo, error_of("refused"), std::nullopt, {});
  EXPECT_EQ(discovery.reason().message, "two:2: starting");
}

TEST(DiscoveryTest, DoesNotGiveUpBeforeItsTime) {
  using std::chrono::seconds;
  Discovery::Search search = two_hosts();
  search.hosts = {kOne};
  search.rounds = 1;
  search.not_before = seconds(5);
  Discovery discovery(search);
  discovery.start();
  EXPECT_TRUE(std::holds_alternative<Discovery::Wait>(discovery.failed(error_of("refused"), seconds(4))));
  discovery.waited(seconds(4));
  EXPECT_TRUE(std::holds_alternative<Discovery::GiveUp>(discovery.failed(error_of("refused"), seconds(5))));
}

TEST(DiscoveryTest, AClusterWithoutAServingNodeIsAFailure) {
  Discovery discovery(two_hosts());
  discovery.start();
  const std::vector<ClusterMember> starting{{kOne, NodeState::kOther, true}};
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.answered(starting, {})).host, kTwo);
}

TEST(DiscoveryTest, ANodeThatRefusesIsFollowedByTheNextAndByTheOneItNames) {
  Discovery discovery(two_hosts());
  discovery.start();
  discovery.answered(a_cluster(), {});
  const Endpoint named{"named", 9};
  EXPECT_EQ(std::get<Discovery::Try>(discovery.refused(kTwo, error_of("no"), named, {})).node, named);
  EXPECT_EQ(std::get<Discovery::Try>(discovery.refused(named, error_of("no"), kTwo, {})).node, kOne);
}

}  // namespace
}  // namespace interconnect::next
