#include "adapters/grpc/session/node_connection.h"

#include <gtest/gtest.h>

#include <functional>

#include "adapters/grpc/wire/status.h"

namespace interconnect::next {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const Endpoint kA{"a", 1};
const Endpoint kB{"b", 2};
const Endpoint kC{"c", 3};
const StoreError kCut{ErrorKind::kUnavailable, "cut"};
const StoreError kNoLeader{ErrorKind::kNotReady, "not the leader"};
const StoreError kWrongPassword{ErrorKind::kNotAuthenticated, "wrong password"};

NodeConnection::Settings lone_host() {
  NodeConnection::Settings settings;
  settings.hosts = {kA};
  settings.discovery_interval = 100ms;
  settings.gossip_timeout = 5s;
  settings.operation_timeout = 5s;
  settings.reconnection = {.max_attempts = -1, .delay = 10s};
  return settings;
}

NodeConnection::Settings cluster() {
  NodeConnection::Settings settings = lone_host();
  settings.hosts = {kA, kB, kC};
  settings.discover = true;
  return settings;
}

std::vector<ClusterMember> led_by(const std::optional<Endpoint>& leader, const std::vector<Endpoint>& dead = {}) {
  std::vector<ClusterMember> members;
  for (const Endpoint& node : {kA, kB, kC}) {
    const bool is_dead = std::find(dead.begin(), dead.end(), node) != dead.end();
    members.push_back({node, node == leader ? NodeState::kLeader : NodeState::kFollower, !is_dead});
  }
  return members;
}

// A connection, the time, and what it wants done, as lines. Questions are answered by the last number.
class Script {
 public:
  explicit Script(NodeConnection::Settings settings) : connection_(std::move(settings)) {}

  Lines start() {
    return told([&](auto& actions) { connection_.start(now_, actions); });
  }
  Lines gossip(const std::vector<ClusterMember>& members) {
    return told([&](auto& actions) { connection_.gossip_answered(question_, members, now_, actions); });
  }
  Lines gossip_aside(const std::vector<ClusterMember>& members) {
    return told([&](auto& actions) { connection_.gossip_answered(suspicion_, members, now_, actions); });
  }
  Lines no_gossip_aside() {
    return told([&](auto& actions) { connection_.gossip_failed(suspicion_, kCut, now_, actions); });
  }
  Lines no_gossip(const StoreError& error = kCut) {
    return told([&](auto& actions) { connection_.gossip_failed(question_, error, now_, actions); });
  }
  Lines serves() { return answer(std::nullopt); }
  Lines refuses(const StoreError& error = kCut) { return answer(error); }
  Lines answer(const std::optional<StoreError>& error) { return answer_to(question_, error); }
  Lines answer_to(std::uint64_t question, const std::optional<StoreError>& error) {
    return told([&](auto& actions) { connection_.node_answered(question, error, now_, actions); });
  }
  Lines cut() {
    return told([&](auto& actions) { connection_.connection_lost(kCut, now_, actions); });
  }
  Lines not_leader(const std::optional<Endpoint>& hint) {
    return told([&](auto& actions) { connection_.not_leader(hint, kNoLeader, now_, actions); });
  }
  Lines seek() {
    return told([&](auto& actions) { connection_.seek_leader(kNoLeader, now_, actions); });
  }
  Lines suspect() {
    return told([&](auto& actions) { connection_.suspect(now_, actions); });
  }
  Lines call_refused() {
    return told([&](auto& actions) { connection_.call_refused(now_, actions); });
  }
  Lines tick() {
    return told([&](auto& actions) { connection_.tick(now_, actions); });
  }
  void wait(Duration time) { now_ += time; }
  // To the next deadline.
  Lines pass() {
    const auto next = connection_.next_deadline();
    if (next) now_ = std::max(now_, *next);
    return tick();
  }

