#include "app/monitoring/status_collector.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

class ManualClock final : public Clock {
 public:
  Time now() const override { return time; }
  void set_alarm(Time, std::function<void()>) override {}
  Time time = 100s;
};

Settings settings() {
  Settings settings;
  LegacyStoreSettings source;
  source.tcp = {"old", 1113};
  settings.source = source;
  GrpcStoreSettings destination;
  destination.hosts = {{"new1", 2113}, {"new2", 2113}};
  settings.destination = destination;
  settings.subscriptions = {{.stream = "a", .group = "g", .settings = {}},
                            {.stream = "b", .group = "g", .settings = {}}};
  return settings;
}

EventView event() {
  EventView event;
  event.stream = "a-1";
  event.type = "T";
  event.revision = 4;
  return event;
}

class StatusCollectorTest : public ::testing::Test {
 protected:
  StatusCollectorTest() { look.subscriptions.resize(2); }

  void connect(SubscriptionIndex subscription) {
    collector.on_subscription_started({}, {.subscription = subscription, .effective = {}});
  }
  void connect_all() {
    connect(0);
    connect(1);
    collector.on_link_answered(Store::kSource, std::nullopt);
    collector.on_link_answered(Store::kDestination, std::nullopt);
  }
  SubscriptionStatus behind(Revision start, Revision position, Revision end) {
    SubscriptionStatus one;
    one.start = start;
    one.position = position;
    one.end = end;
    one.lag = Lag{end - position, 1s};
    return one;
  }

  ManualClock clock;
  StatusCollector collector{clock, settings()};
  StatusCollector::Look look;
};

TEST_F(StatusCollectorTest, NamesTheStoresAndWhatIsKnownOfThem) {
  look.servers[1] = {"21.10.11.0", "leader", "new2:2113"};
  const CopyStatus status = collector.look(look);
  EXPECT_EQ(status.stores[0].address, "old:1113");
  EXPECT_EQ(status.stores[0].protocol, "TCP");
  EXPECT_EQ(status.stores[1].address, "new1:2113, new2:2113");
  EXPECT_EQ(status.stores[1].version, "21.10.11.0");
  EXPECT_EQ(status.stores[1].node, "new2:2113");
  EXPECT_EQ(status.state.phase, CopyPhase::kStarting);
}

TEST_F(StatusCollectorTest, TellsSinceWhenALinkIsAsItIs) {
  collector.on_link_answered(Store::kSource, std::nullopt);
  clock.time += 5s;
  collector.on_link_answered(Store::kSource, std::nullopt);
  EXPECT_EQ(collector.look(look).stores[0].since, 100s);
  collector.on_link_lost(Store::kSource, {ErrorKind::kTimeout, "no answer"});
  clock.time += 5s;
  collector.on_link_answered(Store::kSource, "still none");
  const StoreStatus source = collector.look(look).stores[0];
  EXPECT_EQ(source.since, 105s);
  EXPECT_EQ(source.answers, false);
  EXPECT_EQ(source.problem, "still none");
  EXPECT_EQ(source.link_failures, 1u);
}

TEST_F(StatusCollectorTest, CountsReconnections) {
  connect_all();
  clock.time += 1s;
  collector.on_subscription_dropped({.stream = "b", .group = "g", .settings = {}}, DropReason::kServer, "");
  SubscriptionStatus b = collector.look(look).subscriptions[1];
  EXPECT_FALSE(b.is_connected);
  EXPECT_EQ(b.since, 101s);
  EXPECT_EQ(collector.look(look).state, (CopyState{CopyPhase::kWaiting, "for the subscription to 'b'"}));
  connect(1);
  b = collector.look(look).subscriptions[1];
  EXPECT_TRUE(b.is_connected);
  EXPECT_EQ(b.reconnections, 1u);
  EXPECT_EQ(collector.look(look).subscriptions[0].reconnections, 0u);
}

TEST_F(StatusCollectorTest, TheShareIsOfAllSubscriptionsFromWhereTheyBegin) {
  connect_all();
  look.figures.lag = Lag{50, 1s};
  look.subscriptions = {behind(0, 9, 9), behind(100, 99, 189)};
  EXPECT_EQ(collector.look(look).share, 0.1);
  look.subscriptions = {behind(0, 9, 9), behind(100, 188, 189)};
  EXPECT_EQ(collector.look(look).share, 0.99);
  look.subscriptions = {behind(0, -1, -1), behind(-1, -1, -1)};
  EXPECT_EQ(collector.look(look).share, 1) << "there is nothing to do";
  look.subscriptions[1].in_flight = 1;
  EXPECT_EQ(collector.look(look).share, 0) << "what was delivered is there, whenever the end was looked at";
  look.subscriptions[1].end.reset();
  EXPECT_EQ(collector.look(look).share, std::nullopt);
}

TEST_F(StatusCollectorTest, TheStateHasItsTime) {
  connect_all();
  look.figures.lag = Lag{};
  EXPECT_EQ(collector.look(look).state.phase, CopyPhase::kLive);
  clock.time += 7s;
  EXPECT_EQ(collector.look(look).state_since, 100s);
  collector.on_stop_requested();
  EXPECT_EQ(collector.look(look).state.phase, CopyPhase::kStopping);
  EXPECT_EQ(collector.look(look).state_since, 107s);
  collector.on_end({3, "denied"});
  const CopyStatus last = collector.look(look);
  EXPECT_EQ(last.state, (CopyState{CopyPhase::kEnded, "denied"}));
  ASSERT_TRUE(last.end);
  EXPECT_EQ(last.end->exit_code, 3);
}

TEST_F(StatusCollectorTest, TheLagInBytesIsReckonedFromWhatWasCopied) {
  look.figures.lag = Lag{10, 1s};
  EXPECT_EQ(collector.look(look).lag_bytes, std::nullopt);
  EventView view = event();
  view.data = "12345678";
  view.metadata = "{}";
  std::vector<Event> copied;
  copied.emplace_back(view);
  collector.on_events_copied(copied);
  EXPECT_EQ(collector.look(look).lag_bytes, 10 * static_cast<std::int64_t>(copied[0].payload_bytes()));
}

TEST_F(StatusCollectorTest, RemembersWhatWasNotCopiedByItsKind) {
  collector.on_event_filtered(event(), "not listed");
  collector.on_event_invalid(event(), "no object");
  collector.on_event_skipped(event(), {WriteFailureReason::kRejected, "too large"});
  collector.on_event_parked(event(), "why");
  const CopyStatus status = collector.look(look);
  ASSERT_THAT(*status.troubles, SizeIs(4));
  EXPECT_EQ(status.troubles->at(0).kind, TroubleKind::kFiltered);
  EXPECT_EQ(status.troubles->at(1).kind, TroubleKind::kInvalid);
  EXPECT_EQ(status.troubles->at(2).kind, TroubleKind::kFailed);
  EXPECT_EQ(status.troubles->at(2).reason, "too large");
  EXPECT_EQ(status.troubles->at(3).kind, TroubleKind::kParked);
  EXPECT_EQ(status.troubles_total, 4u);
}

TEST_F(StatusCollectorTest, TheProcessHasMemory) { EXPECT_GT(collector.look(look).memory_bytes, 1 << 20); }

}  // namespace
}  // namespace interconnect
