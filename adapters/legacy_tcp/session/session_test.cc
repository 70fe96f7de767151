#include "adapters/legacy_tcp/session/session.h"

#include "adapters/legacy_tcp/session/session_harness.h"
#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/proto.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "gtest/gtest.h"

namespace interconnect::legacy {
namespace {

using namespace std::chrono_literals;

std::string number_field(std::uint32_t field, std::int64_t value) {
  std::string out;
  put_varint_field(out, field, static_cast<std::uint64_t>(value));
  return out;
}

std::string text_field(std::uint32_t field, std::string_view value) {
  std::string out;
  put_bytes_field(out, field, value);
  return out;
}

EventId id_of(std::uint8_t n) {
  EventId id;
  id.bytes.fill(n);
  return id;
}

std::string pushed(std::uint8_t id, std::int64_t number) {
  std::string wire_id;
  put_event_id(wire_id, id_of(id));
  const std::string record = text_field(1, "s") + number_field(2, number) + text_field(3, wire_id);
  return text_field(1, text_field(1, record)) + number_field(2, 0);
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    settings_.endpoint = {"node1", 1113};
    settings_.http = {"node1", 2113};
    settings_.connection_name = "test";
    settings_.heartbeat = {10s, 3s};
    settings_.reconnection = {3, 10s};
    settings_.operation_timeout = 5s;
    settings_.subscriptions = {subscription("s", "g")};
  }

  static Subscription subscription(std::string stream, std::string group) {
    Subscription subscription;
    subscription.stream = std::move(stream);
    subscription.group = std::move(group);
    return subscription;
  }

  Session& make() {
    session_.emplace(settings_);
    return *session_;
  }

  std::vector<Sent> sent() { return take_sent(*session_); }

  // The only package that is to be sent.
  Sent sent_one(Command command) {
    const auto all = sent();
    if (all.size() != 1 || all[0].command != command) {
      ADD_FAILURE() << all.size() << " packages are sent instead of one of command " << static_cast<int>(command);
      return {};
    }
    return all[0];
  }

  void answer(const Sent& request, Command command, std::string_view payload = {}) {
    received_ = frame_of(command, request.correlation, payload);
    EXPECT_EQ(session_->receive(now_, received_, actions_), received_.size());
  }

  void tick_at(Time when) {
    now_ = when;
    session_->tick(now_, actions_);
  }
  // To the next deadline.
  void pass() {
    const auto next = session_->next_deadline();
    ASSERT_TRUE(next.has_value());
    tick_at(std::max(*next, now_));
  }

  void shake_hands() {
    session_->connected(now_);
    answer(sent_one(Command::kIdentifyClient), Command::kClientIdentified);
    if (!settings_.credentials) return;
    answer(sent_one(Command::kAuthenticate), Command::kAuthenticated);
  }

  void make_ready() {
    make().start(now_, actions_);
    shake_hands();
    EXPECT_EQ(actions(), (Lines{"connect node1:1113", "ready"}));
  }

  Sent subscribe() {
    session_->subscribe(now_, 0, 10, actions_);
    EXPECT_EQ(actions(), Lines{"prepare 0"});
    session_->group_prepared(now_, 0, GroupState::kCreated, {});
    const Sent connect = sent_one(Command::kConnectToPersistentSubscription);
    answer(connect, Command::kPersistentSubscriptionConfirmation, text_field(2, "s::g"));
    EXPECT_EQ(actions(), Lines{"started 0"});
    return connect;
  }

  void append(std::uint64_t id, std::string_view data = "{}", std::string_view type = "A") {
    std::vector<Event> events;
    events.emplace_back(EventView{"", 0, id_of(1), type, ContentKind::kJson, data, ""});
    session_->append(now_, {id, "s", kNoStream, events}, actions_);
  }

  void make_cluster() {
    settings_.hosts = {{"node1", 2113}, {"node2", 2113}, {"node3", 2113}};
    make().start(now_, actions_);
  }
  void gossip(const std::string& master) {
    std::vector<ClusterNode> nodes;
    for (const char* name : {"node1", "node2", "node3"}) nodes.push_back({{name, 1113}, {name, 2113}, name == master});
    session_->gossip_answered(now_, last_question(), nodes, actions_);
  }
  void no_gossip(const StoreError& error = {ErrorKind::kUnavailable, "refused"}) {
    session_->gossip_failed(now_, last_question(), error, actions_);
  }
  std::uint64_t last_question() {
    for (const Action& action : actions_) {
      if (const auto* ask = std::get_if<AskGossip>(&action)) question_ = ask->question;
    }
    return question_;
  }
  Lines actions() {
    last_question();
    return take(actions_);
  }

