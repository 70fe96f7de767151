// The orders alone: whose turn it is.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/copier/global_order.h"
#include "domain/copier/stream_order.h"

namespace interconnect {
namespace {

using std::chrono::seconds;
using Lanes = std::vector<LaneNumber>;

class FakeSender final : public Sender {
 public:
  Front front(LaneNumber lane) const override { return fronts.at(lane); }
  bool has_appends() const override { return !turns.empty() && !are_answered; }
  bool has_room() override { return room-- > 0; }
  void take_turn(LaneNumber lane, Time) override {
    turns.push_back(lane);
    if (on_turn) on_turn(lane);
  }
  void let_go(LaneNumber) override {}
  bool has_exited() const override { return false; }

  std::map<LaneNumber, Front> fronts;
  std::function<void(LaneNumber)> on_turn;
  int room = 100;
  bool are_answered = false;
  Lanes turns;
};

class FakeDeliveries final : public Deliveries {
 public:
  std::optional<Revision> lowest_unresolved_link() const override { return unresolved; }
  Time predecessor_wait_until(SubscriptionIndex) const override { return wait_until; }
  void await_predecessor(SubscriptionIndex, Time) override { ++awaited; }
  Nature nature(SubscriptionIndex) const override { return {}; }
  bool share_streams() const override { return false; }
  bool would_admit(SubscriptionIndex, const EventView&) const override { return true; }
  bool is_held(const EventIdentity&) const override { return true; }
  bool is_held_or_settled(const EventIdentity&) const override { return true; }
  std::optional<Revision> revision_of(const EventIdentity&) const override { return {}; }
  void settle(const EventIdentity&, bool) override {}
  void park(const EventIdentity&, const EventView&, const WriteFailure&) override {}
  bool withdraw(const EventIdentity&) override { return true; }
  void hold_undelivered(const EventIdentity&, Revision) override {}

  std::optional<Revision> unresolved;
  Time wait_until{0};
  int awaited = 0;
};

TEST(StreamOrderTest, LanesTakeTurnsAsTheyBecomeReadyWhileThereIsRoom) {
  StreamOrder order;
  FakeSender sender;
  for (const LaneNumber lane : {3, 1, 2}) order.on_ready(lane);
  order.on_unready(1);
  sender.room = 1;
  order.pump(sender, Time{0});
  EXPECT_EQ(sender.turns, Lanes{3});
  sender.room = 100;
  order.pump(sender, Time{0});
  EXPECT_EQ(sender.turns, (Lanes{3, 2}));
}

class GlobalOrderClassTest : public ::testing::Test {
 protected:
  GlobalOrderClassTest() {
    order_.on_connected(true, true, Time{0});
    order_.on_sink_order(1'000);
    sender_.on_turn = [this](LaneNumber lane) {
      const auto [position, of] = *waiting_.begin();
      ASSERT_EQ(of, lane) << "whose event is next";
      waiting_.erase(waiting_.begin());
      order_.dequeue(position, lane);
    };
  }

  void deliver(Revision position, LaneNumber lane) {
    order_.on_delivered(position, 0);
    order_.enqueue(position, lane);
    waiting_[position] = lane;
    sender_.fronts[lane] = {.is_free = true, .knows_tail = true};
  }

  FakeDeliveries deliveries_;
  GlobalOrder order_{seconds(1), deliveries_};
  FakeSender sender_;
  std::map<Revision, LaneNumber> waiting_;
};

TEST_F(GlobalOrderClassTest, TurnsGoByPosition) {
  deliver(0, 2);
  deliver(1, 1);
  deliver(2, 2);
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, (Lanes{2, 1, 2}));
}

TEST_F(GlobalOrderClassTest, APositionThatIsLeftOutIsWaitedFor) {
  deliver(0, 1);
  deliver(2, 2);
  deliveries_.wait_until = seconds(5);
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, Lanes{1});
  EXPECT_EQ(deliveries_.awaited, 1);
  EXPECT_EQ(order_.next_deadline(sender_), seconds(5));
  order_.pump(sender_, seconds(5));
  EXPECT_EQ(sender_.turns, (Lanes{1, 2})) << "not for ever";
}

TEST_F(GlobalOrderClassTest, SoIsOneThatComesAgain) {
  deliver(0, 1);
  deliver(1, 2);
  order_.pump(sender_, Time{0});
  deliver(2, 1);
  order_.dequeue(2, 1);
  waiting_.clear();
  order_.forget(std::vector<Revision>{2});
  deliveries_.wait_until = seconds(5);
  deliver(3, 2);
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, (Lanes{1, 2}));
  deliver(2, 1);
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, (Lanes{1, 2, 1, 2}));
}

TEST_F(GlobalOrderClassTest, ALinkThatIsStillToBeReadIsWaitedForAsLongAsItTakes) {
  deliver(0, 1);
  deliver(2, 2);
  deliveries_.unresolved = 1;
  order_.on_delivered(1, 0);
  order_.pump(sender_, seconds(99));
  EXPECT_EQ(sender_.turns, Lanes{1});
  deliveries_.unresolved.reset();
  order_.pump(sender_, seconds(99));
  EXPECT_EQ(sender_.turns, (Lanes{1, 2}));
}

TEST_F(GlobalOrderClassTest, NothingFollowsAnAppendThatMayBeRefused) {
  deliver(0, 1);
  sender_.fronts[1].was_sent = true;
  deliver(1, 2);
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, Lanes{1});
  sender_.are_answered = true;
  order_.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, (Lanes{1, 2}));
}

TEST_F(GlobalOrderClassTest, AfterARestartRedeliveriesComeFirstAndByTheirStreams) {
  GlobalOrder order(seconds(1), deliveries_);
  order.on_connected(true, false, Time{0});
  for (const auto& [position, lane] : {std::pair(7, 1), {5, 2}}) {
    order.on_delivered(position, 1);
    order.enqueue(position, static_cast<LaneNumber>(lane));
    sender_.fronts[static_cast<LaneNumber>(lane)] = {.is_free = true, .knows_tail = true};
  }
  sender_.on_turn = nullptr;
  order.pump(sender_, Time{0});
  EXPECT_EQ(sender_.turns, Lanes{});
  EXPECT_EQ(order.next_deadline(sender_), seconds(1));
  order.pump(sender_, seconds(1));
  EXPECT_EQ(sender_.turns, Lanes{2}) << "the lowest position is the first of all";
}

}  // namespace
}  // namespace interconnect
