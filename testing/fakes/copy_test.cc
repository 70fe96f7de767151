// The real copier and its driver, from one fake store to another.

#include <string>
#include <vector>

#include "app/copy_driver.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_clock.h"
#include "testing/fakes/fake_event_sink.h"
#include "testing/fakes/fake_event_source.h"
#include "testing/fakes/recording_process_killer.h"

namespace interconnect::testing {
namespace {

constexpr int kStreams = 5;
constexpr int kEvents = 100;

std::string stream_of(int n) { return "hero-" + std::to_string(n % kStreams); }

Event event_of(int n) {
  EventId id;
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return Event({"", 0, id, "Moved", ContentKind::kJson, "{\"n\":" + std::to_string(n) + "}", ""});
}

TEST(CopyOverFakes, CopiesEachEventOnceInOrderAndAcknowledgesIt) {
  FakeEventLoop loop;
  FakeEventStore from(loop);
  FakeEventStore to(loop);
  for (int n = 0; n < kEvents; ++n) {
    const Event event = event_of(n);
    ASSERT_TRUE(std::holds_alternative<Appended>(from.append(stream_of(n), std::span(&event, 1))));
  }

  const std::vector<Subscription> subscriptions{{"$ce-hero", "copy", 20, {}}};
  StockSafetyNet safety_net;
  CopyObserver observer;
  Copier copier({}, subscriptions, EventPolicy({{"Moved", nullptr}}), safety_net, observer);
  LinkWatch link_watch({}, observer);
  FakeEventSource source(from, subscriptions);
  FakeEventSink sink(to);
  FakeClock clock(loop);
  RecordingProcessKiller killer;
  CopyDriver driver(copier, link_watch, source, sink, clock, killer);
  driver.start(subscriptions);

  const auto all_acknowledged = [&] {
    const FakeConsumerGroup* const group = from.group("$ce-hero", "copy");
    return group != nullptr && group->acknowledged().size() >= kEvents;
  };
  ASSERT_TRUE(loop.run_until([&] { return all_acknowledged() || !killer.kills.empty(); }));
  driver.stop();
  ASSERT_TRUE(loop.run_until([&] { return !killer.kills.empty(); }));
  EXPECT_EQ(killer.kills[0].code, ExitCode::kStopped) << killer.kills[0].last_words;

  const FakeConsumerGroup& group = *from.group("$ce-hero", "copy");
  EXPECT_EQ(group.acknowledged().size(), kEvents);
  EXPECT_TRUE(group.parked().empty());
  EXPECT_TRUE(group.is_settled());
  for (int n = 0; n < kEvents; ++n) {
    const Event* const copied = to.find(stream_of(n), n / kStreams);
    ASSERT_NE(copied, nullptr) << n;
    EXPECT_EQ(copied->id(), event_of(n).id());
    EXPECT_EQ(copied->data(), event_of(n).data());
  }
  for (int n = 0; n < kStreams; ++n) EXPECT_EQ(to.last_revision(stream_of(n)), kEvents / kStreams - 1);
}

}  // namespace
}  // namespace interconnect::testing