  SessionSettings settings_;
  std::optional<Session> session_;
  std::uint64_t question_ = 0;
  Time now_ = 100s;
  Actions actions_;
  std::string received_;
};

// --- the handshake

TEST_F(SessionTest, IdentifiesThenAuthenticatesThenIsReady) {
  settings_.credentials = Credentials{"admin", "changeit"};
  make().start(now_, actions_);
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
  session_->connected(now_);
  const Sent identify = sent_one(Command::kIdentifyClient);
  EXPECT_EQ(identify.payload, number_field(1, 1) + text_field(2, "test"));
  answer(identify, Command::kClientIdentified);
  const Sent authenticate = sent_one(Command::kAuthenticate);
  EXPECT_EQ(authenticate.login, "admin:changeit");
  EXPECT_EQ(actions(), Lines{});
  answer(authenticate, Command::kAuthenticated);
  EXPECT_EQ(actions(), Lines{"ready"});
}

TEST_F(SessionTest, StaysAnonymousWithoutCredentials) {
  make_ready();
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, ReportsARefusedLoginAndTriesItAgainOnTheSameConnection) {
  settings_.credentials = Credentials{"admin", "secret"};
  make().start(now_, actions_);
  session_->subscribe(now_, 0, 10, actions_);
  session_->connected(now_);
  answer(sent_one(Command::kIdentifyClient), Command::kClientIdentified);
  actions();
  answer(sent_one(Command::kAuthenticate), Command::kNotAuthenticated, "Unauthorized");
  ASSERT_EQ(actions_.size(), 1u);
  EXPECT_EQ(std::get<SubscriptionDrop>(actions_[0]).message.find("secret"), std::string::npos);
  EXPECT_EQ(actions(), Lines{"dropped 0: not authenticated"});
  append(1);
  EXPECT_EQ(actions(), Lines{"append 1: not authenticated"});
  EXPECT_EQ(session_->next_deadline(), now_ + 1s);
  pass();
  answer(sent_one(Command::kAuthenticate), Command::kNotHandled, number_field(1, 0));
  EXPECT_EQ(actions(), Lines{"dropped 0: dropped by the server"});
  append(2);
  EXPECT_EQ(actions(), Lines{"append 2: not ready"});
  EXPECT_EQ(session_->next_deadline(), now_ + 2s);
  pass();
  answer(sent_one(Command::kAuthenticate), Command::kAuthenticated);
  EXPECT_EQ(actions(), (Lines{"ready", "prepare 0"}));
}

TEST_F(SessionTest, GivesUpAConnectionThatDoesNotIdentifyInTime) {
  make().start(now_, actions_);
  session_->connected(now_);
  actions();
  tick_at(now_ + 5s);
  EXPECT_EQ(actions(), Lines{"disconnect"});
  pass();
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
}

TEST_F(SessionTest, GivesUpAnAttemptThatTakesTooLong) {
  make().start(now_, actions_);
  actions();
  pass();
  EXPECT_EQ(now_, 105s);
  EXPECT_EQ(actions(), Lines{"disconnect"});
}

// --- losing and finding the connection

TEST_F(SessionTest, ConnectsAgainSoonThenAfterTheDelayThenNoMore) {
  make_ready();
  now_ += 60s;
  const Time lost_at = now_;
  session_->disconnected(now_, "reset", actions_);
  EXPECT_EQ(session_->next_deadline(), now_ + 20ms);
  while (now_ < lost_at + 5s) {
    pass();
    EXPECT_EQ(actions(), Lines{"connect node1:1113"});
    session_->disconnected(now_, "refused", actions_);
  }
  // The soon ones count as one of three.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(session_->next_deadline(), now_ + 10s);
    pass();
    EXPECT_EQ(actions(), Lines{"connect node1:1113"});
    session_->disconnected(now_, "refused", actions_);
  }
  EXPECT_EQ(actions(), Lines{"lost"});
  EXPECT_EQ(session_->next_deadline(), std::nullopt);
}

TEST_F(SessionTest, CountsAttemptsAnewAfterASuccess) {
  make_ready();
  for (int i = 0; i < 10; ++i) {
    now_ += 60s;
    session_->disconnected(now_, "reset", actions_);
    pass();
    shake_hands();
    EXPECT_EQ(actions(), (Lines{"connect node1:1113", "ready"}));
  }
}

TEST_F(SessionTest, IsNotKeptBusyByAServerThatHangsUpAtOnce) {
  make_ready();
  for (int i = 0; i < 10; ++i) {
    session_->disconnected(now_, "reset", actions_);
    pass();
    shake_hands();
  }
  session_->disconnected(now_, "reset", actions_);
  EXPECT_EQ(session_->next_deadline(), now_ + 500ms);
}

