#include "testing/eventstore/store/persistent_subscription.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/eventstore/store/subscription_service.h"

namespace interconnect::eventstore {
namespace {

using testing::ElementsAre;
using testing::Pair;

class Receiver : public Subscriber {
 public:
  void Push(const ResolvedEvent& event, int retry_count) override {
    got.emplace_back(event.original().number, retry_count);
    ids.push_back(event.original().id);
  }
  void Dropped(DropReason) override { ++drops; }

  std::vector<std::pair<std::int64_t, int>> got;
  std::vector<EventId> ids;
  int drops = 0;
};

class PersistentSubscriptionTest : public testing::Test {
 protected:
  void Write(int count) {
    for (int i = 0; i < count; ++i) {
      NewEvent event;
      event.id = NewEventId();
      event.type = "T";
      store.AppendAsSystem("s", kAny, {event});
    }
    store.Flush();
  }
  PersistentSubscription& Create(GroupSettings settings) {
    EXPECT_EQ(groups.Create("s", "g", std::move(settings), admin).result, GroupResult::kSuccess);
    return *groups.Find("s", "g");
  }
  void Connect(PersistentSubscription& group, Receiver& receiver, int window) {
    group.AddClient(&receiver, window, "admin", "here", "", now);
  }
  static GroupSettings FromStart() {
    GroupSettings settings;
    settings.start_from = 0;
    return settings;
  }
  std::size_t Parked() { return store.AllEvents("$persistentsubscription-s::g-parked").size(); }

  std::int64_t now = 1'000'000;
  EventStore store{{}, [] { return Ticks{0}; }};
  SubscriptionService groups{store, {}, [this] { return now; }};
  const User* admin = store.Authenticate("admin", "changeit");
};

TEST_F(PersistentSubscriptionTest, TheWindowIsExact) {
  Write(5);
  PersistentSubscription& group = Create(FromStart());
  Receiver r;
  Connect(group, r, 2);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0)));
  group.Ack(&r, {r.ids[0]}, now);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0), Pair(2, 0)));
}

TEST_F(PersistentSubscriptionTest, ALostConsumersEventsGoToTheOthersAtOnce) {
  Write(4);
  PersistentSubscription& group = Create(FromStart());
  Receiver a, b;
  Connect(group, a, 2);
  Connect(group, b, 10);
  ASSERT_EQ(b.got.size(), 2u);
  group.RemoveClient(&a, now);
  EXPECT_THAT(b.got, ElementsAre(Pair(2, 0), Pair(3, 0), Pair(0, 1), Pair(1, 1)));
}

TEST_F(PersistentSubscriptionTest, RetriesCountUpThenTheEventIsParked) {
  Write(1);
  GroupSettings settings = FromStart();
  settings.max_retry_count = 2;
  PersistentSubscription& group = Create(settings);
  Receiver r;
  Connect(group, r, 10);
  // Unknown is a retry.
  group.Nak(&r, {r.ids[0]}, NakAction::kUnknown, "", now);
  group.Nak(&r, {r.ids[0]}, NakAction::kRetry, "", now);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(0, 1), Pair(0, 2)));
  EXPECT_EQ(Parked(), 0u);
  group.Nak(&r, {r.ids[0]}, NakAction::kRetry, "", now);
  EXPECT_EQ(r.got.size(), 3u);
  ASSERT_EQ(Parked(), 1u);
  const Record* parked = store.AllEvents("$persistentsubscription-s::g-parked")[0];
  EXPECT_EQ(parked->data, "0@s");
  EXPECT_NE(parked->metadata.find("Reached retry count of 2"), std::string::npos);
}

TEST_F(PersistentSubscriptionTest, SkipAndStopOnlyDropTheEvent) {
  Write(3);
  PersistentSubscription& group = Create(FromStart());
  Receiver r;
  Connect(group, r, 1);
  group.Nak(&r, {r.ids[0]}, NakAction::kSkip, "", now);
  group.Nak(&r, {r.ids[1]}, NakAction::kStop, "", now);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0), Pair(2, 0)));
  EXPECT_EQ(Parked(), 0u);
  EXPECT_EQ(r.drops, 0);
}

TEST_F(PersistentSubscriptionTest, ParkedEventsComeBackWhenTheyAreReplayed) {
  Write(2);
  PersistentSubscription& group = Create(FromStart());
  Receiver r;
  Connect(group, r, 10);
  group.Nak(&r, r.ids, NakAction::kPark, "why", now);
  ASSERT_EQ(Parked(), 2u);
  EXPECT_EQ(group.GetInfo().parked, 2);
  group.ReplayParked(std::nullopt, now);
  EXPECT_EQ(r.got.size(), 4u);
  EXPECT_EQ(group.GetInfo().parked, 0);
}