  const NodeConnection& connection() const { return connection_; }
  Time now() const { return now_; }
  std::uint64_t question() const { return question_; }
  Duration connect_within() const { return connect_within_; }

 private:
  template <typename Input>
  Lines told(Input input) {
    NodeConnection::Actions actions;
    input(actions);
    Lines lines;
    for (const auto& action : actions) lines.push_back(text_of(action));
    return lines;
  }

  std::string text_of(const NodeConnection::Action& action) {
    if (const auto* ask = std::get_if<NodeConnection::AskGossip>(&action)) {
      const bool is_aside = connection_.node().has_value();
      (is_aside ? suspicion_ : question_) = ask->question;
      return (is_aside ? "ask about it " : "ask ") + ask->host.host;
    }
    if (const auto* use = std::get_if<NodeConnection::Use>(&action)) {
      connect_within_ = use->connect_within;
      return "use " + use->node.host;
    }
    if (const auto* ask = std::get_if<NodeConnection::AskNode>(&action)) {
      question_ = ask->question;
      return "try";
    }
    if (std::holds_alternative<NodeConnection::Leave>(action)) return "leave";
    if (const auto* connected = std::get_if<NodeConnection::Connected>(&action)) {
      if (!connected->former) return "connected";
      return "connected, no longer at " + connected->former->host + ": " + connected->why;
    }
    if (std::holds_alternative<NodeConnection::RoundFailed>(action)) return "rest";
    if (const auto* failed = std::get_if<NodeConnection::Failed>(&action)) return "failed: " + failed->error.message;
    if (const auto* lost = std::get_if<NodeConnection::Lost>(&action)) return "lost: " + lost->error.message;
    return "repaired: " + std::get<NodeConnection::Repaired>(action).fault;
  }