TEST_F(SessionTest, AnswersEverythingThatIsUnderWayWhenTheConnectionIsLost) {
  make_ready();
  const Sent connect = subscribe();
  append(1);
  session_->read(now_, {2, "s", ReadDirection::kForward, 0, 10}, actions_);
  append(3);
  EXPECT_EQ(sent().size(), 3u);
  session_->disconnected(now_, "reset", actions_);
  EXPECT_EQ(actions(), (Lines{"dropped 0: connection lost", "append 1: unavailable", "read 2: unavailable",
                              "append 3: unavailable"}));
  append(4);
  EXPECT_EQ(actions(), Lines{"append 4: unavailable"});
  EXPECT_TRUE(sent().empty());
  // What belongs to the old connection means nothing on the new one.
  pass();
  shake_hands();
  EXPECT_EQ(actions(), (Lines{"connect node1:1113", "ready"}));
  sent_one(Command::kConnectToPersistentSubscription);
  answer(connect, Command::kPersistentSubscriptionStreamEventAppeared, pushed(1, 0));
  EXPECT_EQ(actions(), Lines{});
}

TEST_F(SessionTest, DisconnectsOnMalformedBytes) {
  make_ready();
  append(1);
  received_ = std::string(4, '\xff');
  EXPECT_EQ(session_->receive(now_, received_, actions_), received_.size());
  EXPECT_EQ(actions(), (Lines{"disconnect", "append 1: unavailable"}));
}

TEST_F(SessionTest, DisconnectsOnAMalformedMessage) {
  make_ready();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kWriteEventsCompleted, "\x08");
  EXPECT_EQ(actions(), (Lines{"disconnect", "append 1: unavailable"}));
}

TEST_F(SessionTest, DisconnectsWhenTheServerCouldNotReadOurBytes) {
  make_ready();
  received_ = frame_of(Command::kBadRequest, {}, "Invalid TCP frame received.");
  session_->receive(now_, received_, actions_);
  EXPECT_EQ(actions(), Lines{"disconnect"});
}

TEST_F(SessionTest, DisconnectsOnAnAnswerToAnotherQuestion) {
  make_ready();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kReadStreamEventsForwardCompleted);
  EXPECT_EQ(actions(), (Lines{"append 1: unavailable", "disconnect"}));
}

TEST_F(SessionTest, IgnoresAnswersThatNobodyWaitsFor) {
  make_ready();
  append(1);
  const Sent write = sent_one(Command::kWriteEvents);
  now_ += 5s;
  tick_at(now_);
  EXPECT_EQ(actions(), Lines{"append 1: timeout"});
  answer(write, Command::kWriteEventsCompleted, number_field(1, 0));
  answer(write, Command::kPong);
  EXPECT_EQ(actions(), Lines{});
}

// --- heartbeats

TEST_F(SessionTest, AnswersHeartbeatsByteForByte) {
  make_ready();
  CorrelationId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(0xf0 + i);
  received_ = frame_of(Command::kHeartbeatRequest, id);
  session_->receive(now_, received_, actions_);
  EXPECT_EQ(sent_one(Command::kHeartbeatResponse).correlation, id);
}

TEST_F(SessionTest, AsksAfterAnIntervalWithoutBytes) {
  make_ready();
  now_ += 9s;
  received_ = "\x12";  // a part of a package counts as well
  session_->receive(now_, received_, actions_);
  EXPECT_EQ(session_->needed(), kLengthPrefixSize);
  EXPECT_EQ(session_->next_deadline(), now_ + 10s);
  pass();
  const Sent heartbeat = sent_one(Command::kHeartbeatRequest);
  EXPECT_EQ(session_->next_deadline(), now_ + 3s);
  now_ += 2s;
  answer(heartbeat, Command::kHeartbeatResponse);
  EXPECT_EQ(session_->next_deadline(), now_ + 10s);
  pass();
  sent_one(Command::kHeartbeatRequest);
  pass();
  EXPECT_EQ(actions(), Lines{"disconnect"});
}

// --- appends and reads

TEST_F(SessionTest, TellsOutcomesOfWritesApart) {
  make_ready();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {number_field(1, 0) + number_field(4, 7) + number_field(7, 0), "appended 7"},
      {number_field(1, 1), "timeout"},
      {number_field(1, 2), "timeout"},
      {number_field(1, 3), "timeout"},
      {number_field(1, 4) + number_field(7, -1), "wrong version, -1"},
      {number_field(1, 4), "wrong version, 0"},  // as servers from 22.6 on say it
      {number_field(1, 5), "stream deleted"},
      {number_field(1, 6), "invalid"},
      {number_field(1, 7), "access denied"},
  };
  for (const auto& [payload, expected] : cases) {
    append(1);
    answer(sent_one(Command::kWriteEvents), Command::kWriteEventsCompleted, payload);
    EXPECT_EQ(actions(), Lines{"append 1: " + expected});
  }
}

