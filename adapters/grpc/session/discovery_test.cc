#include "adapters/grpc/session/discovery.h"

#include <gtest/gtest.h>

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

GrpcStoreSettings two_hosts() {
  GrpcStoreSettings settings;
  settings.hosts = {kOne, kTwo};
  settings.max_discover_attempts = 2;
  return settings;
}

TEST(ChooseNodeTest, ThePreferredKindWins) {
  EXPECT_EQ(choose_node(a_cluster(), NodePreference::kLeader, 0), kTwo);
  EXPECT_EQ(choose_node(a_cluster(), NodePreference::kFollower, 0), kOne);
  EXPECT_EQ(choose_node(a_cluster(), NodePreference::kReadOnlyReplica, 0), kThree);
}

TEST(ChooseNodeTest, ElseTheLeaderElseAFollower) {
  auto cluster = a_cluster();
  cluster[2].alive = false;
  EXPECT_EQ(choose_node(cluster, NodePreference::kReadOnlyReplica, 0), kTwo);
  cluster[1].alive = false;
  EXPECT_EQ(choose_node(cluster, NodePreference::kReadOnlyReplica, 0), kOne);
  cluster[0].alive = false;
  EXPECT_EQ(choose_node(cluster, NodePreference::kReadOnlyReplica, 0), std::nullopt);
}

TEST(ChooseNodeTest, ByChanceOnlyAmongThoseThatServe) {
  std::vector<Endpoint> chosen;
  for (std::uint64_t draw = 0; draw < 6; ++draw) {
    chosen.push_back(*choose_node(a_cluster(), NodePreference::kRandom, draw));
  }
  EXPECT_EQ(chosen, (std::vector{kOne, kTwo, kThree, kOne, kTwo, kThree}));
}

TEST(DiscoveryTest, AsksOneHostAfterTheOther) {
  Discovery discovery(two_hosts(), 0);
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.start()).host, kOne);
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.failed("refused")).host, kTwo);
  EXPECT_EQ(std::get<Discovery::Use>(discovery.answered(a_cluster())).node, kTwo);
}

TEST(DiscoveryTest, WaitsBetweenRoundsAndGivesUpWithTheLastReason) {
  const GrpcStoreSettings settings = two_hosts();
  Discovery discovery(settings, 0);
  discovery.start();
  discovery.failed("refused");
  EXPECT_EQ(std::get<Discovery::Wait>(discovery.failed("refused")).duration, settings.discovery_interval);
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.waited()).host, kOne);
  discovery.failed("refused");
  const auto given_up = std::get<Discovery::GiveUp>(discovery.failed("no route"));
  EXPECT_NE(given_up.message.find("two:2: no route"), std::string::npos);
}

TEST(DiscoveryTest, AClusterWithoutAServingNodeIsAFailure) {
  Discovery discovery(two_hosts(), 0);
  discovery.start();
  const std::vector<ClusterMember> starting{{kOne, NodeState::kOther, true}};
  EXPECT_EQ(std::get<Discovery::AskGossip>(discovery.answered(starting)).host, kTwo);
}

}  // namespace
}  // namespace interconnect::next