  NodeConnection connection_;
  Time now_ = 100s;
  std::uint64_t question_ = 0;
  std::uint64_t suspicion_ = 0;
  Duration connect_within_{};
};

TEST(NodeConnectionTest, ALoneHostIsTriedWithoutGossip) {
  Script script(lone_host());
  EXPECT_EQ(script.start(), (Lines{"use a", "try"}));
  EXPECT_EQ(script.serves(), Lines{"connected"});
  EXPECT_EQ(script.connection().next_deadline(), std::nullopt);
}

TEST(NodeConnectionTest, ALoneHostThatRestartsIsTriedAgainSoon) {
  Script script(lone_host());
  script.start();
  script.serves();
  EXPECT_EQ(script.cut(), (Lines{"leave", "failed: a:1: cut"}));
  const Time lost_at = script.now();
  EXPECT_EQ(script.pass(), (Lines{"use a", "try"}));
  EXPECT_EQ(script.now(), lost_at + 20ms);
  Time before = script.now();
  while (script.now() < lost_at + 5s) {
    EXPECT_LE(script.now() - before, 500ms);
    before = script.now();
    EXPECT_EQ(script.refuses(), (Lines{"leave", "failed: a:1: cut"}));
    EXPECT_EQ(script.pass(), (Lines{"use a", "try"}));
  }
  script.refuses();
  before = script.now();
  script.pass();
  EXPECT_EQ(script.now(), before + 10s);
  EXPECT_EQ(script.serves(), Lines{"connected"});
}

TEST(NodeConnectionTest, ALoneHostThatIsStartingIsThere) {
  Script script(lone_host());
  script.start();
  EXPECT_EQ(script.refuses(kNoLeader), Lines{"connected"});
}

TEST(NodeConnectionTest, ALoneHostThatDoesNotTakeTheCredentialsIsNot) {
  Script script(lone_host());
  script.start();
  EXPECT_EQ(script.refuses(kWrongPassword),
            (Lines{"failed: a:1: wrong password", "leave", "failed: a:1: wrong password"}));
  EXPECT_EQ(script.pass(), (Lines{"use a", "try"})) << "one that has just started refuses right ones for a moment";
  EXPECT_EQ(script.serves(), Lines{"connected"});
}

TEST(NodeConnectionTest, ALoneHostMayNameTheLeader) {
  Script script(lone_host());
  script.start();
  script.serves();
  EXPECT_EQ(script.not_leader(kB), (Lines{"use b", "try"}));
  EXPECT_EQ(script.serves(), Lines{"connected, no longer at a: not the leader"});
  // That one lost, the host that was given is asked again.
  EXPECT_EQ(script.cut(), (Lines{"leave", "failed: b:2: cut"}));
  EXPECT_EQ(script.pass(), (Lines{"use a", "try"}));
}

TEST(NodeConnectionTest, ALoneHostIsAskedWhoLeadsWhereAskedFor) {
  Script script(lone_host());
  script.start();
  script.serves();
  EXPECT_EQ(script.not_leader(std::nullopt), Lines{}) << "it gets ready by itself";
  EXPECT_EQ(script.seek(), (Lines{"leave", "failed: a:1: not the leader"}));
  EXPECT_EQ(script.pass(), Lines{"ask a"});
  EXPECT_EQ(script.gossip(led_by(kC)), (Lines{"use c", "try"}));
}

TEST(NodeConnectionTest, ALoneHostThatDiesIsReplacedByAMemberThatItsGossipHadNamed) {
  Script script(lone_host());
  script.start();
  script.serves();
  script.seek();
  script.pass();
  EXPECT_EQ(script.gossip(led_by(kC)), (Lines{"use c", "try"}));
  script.serves();
  EXPECT_EQ(script.cut(), (Lines{"leave", "failed: c:3: cut"}));
  EXPECT_EQ(script.pass(), Lines{"ask a"});
  EXPECT_EQ(script.no_gossip(), Lines{"ask b"});
  EXPECT_EQ(script.gossip(led_by(kB, {kA, kC})), (Lines{"use b", "try"}));
  EXPECT_EQ(script.serves(), Lines{"connected, no longer at c: cut"});
}

TEST(NodeConnectionTest, ALoneHostIsTriedItselfWhereNoMemberKnowsBetter) {
  Script script(lone_host());
  script.start();
  script.serves();
  script.seek();
  script.pass();
  script.gossip(led_by(kC));
  script.serves();
  script.cut();
  script.pass();
  EXPECT_EQ(script.no_gossip(), Lines{"ask b"});
  EXPECT_EQ(script.no_gossip(), Lines{"ask c"});
  EXPECT_EQ(script.no_gossip(), (Lines{"use a", "try"})) << "it may be starting";
}

TEST(NodeConnectionTest, ALoneHostWithoutGossipIsUsedAllTheSame) {
  Script script(lone_host());
  script.start();
  script.serves();
  script.seek();
  script.pass();
  Lines told;
  for (int i = 0; i < 100 && told != Lines{"use a", "try"}; ++i) {
    told = script.no_gossip();
    if (told == Lines{"rest"}) told = script.pass();
  }
  EXPECT_EQ(told, (Lines{"use a", "try"}));
  EXPECT_LT(script.now(), 102s);
}

TEST(NodeConnectionTest, AFarNodeHasTheTimeOfAnAnswerToConnectAndLessWhereAnotherWouldDo) {
  Script leader(cluster());
  leader.start();
  leader.gossip(led_by(kC));
  EXPECT_EQ(leader.connect_within(), 5s);
  auto settings = cluster();
  settings.preference = NodePreference::kFollower;
  Script follower(settings);
  follower.start();
  std::vector<Duration> times;
  for (int round = 0; round < 4; ++round) {
    while (!follower.connection().node()) follower.gossip(led_by(kC));
    times.push_back(follower.connect_within());
    while (follower.connection().node()) follower.refuses();
    while (follower.connection().is_asking()) follower.no_gossip();
    follower.pass();
  }
  EXPECT_EQ(times, (std::vector<Duration>{1s, 2s, 4s, 5s}));
}

TEST(NodeConnectionTest, GossipLeadsToTheLeader) {
  Script script(cluster());
  EXPECT_EQ(script.start(), Lines{"ask a"});
  EXPECT_EQ(script.no_gossip(), Lines{"ask b"});
  EXPECT_EQ(script.gossip(led_by(kC)), (Lines{"use c", "try"}));
  EXPECT_EQ(script.serves(), Lines{"connected"});
}

// As it was seen on real clusters: gossip names the dead leader as alive for half a second, and so do the others.
TEST(NodeConnectionTest, ALeaderThatDiesIsReplacedWithoutTheDelay) {
  Script script(cluster());
  script.start();
  script.gossip(led_by(kA));
  script.serves();
  EXPECT_EQ(script.cut(), (Lines{"leave", "failed: a:1: cut"}));
  const Time died_at = script.now();
  EXPECT_EQ(script.pass(), Lines{"ask b"}) << "the node just lost is asked last";
  while (script.now() < died_at + 800ms) {
    EXPECT_EQ(script.gossip(led_by(kA)), (Lines{"use c", "try"})) << "and tried last";
    EXPECT_EQ(script.not_leader(kA), (Lines{"use b", "try"})) << "a hint to it is ignored";
    EXPECT_EQ(script.refuses(kNoLeader), (Lines{"use a", "try"}));
    EXPECT_EQ(script.refuses(), (Lines{"leave", "ask c"}));
    EXPECT_EQ(script.gossip(led_by(kA)), (Lines{"ask a"})) << "each node is tried once a round";
    EXPECT_EQ(script.no_gossip(), Lines{"rest"});
    EXPECT_EQ(script.pass(), Lines{"ask b"});
  }
  EXPECT_EQ(script.gossip(led_by(kC, {kA})), (Lines{"use c", "try"}));
  EXPECT_EQ(script.serves(), Lines{"connected, no longer at a: cut"});
  EXPECT_LT(script.now(), died_at + 1s);
}

TEST(NodeConnectionTest, AClusterIsSearchedForTheWriterTimeoutAtLeast) {
  NodeConnection::Settings settings = cluster();
  settings.max_discover_attempts = 1;
  settings.operation_timeout = 200ms;  // calls may be given less
  Script script(settings);
  script.start();
  Lines told;
  for (int i = 0; i < 1'000 && told.empty(); ++i) {
    told = script.no_gossip();
    if (told == Lines{"rest"}) script.pass();
    if (told[0] == "rest" || told[0].starts_with("ask")) told.clear();
  }
  EXPECT_EQ(told, Lines{"failed: no node of the cluster serves: a:1: cut; b:2: cut; c:3: cut"});
  EXPECT_GE(script.now(), 105s);
  EXPECT_LT(script.now(), 106s);
}

TEST(NodeConnectionTest, ALeaderThatStepsDownIsLeftForTheOneThatItNames) {
  Script script(cluster());
  script.start();
  script.gossip(led_by(kA));
  script.serves();
  EXPECT_EQ(script.not_leader(kB), (Lines{"use b", "try"}));
  EXPECT_EQ(script.not_leader(kA), (Lines{"leave", "ask b"})) << "two that name each other are not followed in circles";
  EXPECT_EQ(script.gossip(led_by(kB)), (Lines{"use c", "try"}));
}

TEST(NodeConnectionTest, ANodeThatKnowsNoLeaderIsLeft) {
  Script script(cluster());
  script.start();
  script.gossip(led_by(kA));
  script.serves();
  EXPECT_EQ(script.not_leader(std::nullopt), (Lines{"leave", "failed: a:1: not the leader"}));
  EXPECT_EQ(script.pass(), Lines{"ask b"});
}

TEST(NodeConnectionTest, MembersThatGossipNamedAreAskedWhereTheHostsAreGone) {
  NodeConnection::Settings settings = lone_host();
  settings.discover = true;
  Script script(settings);
  script.start();
  script.gossip(led_by(kA));
  script.serves();
  script.cut();
  EXPECT_EQ(script.pass(), Lines{"ask b"});
}

TEST(NodeConnectionTest, ARefusalOfTheCredentialsIsToldAtOnceAndStays) {
  Script script(cluster());
  script.start();
  EXPECT_EQ(script.no_gossip(kWrongPassword), (Lines{"failed: a:1: wrong password", "ask b"}));
  EXPECT_EQ(script.no_gossip(), Lines{"ask c"});
  EXPECT_EQ(script.connection().last_error(), (StoreError{ErrorKind::kNotAuthenticated, "a:1: wrong password"}));
}

// One of three hosts has the certificate of another authority, which nobody at the others does not hide.
TEST(NodeConnectionTest, WhatSomebodyHasToMendIsNotHiddenByHostsWhereNobodyIs) {
  CallStatus status;
  status.code = kStatusUnavailable;
  status.message = "wrong version number";
  const StoreError no_tls = to_store_error(status, "gossip");
  Script script(cluster());
  script.start();
  script.no_gossip(no_tls);
  script.no_gossip();
  EXPECT_EQ(script.connection().last_error().message, "a:1: " + no_tls.message);
  EXPECT_EQ(script.no_gossip(), Lines{"rest"});
  const std::string all = "a:1: " + no_tls.message + "; b:2: cut; c:3: cut";
  EXPECT_EQ(script.connection().last_error().message, all);
  // Mended: what was said before is forgotten with the next round.
  script.pass();
  for (int host = 0; host < 3; ++host) script.no_gossip();
  EXPECT_EQ(script.connection().last_error().message, "a:1: cut; b:2: cut; c:3: cut");
}

TEST(NodeConnectionTest, GivesUpAfterItsAttempts) {
  NodeConnection::Settings settings = lone_host();
  settings.reconnection = {.max_attempts = 1, .delay = 1ms, .patience = 0ms};
  Script script(settings);
  script.start();
  EXPECT_EQ(script.refuses(), (Lines{"leave", "failed: a:1: cut"}));
  EXPECT_EQ(script.pass(), (Lines{"use a", "try"}));
  EXPECT_EQ(script.refuses(), (Lines{"leave", "lost: a:1: cut" + std::string(kNoMoreAttempts)}));
  EXPECT_EQ(script.connection().next_deadline(), std::nullopt);
  EXPECT_TRUE(script.connection().is_lost());
}

// What left the copier of a cluster without a connection for ever: the answer to a question that was about a connection
// which had been left meanwhile.
TEST(NodeConnectionTest, AnAnswerAboutAConnectionThatWasLeftChangesNothing) {
  for (const auto& settings : {lone_host(), cluster()}) {
    Script script(settings);
    script.start();
    if (settings.discover) script.gossip(led_by(kA));
    const std::uint64_t question = script.question();
    script.cut();
    EXPECT_EQ(script.answer_to(question, std::nullopt), Lines{});
    EXPECT_FALSE(script.connection().is_connected());
    EXPECT_TRUE(script.connection().next_deadline());
  }
}

TEST(NodeConnectionTest, AHostThatIsSilentIsFollowedByTheNextSoonAndWaitedForLongerEachRound) {
  Script script(cluster());
  script.start();
  EXPECT_EQ(script.pass(), Lines{"ask b"});
  EXPECT_EQ(script.pass(), Lines{"ask c"});
  EXPECT_LT(script.now(), 101s);
  EXPECT_EQ(script.gossip(led_by(kA)), (Lines{"use a", "try"}));
  EXPECT_EQ(script.refuses(kNoLeader), (Lines{"use b", "try"}));
  EXPECT_EQ(script.refuses(kNoLeader), (Lines{"use c", "try"}));
  EXPECT_EQ(script.refuses(kNoLeader), (Lines{"leave", "rest"}));
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(script.pass(), Lines{"ask a"});
    for (const char* next : {"ask b", "ask c", "rest"}) EXPECT_EQ(script.pass().back(), next);
  }
  script.pass();
  EXPECT_GE(*script.connection().next_deadline() - script.now(), 5s);
}