TEST_F(SessionTest, TellsRefusalsOfWritesApart) {
  make_ready();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, number_field(1, 0));
  append(2);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, number_field(1, 1));
  append(3);
  answer(sent_one(Command::kWriteEvents), Command::kNotAuthenticated, "Not Authenticated");
  append(4);
  answer(sent_one(Command::kWriteEvents), Command::kBadRequest, "Could not unwrap");
  EXPECT_EQ(actions(),
            (Lines{"append 1: not ready", "append 2: not ready", "append 3: not authenticated", "append 4: invalid"}));
}

TEST_F(SessionTest, KnowsWhenABadRequestIsAboutTheSize) {
  make_ready();
  const std::string most(16 * 1024 * 1024 - 10'000, 'x');
  append(1, most, "T");  // what a server takes, and the type besides
  answer(sent_one(Command::kWriteEvents), Command::kBadRequest, "Could not unwrap");
  append(2, std::string_view(most).substr(2), "T");
  answer(sent_one(Command::kWriteEvents), Command::kBadRequest, "Could not unwrap");
  append(3, most + "x", "T");
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(actions(), (Lines{"append 1: too large", "append 2: invalid", "append 3: too large"}));
}

TEST_F(SessionTest, TellsOutcomesOfReadsApart) {
  make_ready();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {number_field(2, 0) + number_field(3, 5) + number_field(5, 0), "next 5"},
      {number_field(2, 0) + number_field(3, 5) + number_field(5, 1), "end"},
      {number_field(2, 1) + number_field(3, -1), "no stream end"},
      {number_field(2, 2), "stream deleted"},
      {number_field(2, 4) + text_field(7, "disk"), "not ready"},
      {number_field(2, 5), "access denied"},
  };
  for (const auto& [payload, expected] : cases) {
    session_->read(now_, {9, "s", ReadDirection::kBackward, kStreamEnd, 1}, actions_);
    answer(sent_one(Command::kReadStreamEventsBackward), Command::kReadStreamEventsBackwardCompleted, payload);
    EXPECT_EQ(actions(), Lines{"read 9: " + expected});
  }
}

// --- the leader

std::string not_master(std::string_view host, std::int64_t port) {
  return number_field(1, 2) +
         text_field(2, text_field(1, host) + number_field(2, port) + text_field(5, "secure") + number_field(6, 9));
}

TEST_F(SessionTest, FollowsTheLeader) {
  make_ready();
  append(1);
  append(2);
  const auto writes = sent();
  answer(writes.at(0), Command::kNotHandled, not_master("node2", 2222));
  EXPECT_EQ(actions(), (Lines{"append 1: not ready", "disconnect", "append 2: unavailable", "connect node2:2222"}));
  shake_hands();
  EXPECT_EQ(actions(), Lines{"ready"});
  // When the leader is gone, the configured node's gossip knows the next one; else it says so itself.
  now_ += 60s;
  session_->disconnected(now_, "reset", actions_);
  pass();
  EXPECT_EQ(actions(), Lines{"ask node1:2113"});
  no_gossip();
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
}

// --- clusters

TEST_F(SessionTest, SeveralHostsAreAskedForTheMaster) {
  make_cluster();
  EXPECT_EQ(actions(), Lines{"ask node1:2113"});
  no_gossip();
  EXPECT_EQ(actions(), Lines{"ask node2:2113"});
  gossip("node3");
  EXPECT_EQ(actions(), Lines{"connect node3:1113"});
  EXPECT_EQ(session_->http_endpoint(), (Endpoint{"node3", 2113}));
  shake_hands();
  EXPECT_EQ(actions(), Lines{"ready"});
}

// Gossip names the dead master as alive for a while, and electing takes its time.
TEST_F(SessionTest, AMasterThatDiesIsReplacedWithoutTheDelay) {
  make_cluster();
  gossip("node1");
  shake_hands();
  actions();
  now_ += 60s;
  const Time died_at = now_;
  session_->disconnected(now_, "reset", actions_);
  while (now_ < died_at + 800ms) {
    pass();
    EXPECT_EQ(actions(), Lines{"ask node1:2113"});
    no_gossip();
    EXPECT_EQ(actions(), Lines{"ask node2:2113"});
    gossip("node1");
    EXPECT_EQ(actions(), Lines{"ask node3:2113"}) << "the node just lost comes last";
    gossip("node1");
    EXPECT_EQ(actions(), Lines{"connect node1:1113"});
    session_->disconnected(now_, "refused", actions_);
  }
  pass();
  no_gossip();
  actions();
  gossip("node2");
  EXPECT_EQ(actions(), Lines{"connect node2:1113"});
  shake_hands();
  EXPECT_EQ(actions(), Lines{"ready"});
  EXPECT_LT(now_, died_at + 1s);
}