TEST_F(PersistentSubscriptionTest, TimeoutsAreLookedAtWithTheTick) {
  Write(1);
  GroupSettings settings = FromStart();
  settings.message_timeout_ms = 1500;
  PersistentSubscription& group = Create(settings);
  Receiver r;
  Connect(group, r, 10);
  now += 1499;
  groups.Tick();
  EXPECT_EQ(r.got.size(), 1u);
  now += 2;
  EXPECT_EQ(r.got.size(), 1u);
  groups.Tick();
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(0, 1)));
  // A late ack of what was delivered again counts.
  group.Ack(&r, {r.ids[0]}, now);
  EXPECT_EQ(group.GetInfo().outstanding, 0u);
  // An unknown id changes nothing.
  group.Ack(&r, {NewEventId()}, now);
}

TEST_F(PersistentSubscriptionTest, AZeroTimeoutIsNone) {
  Write(1);
  GroupSettings settings = FromStart();
  settings.message_timeout_ms = 0;
  Receiver r;
  Connect(Create(settings), r, 10);
  now += 1'000'000'000;
  groups.Tick();
  EXPECT_EQ(r.got.size(), 1u);
}

TEST_F(PersistentSubscriptionTest, ACheckpointIsBehindTheOldestUnacknowledgedEvent) {
  Write(30);
  GroupSettings settings = FromStart();
  settings.max_check_point_count = 20;
  PersistentSubscription& group = Create(settings);
  Receiver r;
  Connect(group, r, 100);
  std::vector<EventId> all = r.ids;
  group.Ack(&r, {all.begin() + 1, all.end()}, now);
  EXPECT_TRUE(store.AllEvents("$persistentsubscription-s::g-checkpoint").empty());
  group.Ack(&r, {all[0]}, now);
  ASSERT_EQ(store.AllEvents("$persistentsubscription-s::g-checkpoint").size(), 1u);
  EXPECT_EQ(store.AllEvents("$persistentsubscription-s::g-checkpoint")[0]->data, "29");
}

TEST_F(PersistentSubscriptionTest, AnUpdateDropsEveryoneAndGoesOnAtTheCheckpoint) {
  Write(20);
  GroupSettings settings = FromStart();
  settings.max_check_point_count = 5;
  PersistentSubscription& group = Create(settings);
  Receiver r;
  Connect(group, r, 10);
  group.Ack(&r, {r.ids.begin(), r.ids.begin() + 8}, now);
  EXPECT_EQ(groups.Update("s", "g", FromStart(), admin).result, GroupResult::kSuccess);
  EXPECT_EQ(r.drops, 1);
  Receiver next;
  Connect(*groups.Find("s", "g"), next, 1);
  EXPECT_THAT(next.got, ElementsAre(Pair(8, 0)));
}

TEST_F(PersistentSubscriptionTest, ManyMoreEventsThanTheBuffersHoldComeInOrder) {
  GroupSettings settings = FromStart();
  settings.buffer_size = 20;
  settings.live_buffer_size = 10;
  settings.read_batch_size = 10;
  PersistentSubscription& group = Create(settings);
  Receiver r;
  Connect(group, r, 5);
  Write(300);
  for (std::size_t acked = 0; acked < r.ids.size(); ++acked) {
    group.Ack(&r, {r.ids[acked]}, now);
    groups.Tick();
  }
  ASSERT_EQ(r.got.size(), 300u);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(r.got[static_cast<std::size_t>(i)].first, i);
}

TEST_F(PersistentSubscriptionTest, PinnedKeepsAStreamWithOneConsumer) {
  for (int i = 0; i < 40; ++i) {
    NewEvent event;
    event.id = NewEventId();
    event.type = "$>";
    event.data = "0@source-" + std::to_string(i % 4);
    store.AppendAsSystem("s", kAny, {event});
  }
  GroupSettings settings = FromStart();
  settings.named_consumer_strategy = "Pinned";
  PersistentSubscription& group = Create(settings);
  Receiver a, b;
  Connect(group, a, 1);
  Connect(group, b, 1);
  std::size_t acked_a = 0, acked_b = 0;
  while (acked_a < a.ids.size() || acked_b < b.ids.size()) {
    if (acked_a < a.ids.size()) group.Ack(&a, {a.ids[acked_a++]}, now);
    if (acked_b < b.ids.size()) group.Ack(&b, {b.ids[acked_b++]}, now);
  }
  EXPECT_EQ(a.got.size() + b.got.size(), 40u);
  for (const auto& [number, retry] : a.got) {
    for (const auto& [other, other_retry] : b.got) EXPECT_NE(number % 4, other % 4);
  }
}