TEST(NodeConnectionTest, AQuestionThatIsNeverAnsweredIsGivenUpAndToldOf) {
  NodeConnection::Settings settings = cluster();
  settings.hosts = {kA};
  Script script(settings);
  script.start();
  EXPECT_EQ(script.pass(), (Lines{"repaired: a question about the cluster was never answered", "rest"}));
  EXPECT_EQ(script.now(), 106s) << "its own time limit, and a second";
  script.pass();
  script.gossip(led_by(kB));
  Lines told;
  while ((told = script.pass()).empty() || told[0].starts_with("ask about it")) script.gossip_aside(led_by(kB));
  EXPECT_EQ(told, (Lines{"repaired: the question to b:2 was never answered", "use a", "try"}));
  EXPECT_EQ(script.now(), 117s + 100ms);
}

TEST(NodeConnectionTest, AConnectionThatIsNotThereIsMadeAnew) {
  Script script(lone_host());
  script.start();
  script.serves();
  EXPECT_EQ(script.call_refused(), (Lines{"repaired: a connection that was thought to be up is not there", "leave",
                                          "failed: a:1: the connection is not there"}));
  EXPECT_EQ(script.pass(), (Lines{"use a", "try"}));
}

Script connected_to_a() {
  Script script(cluster());
  script.start();
  script.gossip(led_by(kA));
  script.serves();
  return script;
}