TEST_F(SessionTest, ANodeOfAClusterThatIsNoLongerTheMasterIsLeft) {
  make_cluster();
  gossip("node1");
  shake_hands();
  actions();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, number_field(1, 0));
  EXPECT_EQ(actions(), (Lines{"append 1: not ready", "disconnect"}));
  pass();
  EXPECT_EQ(actions(), Lines{"ask node1:2113"});
}

TEST_F(SessionTest, AHostThatIsSilentIsFollowedByTheNext) {
  make_cluster();
  actions();
  tick_at(now_ + 1s);
  EXPECT_EQ(actions(), Lines{"ask node2:2113"});
}

// A host where nobody is does not hide the one whose certificate is not trusted.
TEST_F(SessionTest, WithoutAMasterTheReasonNamesEachHostARefusalFirst) {
  make_cluster();
  no_gossip();
  no_gossip({ErrorKind::kNotAuthenticated, "its certificate is refused"});
  no_gossip();
  actions();
  session_->probe(now_, 1, actions_);
  EXPECT_EQ(std::get<ProbeCompleted>(actions_.back()).error,
            (StoreError{ErrorKind::kNotAuthenticated,
                        "no master of the cluster is found: node2:2113: its certificate is refused; node1:2113: "
                        "refused; node3:2113: refused"}));
}

TEST_F(SessionTest, AnAnswerToAnEarlierQuestionIsNoNews) {
  make_cluster();
  no_gossip();
  actions();
  session_->gossip_answered(now_, question_ - 1, {}, actions_);
  session_->gossip_failed(now_, question_ - 1, {}, actions_);
  EXPECT_EQ(actions(), Lines{});
}

TEST_F(SessionTest, TakesTheLeadersSecurePortWithTls) {
  settings_.tls = true;
  make_ready();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, not_master("node2", 2222));
  EXPECT_EQ(actions(), (Lines{"append 1: not ready", "disconnect", "connect secure:9"}));
}

TEST_F(SessionTest, StaysWhereNoLeaderIsNamed) {
  make_ready();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, number_field(1, 2));
  EXPECT_EQ(actions(), Lines{"append 1: not ready"});
}

TEST_F(SessionTest, InAClusterANodeThatNamesNoLeaderIsLeft) {
  make_cluster();
  gossip("node1");
  shake_hands();
  actions();
  append(1);
  answer(sent_one(Command::kWriteEvents), Command::kNotHandled, number_field(1, 2));
  EXPECT_EQ(actions(), (Lines{"append 1: not ready", "disconnect"}));
  pass();
  EXPECT_EQ(actions(), Lines{"ask node1:2113"});
}

// --- subscriptions

TEST_F(SessionTest, PushesWhatTheGroupSends) {
  make_ready();
  const Sent connect = subscribe();
  EXPECT_EQ(connect.payload, text_field(1, "g") + text_field(2, "s") + number_field(3, 10));
  answer(connect, Command::kPersistentSubscriptionStreamEventAppeared, pushed(7, 3));
  EXPECT_EQ(actions(), Lines{"push 0 3 retry 0 ack 07070707-0707-0707-0707-070707070707 s@3 "});
}

TEST_F(SessionTest, AcknowledgesAndParksOnTheConnectionOfTheGroup) {
  make_ready();
  const std::vector<EventId> ids(4'500, id_of(1));
  session_->acknowledge(0, ids);
  EXPECT_TRUE(sent().empty());
  const Sent connect = subscribe();
  session_->acknowledge(0, ids);
  session_->park(0, std::span(ids).first(1), "why");
  const auto packages = sent();
  ASSERT_EQ(packages.size(), 4u);
  std::size_t acknowledged = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(packages[i].command, Command::kPersistentSubscriptionAckEvents);
    EXPECT_EQ(packages[i].correlation, connect.correlation);
    acknowledged += (packages[i].payload.size() - text_field(1, "s::g").size()) / 18;
  }
  EXPECT_EQ(acknowledged, ids.size());
  EXPECT_EQ(packages[3].command, Command::kPersistentSubscriptionNakEvents);
  EXPECT_EQ(packages[3].payload,
            text_field(1, "s::g") + text_field(2, std::string(16, 1)) + text_field(3, "why") + number_field(4, 1));
}

