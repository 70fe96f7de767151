#include "benchmarks/copy/workload.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace interconnect::copy_benchmark {
namespace {

TEST(Workload, DealsTheEventsToTheStreamsInTurn) {
  const Workload workload("w", {.streams = 3, .bytes = 200, .events = 8});
  EXPECT_EQ(workload.events_of(0), 3u);
  EXPECT_EQ(workload.events_of(1), 3u);
  EXPECT_EQ(workload.events_of(2), 2u);
}

TEST(Workload, HasAStreamForEachEventAtMost) {
  const Workload workload("w", {.streams = 100'000, .bytes = 200, .events = 8});
  EXPECT_EQ(workload.shape().streams, 8u);
  EXPECT_EQ(workload.events_of(7), 1u);
}

TEST(Workload, HasEventsOfTheGivenSizeAndIdsOfTheirOwn) {
  const Workload workload("w", {.streams = 3, .bytes = 1024, .events = 8});
  const Feed feed = workload.events();
  std::set<EventId> ids;
  for (std::size_t stream = 0; stream < feed.streams; ++stream) {
    for (std::uint64_t revision = 0; revision < feed.events(stream); ++revision) {
      const Event event = feed.event(stream, static_cast<Revision>(revision));
      EXPECT_EQ(event.payload_bytes(), 1024u);
      ids.insert(event.id());
    }
  }
  EXPECT_EQ(ids.size(), 8u);
}

TEST(Workload, LinksToEachEventInTheOrderOfTheTurns) {
  const Workload workload("w", {.streams = 3, .bytes = 200, .events = 5});
  const Feed links = workload.links();
  EXPECT_EQ(links.streams, 1u);
  EXPECT_EQ(links.name(0), "w");
  ASSERT_EQ(links.events(0), 5u);
  std::string targets;
  for (Revision n = 0; n < 5; ++n) {
    const Event link = links.event(0, n);
    EXPECT_EQ(link.type(), "$>");
    targets.append(link.data()).push_back(' ');
  }
  EXPECT_EQ(targets, "0@w-0 0@w-1 0@w-2 1@w-0 1@w-1 ");
}

}  // namespace
}  // namespace interconnect::copy_benchmark