// PersistentSubscriptionService.cs, ResolveLinkToEvent, against StorageReaderWorker.cs.
TEST_F(PersistentSubscriptionTest, OnlyLiveLinksAreCutAtEveryAt) {
  class Targets : public Receiver {
   public:
    void Push(const ResolvedEvent& event, int retry_count) override {
      Receiver::Push(event, retry_count);
      targets.push_back(event.event == nullptr ? "none" : event.event->stream_name());
    }
    std::vector<std::string> targets;
  };
  for (const auto cut : {EventStore::LinkCut::kAtTheFirst, EventStore::LinkCut::kAtEvery}) {
    const bool every = cut == EventStore::LinkCut::kAtEvery;
    EventStore own{{}, [] { return Ticks{0}; }};
    SubscriptionService service(own, {.live_link_cut = cut}, [this] { return now; });
    const auto write = [&own](const std::string& stream, const std::string& type, const std::string& data) {
      own.AppendAsSystem(stream, kAny,
                         {{.id = NewEventId(), .type = type, .is_json = false, .data = data, .metadata = ""}});
      own.Flush();
    };
    const std::string s = every ? "every" : "first";
    write("a@b-" + s, "T", "");
    write("c-" + s, "T", "");
    write(s, "$>", "0@a@b-" + s);
    GroupSettings settings = FromStart();
    settings.resolve_link_tos = true;
    settings.max_retry_count = 1;
    ASSERT_EQ(service.Create(s, "g", settings, admin).result, GroupResult::kSuccess);
    PersistentSubscription& group = *service.Find(s, "g");
    Targets r;
    Connect(group, r, 100);
    write(s, "$>", "0@a@b-" + s);
    write(s, "$>", "0@c-" + s);
    const std::string cut_off = every ? "none" : "a@b-" + s;
    EXPECT_THAT(r.targets, ElementsAre("a@b-" + s, cut_off, "c-" + s));
    // What was not found is not looked for again, but by a replay of what was parked.
    group.Nak(&r, {r.ids[1]}, NakAction::kRetry, "", now);
    EXPECT_EQ(r.targets.back(), cut_off);
    group.Nak(&r, {r.ids[1]}, NakAction::kRetry, "", now);
    const auto parked = own.AllEvents("$persistentsubscription-" + s + "::g-parked");
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_EQ(parked[0]->data, "0@a@b-" + s);
    EXPECT_THAT(parked[0]->metadata, testing::HasSubstr("\"reason\": \"Reached retry count of 1\""));
    EXPECT_THAT(parked[0]->metadata, testing::HasSubstr("\"subscriptionEventNumber\": 1"));
    group.ReplayParked(std::nullopt, now);
    EXPECT_EQ(r.targets.back(), "a@b-" + s);
  }
}

TEST_F(PersistentSubscriptionTest, WithoutResolvingLinksComeAsEvents) {
  class Links : public Receiver {
   public:
    void Push(const ResolvedEvent& event, int retry_count) override {
      Receiver::Push(event, retry_count);
      ASSERT_NE(event.event, nullptr);
      EXPECT_EQ(event.event->type, "$>");
      EXPECT_EQ(event.link, nullptr);
    }
  };
  const auto link = [this] {
    store.AppendAsSystem("s", kAny,
                         {{.id = NewEventId(), .type = "$>", .is_json = false, .data = "0@x", .metadata = ""}});
    store.Flush();
  };
  link();
  PersistentSubscription& group = Create(FromStart());
  Links r;
  Connect(group, r, 10);
  link();
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0)));
}

TEST_F(PersistentSubscriptionTest, GroupsAreRefusedAsTheServerRefusesThem) {
  EXPECT_EQ(groups.Create("s", "g", {}, nullptr).result, GroupResult::kAccessDenied);
  EXPECT_EQ(groups.Create("$all", "g", {}, admin).reason, "Bad stream name.");
  GroupSettings odd;
  odd.named_consumer_strategy = "NoSuch";
  EXPECT_EQ(groups.Create("s", "g", odd, admin).reason, "Consumer strategy NoSuch does not exist.");
  EXPECT_EQ(groups.Update("s", "g", {}, admin).result, GroupResult::kDoesNotExist);
  GroupSettings one;
  one.max_subscriber_count = 1;
  PersistentSubscription& group = Create(one);
  EXPECT_EQ(groups.Create("s", "g", {}, admin).result, GroupResult::kAlreadyExists);
  Receiver r;
  Connect(group, r, 1);
  EXPECT_EQ(groups.FindToConnect("s", "g", nullptr).refused, DropReason::kSubscriberMaxCountReached);
  EXPECT_EQ(groups.FindToConnect("s", "none", nullptr).refused, DropReason::kNotFound);
}

}  // namespace
}  // namespace interconnect::eventstore