TEST_F(SessionTest, ConnectsAgainAtOnceToAGroupThatWasChanged) {
  make_ready();
  Sent connect = subscribe();
  for (int i = 0; i < 5; ++i) {
    answer(connect, Command::kSubscriptionDropped);  // empty, as the server sends it
    EXPECT_EQ(actions(), Lines{"dropped 0: group updated or deleted"});
    EXPECT_EQ(session_->next_deadline(), now_);
    pass();
    connect = sent_one(Command::kConnectToPersistentSubscription);
    answer(connect, Command::kPersistentSubscriptionConfirmation, text_field(2, "s::g"));
    EXPECT_EQ(actions(), Lines{"started 0"});
  }
}

TEST_F(SessionTest, MakesADeletedGroupAgain) {
  make_ready();
  Sent connect = subscribe();
  answer(connect, Command::kSubscriptionDropped);
  pass();
  connect = sent_one(Command::kConnectToPersistentSubscription);
  answer(connect, Command::kSubscriptionDropped, number_field(1, 2));
  EXPECT_EQ(actions(), (Lines{"dropped 0: group updated or deleted", "dropped 0: group not found"}));
  pass();
  EXPECT_EQ(actions(), Lines{"prepare 0 without update"});
  session_->group_prepared(now_, 0, GroupState::kCreated, {});
  answer(sent_one(Command::kConnectToPersistentSubscription), Command::kPersistentSubscriptionConfirmation);
  EXPECT_EQ(actions(), Lines{"started 0"});
}

// Where HTTP is not to be had it shows late that the group is not there.
TEST_F(SessionTest, AMissingGroupThatMayNotBeCreatedIsARefusalAndTriedAgain) {
  settings_.heartbeat.interval = 1h;
  make_ready();
  session_->subscribe(now_, 0, 10, actions_);
  for (int i = 0; i < 3; ++i) {
    session_->group_prepared(now_, 0, GroupState::kUnread, {}, "not there, and we may not create it");
    actions();
    answer(sent_one(Command::kConnectToPersistentSubscription), Command::kSubscriptionDropped, number_field(1, 2));
    EXPECT_EQ(actions(), Lines{"dropped 0: access denied"});
    tick_at(now_ + 10s);
    EXPECT_EQ(actions(), Lines{"prepare 0 without update"});
  }
}

TEST_F(SessionTest, TellsOnceWhatWasDoneToAGroup) {
  make_ready();
  session_->subscribe(now_, 0, 10, actions_);
  session_->group_prepared(now_, 0, GroupState::kCreated, {});
  const auto started = [&] {
    actions();
    answer(sent_one(Command::kConnectToPersistentSubscription), Command::kPersistentSubscriptionConfirmation);
    return std::get<SubscriptionStarted>(actions_.back()).group;
  };
  EXPECT_EQ(started(), GroupState::kCreated);
  session_->disconnected(now_, "reset", actions_);
  actions();
  pass();
  shake_hands();
  EXPECT_EQ(started(), GroupState::kUnchanged);
}

TEST_F(SessionTest, TriesARefusedSubscriptionAgainLaterAndLater) {
  settings_.heartbeat.interval = 1h;
  make_ready();
  session_->subscribe(now_, 0, 10, actions_);
  session_->group_prepared(now_, 0, GroupState::kCreated, {});
  actions();
  const std::vector<std::tuple<Command, std::string, std::string, Duration>> refusals = {
      {Command::kSubscriptionDropped, number_field(1, 1), "access denied", 1s},
      {Command::kSubscriptionDropped, number_field(1, 4), "too many subscribers", 2s},
      {Command::kNotHandled, number_field(1, 0), "dropped by the server", 4s},
      {Command::kNotAuthenticated, "", "not authenticated", 8s},
      {Command::kBadRequest, "", "dropped by the server", 10s},
      {Command::kBadRequest, "", "dropped by the server", 10s},
  };
  for (const auto& [command, payload, reason, delay] : refusals) {
    const Sent connect = sent_one(Command::kConnectToPersistentSubscription);
    answer(connect, command, payload);
    EXPECT_EQ(actions(), Lines{"dropped 0: " + reason});
    tick_at(now_ + delay - 1ms);
    EXPECT_TRUE(sent().empty());
    tick_at(now_ + 1ms);
  }
}

TEST_F(SessionTest, UnsubscribesWhatIsNotConfirmedInTime) {
  make_ready();
  session_->subscribe(now_, 0, 10, actions_);
  session_->group_prepared(now_, 0, GroupState::kCreated, {});
  actions();
  const Sent connect = sent_one(Command::kConnectToPersistentSubscription);
  pass();
  EXPECT_EQ(actions(), Lines{"dropped 0: dropped by the server"});
  EXPECT_EQ(sent_one(Command::kUnsubscribeFromStream).correlation, connect.correlation);
  answer(connect, Command::kPersistentSubscriptionConfirmation);
  EXPECT_EQ(actions(), Lines{});
}