// As a leader of 24.10 that shuts down: it keeps its connections, and answers nothing.
TEST(NodeConnectionTest, ASilentLeaderIsLeftOnceAnotherLeads) {
  Script script = connected_to_a();
  EXPECT_EQ(script.suspect(), Lines{"ask about it b"});
  EXPECT_EQ(script.suspect(), Lines{}) << "it has been asked";
  EXPECT_EQ(script.gossip_aside(led_by(kA)), Lines{}) << "it still leads";
  EXPECT_EQ(script.suspect(), Lines{"ask about it c"});
  EXPECT_EQ(script.no_gossip_aside(), Lines{});
  EXPECT_EQ(script.suspect(), Lines{"ask about it b"});
  EXPECT_EQ(script.gossip_aside(led_by(kB)),
            (Lines{"leave", "failed: a:1: it does not answer, and b:2 no longer counts it"}));
  EXPECT_EQ(script.pass(), Lines{"ask b"});
  EXPECT_EQ(script.gossip(led_by(kB)), (Lines{"use b", "try"}));
}

TEST(NodeConnectionTest, ASilentNodeThatIsTriedIsLeftOnceAnotherLeads) {
  Script script(cluster());
  script.start();
  EXPECT_EQ(script.gossip(led_by(kA)), (Lines{"use a", "try"}));
  EXPECT_EQ(script.pass(), Lines{"ask about it b"});
  EXPECT_EQ(script.gossip_aside(led_by(kA)), Lines{}) << "it is slow, but it leads";
  EXPECT_EQ(script.pass(), Lines{"ask about it c"});
  EXPECT_EQ(script.gossip_aside(led_by(kB)), (Lines{"use b", "try"}));
  EXPECT_LT(script.now(), 101s);
  EXPECT_EQ(script.gossip_aside(led_by(kC)), Lines{}) << "that was about another node";
  EXPECT_EQ(script.serves(), Lines{"connected"});
}

