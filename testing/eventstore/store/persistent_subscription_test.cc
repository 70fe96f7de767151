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
  void push(const ResolvedEvent& event, int retry_count) override {
    got.emplace_back(event.original().number, retry_count);
    ids.push_back(event.original().id);
  }
  void dropped(DropReason) override { ++drops; }

  std::vector<std::pair<std::int64_t, int>> got;
  std::vector<EventId> ids;
  int drops = 0;
};

class PersistentSubscriptionTest : public testing::Test {
 protected:
  void write(int count) {
    for (int i = 0; i < count; ++i) {
      NewEvent event;
      event.id = new_event_id();
      event.type = "T";
      store_.append_as_system("s", kAny, {event});
    }
    store_.flush();
  }
  PersistentSubscription& create(GroupSettings settings) {
    EXPECT_EQ(groups_.create("s", "g", std::move(settings), admin_).result, GroupResult::kSuccess);
    return *groups_.find("s", "g");
  }
  void connect(PersistentSubscription& group, Receiver& receiver, int window) {
    group.add_client(&receiver, window, "admin", "here", "", now_);
  }
  static GroupSettings from_start() {
    GroupSettings settings;
    settings.start_from = 0;
    return settings;
  }
  std::size_t parked() { return store_.all_events("$persistentsubscription-s::g-parked").size(); }

  std::int64_t now_ = 1'000'000;
  EventStore store_{{}, [] { return Ticks{0}; }};
  SubscriptionService groups_{store_, {}, [this] { return now_; }};
  const User* admin_ = store_.authenticate("admin", "changeit");
};

TEST_F(PersistentSubscriptionTest, TheWindowIsExact) {
  write(5);
  PersistentSubscription& group = create(from_start());
  Receiver r;
  connect(group, r, 2);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0)));
  group.ack(&r, {r.ids[0]}, now_);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0), Pair(2, 0)));
}

TEST_F(PersistentSubscriptionTest, ALostConsumersEventsGoToTheOthersAtOnce) {
  write(4);
  PersistentSubscription& group = create(from_start());
  Receiver a, b;
  connect(group, a, 2);
  connect(group, b, 10);
  ASSERT_EQ(b.got.size(), 2u);
  group.remove_client(&a, now_);
  EXPECT_THAT(b.got, ElementsAre(Pair(2, 0), Pair(3, 0), Pair(0, 1), Pair(1, 1)));
}

TEST_F(PersistentSubscriptionTest, RetriesCountUpThenTheEventIsParked) {
  write(1);
  GroupSettings settings = from_start();
  settings.max_retry_count = 2;
  PersistentSubscription& group = create(settings);
  Receiver r;
  connect(group, r, 10);
  // Unknown is a retry.
  group.nak(&r, {r.ids[0]}, NakAction::kUnknown, "", now_);
  group.nak(&r, {r.ids[0]}, NakAction::kRetry, "", now_);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(0, 1), Pair(0, 2)));
  EXPECT_EQ(parked(), 0u);
  group.nak(&r, {r.ids[0]}, NakAction::kRetry, "", now_);
  EXPECT_EQ(r.got.size(), 3u);
  ASSERT_EQ(parked(), 1u);
  const Record* parked = store_.all_events("$persistentsubscription-s::g-parked")[0];
  EXPECT_EQ(parked->data, "0@s");
  EXPECT_NE(parked->metadata.find("Reached retry count of 2"), std::string::npos);
}

TEST_F(PersistentSubscriptionTest, SkipAndStopOnlyDropTheEvent) {
  write(3);
  PersistentSubscription& group = create(from_start());
  Receiver r;
  connect(group, r, 1);
  group.nak(&r, {r.ids[0]}, NakAction::kSkip, "", now_);
  group.nak(&r, {r.ids[1]}, NakAction::kStop, "", now_);
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0), Pair(2, 0)));
  EXPECT_EQ(parked(), 0u);
  EXPECT_EQ(r.drops, 0);
}

TEST_F(PersistentSubscriptionTest, ParkedEventsComeBackWhenTheyAreReplayed) {
  write(2);
  PersistentSubscription& group = create(from_start());
  Receiver r;
  connect(group, r, 10);
  group.nak(&r, r.ids, NakAction::kPark, "why", now_);
  ASSERT_EQ(parked(), 2u);
  EXPECT_EQ(group.get_info().parked, 2);
  group.replay_parked(std::nullopt, now_);
  EXPECT_EQ(r.got.size(), 4u);
  EXPECT_EQ(group.get_info().parked, 0);
}