TEST_F(SessionTest, TakesANewBufferSizeByANewSubscription) {
  make_ready();
  const Sent old = subscribe();
  session_->subscribe(now_, 0, 500, actions_);
  const auto packages = sent();
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].command, Command::kUnsubscribeFromStream);
  EXPECT_EQ(packages[0].correlation, old.correlation);
  EXPECT_EQ(packages[1].payload, text_field(1, "g") + text_field(2, "s") + number_field(3, 500));
  answer(old, Command::kPersistentSubscriptionStreamEventAppeared, pushed(1, 0));
  answer(old, Command::kSubscriptionDropped);
  EXPECT_EQ(actions(), Lines{});
  answer(packages[1], Command::kPersistentSubscriptionConfirmation);
  EXPECT_EQ(actions(), Lines{"started 0"});
}

TEST_F(SessionTest, ANewSubscriptionThatIsLostBeforeItIsConfirmedIsDropped) {
  make_ready();
  subscribe();
  session_->subscribe(now_, 0, 500, actions_);
  EXPECT_EQ(actions(), Lines{});
  session_->disconnected(now_, "reset", actions_);
  EXPECT_EQ(actions(), Lines{"dropped 0: connection lost"});
  pass();
  shake_hands();
  EXPECT_EQ(actions(), (Lines{"connect node1:1113", "ready"}));
  answer(sent_one(Command::kConnectToPersistentSubscription), Command::kPersistentSubscriptionConfirmation);
  EXPECT_EQ(actions(), Lines{"started 0"});
}

TEST_F(SessionTest, PreparesAGroupAgainThatCouldNotBe) {
  make_ready();
  session_->subscribe(now_, 0, 10, actions_);
  actions();
  session_->group_failed(now_, 0, DropReason::kAccessDenied, "HTTP 401", actions_);
  EXPECT_EQ(actions(), Lines{"dropped 0: access denied"});
  tick_at(now_ + 1s);
  EXPECT_EQ(actions(), Lines{"prepare 0"});
}

TEST_F(SessionTest, PreparesAGroupOnceThereIsAConnection) {
  make().start(now_, actions_);
  session_->subscribe(now_, 0, 10, actions_);
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
  shake_hands();
  EXPECT_EQ(actions(), (Lines{"ready", "prepare 0"}));
  // Lost meanwhile: what was being prepared is prepared again when that is due and there is a connection again.
  session_->disconnected(now_, "reset", actions_);
  session_->command_group(now_, 0, GroupCommand::kCreate, {}, actions_);
  EXPECT_EQ(actions(), Lines{"group 0: unavailable"});
  session_->group_failed(now_, 0, DropReason::kConnectionLost, "reset", actions_);
  EXPECT_EQ(actions(), Lines{"dropped 0: connection lost"});
  tick_at(now_ + 1s);
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
  shake_hands();
  EXPECT_EQ(actions(), (Lines{"ready", "prepare 0"}));
}

TEST_F(SessionTest, TellsTheOutcomesOfGroupCommandsApart) {
  make_ready();
  const auto outcome_of = [&](GroupCommand command, Command reply, std::string_view payload) {
    session_->command_group(now_, 0, command, {}, actions_);
    answer(sent_one(command == GroupCommand::kCreate ? Command::kCreatePersistentSubscription
                                                     : Command::kUpdatePersistentSubscription),
           reply, payload);
    return actions();
  };
  for (const GroupCommand command : {GroupCommand::kCreate, GroupCommand::kUpdate}) {
    const bool create = command == GroupCommand::kCreate;
    const Command completed =
        create ? Command::kCreatePersistentSubscriptionCompleted : Command::kUpdatePersistentSubscriptionCompleted;
    EXPECT_EQ(outcome_of(command, completed, number_field(1, 0)), Lines{"group 0: done"});
    EXPECT_EQ(outcome_of(command, completed, number_field(1, 1)),
              Lines{create ? "group 0: already exists" : "group 0: does not exist"});
    EXPECT_EQ(outcome_of(command, completed, number_field(1, 2) + text_field(2, "Bad stream name.")),
              Lines{"group 0: invalid"});
    EXPECT_EQ(outcome_of(command, completed, number_field(1, 3)), Lines{"group 0: access denied"});
    EXPECT_EQ(outcome_of(command, Command::kNotAuthenticated, ""), Lines{"group 0: not authenticated"});
    EXPECT_EQ(outcome_of(command, Command::kNotHandled, number_field(1, 0)), Lines{"group 0: not ready"});
    EXPECT_EQ(outcome_of(command, Command::kBadRequest, ""), Lines{"group 0: invalid"});
  }
  session_->command_group(now_, 0, GroupCommand::kCreate, {}, actions_);
  sent();
  tick_at(now_ + 5s);
  EXPECT_EQ(actions(), Lines{"group 0: timeout"});
}