TEST(NodeConnectionTest, ASuspicionThatIsNotAnsweredIsRaisedAgain) {
  Script script = connected_to_a();
  EXPECT_EQ(script.suspect(), Lines{"ask about it b"});
  script.wait(7s);
  EXPECT_EQ(script.suspect(), Lines{"ask about it c"});
}

TEST(NodeConnectionTest, ASilentFollowerIsLeftOnceItCountsAsDead) {
  NodeConnection::Settings settings = cluster();
  settings.preference = NodePreference::kFollower;
  Script script(settings);
  script.start();
  script.gossip(led_by(kA, {kC}));
  EXPECT_EQ(script.serves(), Lines{"connected"});
  script.suspect();
  EXPECT_EQ(script.gossip_aside(led_by(kC)), Lines{});
  script.suspect();
  EXPECT_EQ(script.gossip_aside(led_by(kA, {kB})).front(), "leave");
}

TEST(NodeConnectionTest, ALoneHostIsNotSuspected) {
  Script script(lone_host());
  script.start();
  script.serves();
  EXPECT_EQ(script.suspect(), Lines{});
}

// All orders of what can happen: at any point the connection is up, has been given up, or something is due; and once
// all is well again, it is up soon.
class AllOrders : public testing::TestWithParam<NodeConnection::Settings> {};