TEST_F(PersistentSubscriptionTest, TimeoutsAreLookedAtWithTheTick) {
  write(1);
  GroupSettings settings = from_start();
  settings.message_timeout_ms = 1500;
  PersistentSubscription& group = create(settings);
  Receiver r;
  connect(group, r, 10);
  now_ += 1499;
  groups_.tick();
  EXPECT_EQ(r.got.size(), 1u);
  now_ += 2;
  EXPECT_EQ(r.got.size(), 1u);
  groups_.tick();
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(0, 1)));
  // A late ack of what was delivered again counts.
  group.ack(&r, {r.ids[0]}, now_);
  EXPECT_EQ(group.get_info().outstanding, 0u);
  // An unknown id changes nothing.
  group.ack(&r, {new_event_id()}, now_);
}

TEST_F(PersistentSubscriptionTest, AZeroTimeoutIsNone) {
  write(1);
  GroupSettings settings = from_start();
  settings.message_timeout_ms = 0;
  Receiver r;
  connect(create(settings), r, 10);
  now_ += 1'000'000'000;
  groups_.tick();
  EXPECT_EQ(r.got.size(), 1u);
}

TEST_F(PersistentSubscriptionTest, ACheckpointIsBehindTheOldestUnacknowledgedEvent) {
  write(30);
  GroupSettings settings = from_start();
  settings.max_check_point_count = 20;
  PersistentSubscription& group = create(settings);
  Receiver r;
  connect(group, r, 100);
  std::vector<EventId> all = r.ids;
  group.ack(&r, {all.begin() + 1, all.end()}, now_);
  EXPECT_TRUE(store_.all_events("$persistentsubscription-s::g-checkpoint").empty());
  group.ack(&r, {all[0]}, now_);
  ASSERT_EQ(store_.all_events("$persistentsubscription-s::g-checkpoint").size(), 1u);
  EXPECT_EQ(store_.all_events("$persistentsubscription-s::g-checkpoint")[0]->data, "29");
}

TEST_F(PersistentSubscriptionTest, AnUpdateDropsEveryoneAndGoesOnAtTheCheckpoint) {
  write(20);
  GroupSettings settings = from_start();
  settings.max_check_point_count = 5;
  PersistentSubscription& group = create(settings);
  Receiver r;
  connect(group, r, 10);
  group.ack(&r, {r.ids.begin(), r.ids.begin() + 8}, now_);
  EXPECT_EQ(groups_.update("s", "g", from_start(), admin_).result, GroupResult::kSuccess);
  EXPECT_EQ(r.drops, 1);
  Receiver next;
  connect(*groups_.find("s", "g"), next, 1);
  EXPECT_THAT(next.got, ElementsAre(Pair(8, 0)));
}

TEST_F(PersistentSubscriptionTest, ManyMoreEventsThanTheBuffersHoldComeInOrder) {
  GroupSettings settings = from_start();
  settings.buffer_size = 20;
  settings.live_buffer_size = 10;
  settings.read_batch_size = 10;
  PersistentSubscription& group = create(settings);
  Receiver r;
  connect(group, r, 5);
  write(300);
  for (std::size_t acked = 0; acked < r.ids.size(); ++acked) {
    group.ack(&r, {r.ids[acked]}, now_);
    groups_.tick();
  }
  ASSERT_EQ(r.got.size(), 300u);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(r.got[static_cast<std::size_t>(i)].first, i);
}

