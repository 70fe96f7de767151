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

Event event_of(int n) {
  EventId id;
  for (int byte = 0; byte < 4; ++byte) id.bytes[15 - byte] = static_cast<std::uint8_t>(n >> (8 * byte));
  return Event({"", 0, id, "Moved", ContentKind::kJson, "{\"n\":" + std::to_string(n) + "}", ""});
}

// Copies so many events that go round so many streams, and looks at both stores afterwards.
void copy(int events, int streams, std::int32_t buffer_size) {
  FakeEventLoop loop;
  FakeEventStore from(loop);
  FakeEventStore to(loop);
  const auto stream_of = [streams](int n) { return "hero-" + std::to_string(n % streams); };
  for (int n = 0; n < events; ++n) {
    const Event event = event_of(n);
    ASSERT_TRUE(std::holds_alternative<Appended>(from.append(stream_of(n), std::span(&event, 1))));
  }

  const std::vector<Subscription> subscriptions{{"$ce-hero", "copy", buffer_size, {}}};
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
    return group != nullptr && group->acknowledged().size() >= static_cast<std::size_t>(events);
  };
  ASSERT_TRUE(loop.run_until([&] { return all_acknowledged() || !killer.kills.empty(); }));
  driver.stop(std::chrono::seconds(5));
  ASSERT_TRUE(loop.run_until([&] { return !killer.kills.empty(); }));
  EXPECT_EQ(killer.kills[0].code, ExitCode::kStopped) << killer.kills[0].last_words;

  const FakeConsumerGroup& group = *from.group("$ce-hero", "copy");
  EXPECT_EQ(group.acknowledged().size(), static_cast<std::size_t>(events));
  EXPECT_TRUE(group.parked().empty());
  EXPECT_TRUE(group.is_settled());
  for (int n = 0; n < events; ++n) {
    const Event* const copied = to.find(stream_of(n), n / streams);
    ASSERT_NE(copied, nullptr) << n;
    EXPECT_EQ(copied->id(), event_of(n).id());
    EXPECT_EQ(copied->data(), event_of(n).data());
  }
  for (int n = 0; n < streams; ++n) EXPECT_EQ(to.last_revision(stream_of(n)), events / streams - 1);
}

TEST(CopyOverFakes, CopiesEachEventOnceInOrderAndAcknowledgesIt) { copy(100, 5, 20); }

TEST(CopyOverFakes, CopiesAHundredThousandStreams) { copy(200'000, 100'000, 2'000); }

}  // namespace
}  // namespace interconnect::testing