const std::vector<std::pair<std::string, std::function<void(Script&)>>> kInputs{
    {"cut", [](Script& script) { script.cut(); }},
    {"no leader", [](Script& script) { script.not_leader(std::nullopt); }},
    {"leader b", [](Script& script) { script.not_leader(kB); }},
    {"seek", [](Script& script) { script.seek(); }},
    {"suspected", [](Script& script) { script.suspect(); }},
    {"call refused", [](Script& script) { script.call_refused(); }},
    {"serves", [](Script& script) { script.serves(); }},
    {"refuses", [](Script& script) { script.refuses(); }},
    {"not ready", [](Script& script) { script.refuses(kNoLeader); }},
    {"late answer", [](Script& script) { script.answer_to(script.question() - 1, std::nullopt); }},
    {"gossip of a", [](Script& script) { script.gossip(led_by(kA)); }},
    {"gossip of nobody", [](Script& script) { script.gossip({}); }},
    {"no gossip", [](Script& script) { script.no_gossip(); }},
    {"b leads, aside", [](Script& script) { script.gossip_aside(led_by(kB)); }},
    {"time", [](Script& script) { script.pass(); }},
};

void check(const Script& script, const std::string& order) {
  const NodeConnection& connection = script.connection();
  if (connection.is_connected()) {
    ASSERT_TRUE(connection.node()) << order;
  } else {
    ASSERT_FALSE(connection.is_lost()) << order;
    ASSERT_TRUE(connection.next_deadline()) << order;
    ASSERT_LE(*connection.next_deadline(), script.now() + 11s) << order;
  }
}

void recover(Script& script, const std::string& order) {
  for (int step = 0; step < 50 && !script.connection().is_connected(); ++step) {
    script.gossip(led_by(kC));
    script.serves();
    if (!script.connection().is_connected()) script.pass();
  }
  ASSERT_TRUE(script.connection().is_connected()) << order;
  ASSERT_EQ(script.connection().next_deadline(), std::nullopt) << order;
}

void walk(const Script& script, const std::string& order, int depth) {
  check(script, order);
  Script recovered = script;
  recover(recovered, order);
  if (depth == 0 || testing::Test::HasFatalFailure()) return;
  for (const auto& [name, input] : kInputs) {
    Script next = script;
    input(next);
    walk(next, order + ", " + name, depth - 1);
  }
}

TEST_P(AllOrders, EndWellOrGoOn) {
  Script script(GetParam());
  script.start();
  walk(script, "start", 4);
  script.gossip(led_by(kA));
  script.serves();
  ASSERT_TRUE(script.connection().is_connected());
  walk(script, "connected", 4);
}

INSTANTIATE_TEST_SUITE_P(NodeConnectionTest, AllOrders, testing::Values(lone_host(), cluster()),
                         [](const auto& test) { return test.param.discover ? "Cluster" : "LoneHost"; });

}  // namespace
}  // namespace interconnect::next
