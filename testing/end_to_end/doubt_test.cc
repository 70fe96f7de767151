// What a store says or shows is not taken for more than it is.

#include <csignal>
#include <set>
#include <string>

#include "testing/end_to_end/fixture.h"

namespace interconnect::testing {
namespace {

class DoubtTest : public EndToEndTest {
 protected:
  DoubtTest() : EndToEndTest({kJournal}) {}
};

TEST_P(DoubtTest, LiveEventsOfStreamsWithAtSignsArrive) {
  const auto copier = start(configuration());
  ASSERT_TRUE(copier->says("subscribed to"));
  int n = 0;
  // The old servers take a link to the first one for a link to the second.
  for (const std::string stream : {"hero-a@b.com", "hero-a", "hero-a@b@c", "hero-@"}) {
    source.append(stream, {{event_id(++n), "Changed", true, "{}", ""}, {event_id(++n), "Changed", true, "{}", ""}});
  }
  source.append("hero-a@b.com", {{event_id(++n), "Changed", true, "{}", ""}});
  ASSERT_TRUE(eventually([&] { return destination_count() == n && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(DoubtTest, AGroupThatSendsLinksIsCopied) {
  source.make_group(kStream, kGroup, R"({"startFrom":-1,"resolveLinktos":false})");
  source.load("hero-", 20, 500);
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return destination_count() == 500 && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(DoubtTest, WhatACategoryLeavesOutIsCopiedInItsPlace) {
  source.append("hero-1", {{event_id(1), "Changed", true, "{}", ""},
                           {event_id(2), "Changed", true, "plain text", ""},
                           {event_id(3), "Changed", true, "", ""},
                           {event_id(4), "Changed", true, "{}", ""}});
  source.append("hero-2", {{event_id(5), "Changed", true, "\xef\xbb\xbf{}", ""}, {event_id(6), "Changed", true, "{}", ""}});
  const auto copier = start(configuration());
  ASSERT_TRUE(eventually([&] { return destination_count() == 6 && is_all_acknowledged(); }));
  expect_copied();
}

TEST_P(DoubtTest, ADestinationThatHidesEventsGetsNoneTwice) {
  constexpr int kStreams = 5;
  constexpr int kEvents = 1'500;
  for (int i = 0; i < kStreams; ++i) destination.set_metadata("hero-" + std::to_string(i), R"({"$maxCount":3})");
  source.load("hero-", kStreams, kEvents);
  destination.misbehave(R"({"applyDelayMs":20})");
  const std::string small = configuration("destination: {maxAppendEvents: 10}");
  for (int kill = 1; kill <= 4; ++kill) {
    const auto copier = start(small);
    ASSERT_TRUE(eventually([&] { return destination_count() >= kill * kEvents / 6; }));
    copier->signal(SIGKILL);
    EXPECT_EQ(copier->exit_code(), -1);
  }
  destination.misbehave(R"({"reset":true})");
  const auto last = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() >= kEvents; }));
  EXPECT_EQ(destination_count(), kEvents) << last->output();
}

INSTANTIATE_TEST_SUITE_P(Directions, DoubtTest, all_directions(), name_of);

}  // namespace
}  // namespace interconnect::testing