TEST_F(PersistentSubscriptionTest, PinnedKeepsAStreamWithOneConsumer) {
  for (int i = 0; i < 40; ++i) {
    NewEvent event;
    event.id = new_event_id();
    event.type = "$>";
    event.data = "0@source-" + std::to_string(i % 4);
    store_.append_as_system("s", kAny, {event});
  }
  GroupSettings settings = from_start();
  settings.named_consumer_strategy = "Pinned";
  PersistentSubscription& group = create(settings);
  Receiver a, b;
  connect(group, a, 1);
  connect(group, b, 1);
  std::size_t acked_a = 0, acked_b = 0;
  while (acked_a < a.ids.size() || acked_b < b.ids.size()) {
    if (acked_a < a.ids.size()) group.ack(&a, {a.ids[acked_a++]}, now_);
    if (acked_b < b.ids.size()) group.ack(&b, {b.ids[acked_b++]}, now_);
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
    void push(const ResolvedEvent& event, int retry_count) override {
      Receiver::push(event, retry_count);
      targets.push_back(event.event == nullptr ? "none" : event.event->stream_name());
    }
    std::vector<std::string> targets;
  };
  for (const auto cut : {EventStore::LinkCut::kAtTheFirst, EventStore::LinkCut::kAtEvery}) {
    const bool every = cut == EventStore::LinkCut::kAtEvery;
    EventStore own{{}, [] { return Ticks{0}; }};
    SubscriptionService service(own, {.live_link_cut = cut}, [this] { return now_; });
    const auto write = [&own](const std::string& stream, const std::string& type, const std::string& data) {
      own.append_as_system(stream, kAny,
                           {{.id = new_event_id(), .type = type, .is_json = false, .data = data, .metadata = ""}});
      own.flush();
    };
    const std::string s = every ? "every" : "first";
    write("a@b-" + s, "T", "");
    write("c-" + s, "T", "");
    write(s, "$>", "0@a@b-" + s);
    GroupSettings settings = from_start();
    settings.resolve_link_tos = true;
    settings.max_retry_count = 1;
    ASSERT_EQ(service.create(s, "g", settings, admin_).result, GroupResult::kSuccess);
    PersistentSubscription& group = *service.find(s, "g");
    Targets r;
    connect(group, r, 100);
    write(s, "$>", "0@a@b-" + s);
    write(s, "$>", "0@c-" + s);
    const std::string cut_off = every ? "none" : "a@b-" + s;
    EXPECT_THAT(r.targets, ElementsAre("a@b-" + s, cut_off, "c-" + s));
    // What was not found is not looked for again, but by a replay of what was parked.
    group.nak(&r, {r.ids[1]}, NakAction::kRetry, "", now_);
    EXPECT_EQ(r.targets.back(), cut_off);
    group.nak(&r, {r.ids[1]}, NakAction::kRetry, "", now_);
    const auto parked = own.all_events("$persistentsubscription-" + s + "::g-parked");
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_EQ(parked[0]->data, "0@a@b-" + s);
    EXPECT_THAT(parked[0]->metadata, testing::HasSubstr("\"reason\": \"Reached retry count of 1\""));
    EXPECT_THAT(parked[0]->metadata, testing::HasSubstr("\"subscriptionEventNumber\": 1"));
    group.replay_parked(std::nullopt, now_);
    EXPECT_EQ(r.targets.back(), "a@b-" + s);
  }
}

TEST_F(PersistentSubscriptionTest, WithoutResolvingLinksComeAsEvents) {
  class Links : public Receiver {
   public:
    void push(const ResolvedEvent& event, int retry_count) override {
      Receiver::push(event, retry_count);
      ASSERT_NE(event.event, nullptr);
      EXPECT_EQ(event.event->type, "$>");
      EXPECT_EQ(event.link, nullptr);
    }
  };
  const auto link = [this] {
    store_.append_as_system("s", kAny,
                            {{.id = new_event_id(), .type = "$>", .is_json = false, .data = "0@x", .metadata = ""}});
    store_.flush();
  };
  link();
  PersistentSubscription& group = create(from_start());
  Links r;
  connect(group, r, 10);
  link();
  EXPECT_THAT(r.got, ElementsAre(Pair(0, 0), Pair(1, 0)));
}

TEST_F(PersistentSubscriptionTest, GroupsAreRefusedAsTheServerRefusesThem) {
  EXPECT_EQ(groups_.create("s", "g", {}, nullptr).result, GroupResult::kAccessDenied);
  EXPECT_EQ(groups_.create("$all", "g", {}, admin_).reason, "Bad stream name.");
  GroupSettings odd;
  odd.named_consumer_strategy = "NoSuch";
  EXPECT_EQ(groups_.create("s", "g", odd, admin_).reason, "Consumer strategy NoSuch does not exist.");
  EXPECT_EQ(groups_.update("s", "g", {}, admin_).result, GroupResult::kDoesNotExist);
  GroupSettings one;
  one.max_subscriber_count = 1;
  PersistentSubscription& group = create(one);
  EXPECT_EQ(groups_.create("s", "g", {}, admin_).result, GroupResult::kAlreadyExists);
  Receiver r;
  connect(group, r, 1);
  EXPECT_EQ(groups_.find_to_connect("s", "g", nullptr).refused, DropReason::kSubscriberMaxCountReached);
  EXPECT_EQ(groups_.find_to_connect("s", "none", nullptr).refused, DropReason::kNotFound);
}

}  // namespace
}  // namespace interconnect::eventstore