TEST_F(SessionTest, ReconnectsWhenAnAcknowledgementIsRefused) {
  make_ready();
  answer(subscribe(), Command::kNotHandled, number_field(1, 2));
  EXPECT_EQ(actions(), (Lines{"disconnect", "dropped 0: connection lost"}));
}

// --- probes

TEST_F(SessionTest, AnswersAProbeWithWhateverTheServerSays) {
  make_ready();
  for (const std::int64_t result : {0, 1, 2, 4, 5}) {
    session_->probe(now_, 1, actions_);
    answer(sent_one(Command::kReadStreamEventsBackward), Command::kReadStreamEventsBackwardCompleted,
           number_field(2, result));
    EXPECT_EQ(actions(), Lines{"probe 1: well"});
  }
}

TEST_F(SessionTest, AProbeWaitsForAConnectionThatIsBeingMade) {
  make().start(now_, actions_);
  session_->probe(now_, 1, actions_);
  EXPECT_EQ(actions(), Lines{"connect node1:1113"});
  shake_hands();
  EXPECT_EQ(actions(), Lines{"ready"});
  answer(sent_one(Command::kReadStreamEventsBackward), Command::kReadStreamEventsBackwardCompleted);
  EXPECT_EQ(actions(), Lines{"probe 1: well"});
}

TEST_F(SessionTest, AProbeSaysAtOnceWhyThereIsNoConnection) {
  make().start(now_, actions_);
  session_->probe(now_, 1, actions_);
  session_->disconnected(now_, "refused", actions_);
  session_->probe(now_, 2, actions_);
  ASSERT_EQ(actions_.size(), 3u);
  EXPECT_NE(std::get<ProbeCompleted>(actions_[1]).error->message.find("refused"), std::string::npos);
  EXPECT_EQ(actions(), (Lines{"connect node1:1113", "probe 1: unavailable", "probe 2: unavailable"}));
}

TEST_F(SessionTest, AServerThatHangsUpAtOnceMaySpeakAnotherProtocol) {
  const auto why_not = [this] {
    session_->probe(now_, 1, actions_);
    std::string why;
    for (const Action& action : actions_) {
      if (const auto* probe = std::get_if<ProbeCompleted>(&action)) why = probe->error.value_or(StoreError{}).message;
    }
    actions_.clear();
    return why;
  };
  make().start(now_, actions_);
  session_->connected(now_);
  session_->disconnected(now_, "the server closed the connection", actions_);
  EXPECT_NE(why_not().find("or it may want TLS"), std::string::npos);
  settings_.tls = true;
  make().start(now_, actions_);
  tick_at(now_ + 5s);
  EXPECT_NE(why_not().find("there may be no TLS at this port"), std::string::npos);
}

TEST_F(SessionTest, AProbeSaysAtOnceThatTheLoginIsRefused) {
  settings_.credentials = Credentials{"admin", "secret"};
  make().start(now_, actions_);
  session_->probe(now_, 1, actions_);
  session_->connected(now_);
  answer(sent_one(Command::kIdentifyClient), Command::kClientIdentified);
  answer(sent_one(Command::kAuthenticate), Command::kNotAuthenticated, "Unauthorized");
  session_->probe(now_, 2, actions_);
  EXPECT_EQ(actions(), (Lines{"connect node1:1113", "probe 1: not authenticated", "probe 2: not authenticated"}));
}

TEST_F(SessionTest, AProbeIsAnsweredWhenTheConnectionIsLost) {
  make_ready();
  session_->probe(now_, 1, actions_);
  session_->disconnected(now_, "reset", actions_);
  EXPECT_EQ(actions(), Lines{"probe 1: unavailable"});
}

TEST_F(SessionTest, AProbeTimesOutWhenTheServerIsSilent) {
  make_ready();
  session_->probe(now_, 1, actions_);
  sent();
  tick_at(now_ + 5s);
  EXPECT_EQ(actions(), Lines{"probe 1: timeout"});
}

TEST_F(SessionTest, AProbeSaysThatTheServerIsStarting) {
  make_ready();
  session_->probe(now_, 1, actions_);
  answer(sent_one(Command::kReadStreamEventsBackward), Command::kNotHandled, number_field(1, 0));
  EXPECT_EQ(actions(), Lines{"probe 1: not ready"});
}

}  // namespace
}  // namespace interconnect::legacy
