#include "domain/verify/expected_streams.h"

#include <string>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using Expectation = ExpectedStreams::Expectation;

EventView event(Revision revision, std::string_view type = "T", std::string_view data = "{}") {
  EventView event;
  event.revision = revision;
  event.type = type;
  event.content = ContentKind::kJson;
  event.data = data;
  return event;
}

ExpectedStreams subscribed(std::string stream, std::optional<Revision> from = 0) {
  return ExpectedStreams({{std::move(stream), "g", from}}, {}, true);
}

TEST(ExpectedStreamsTest, ACategoryBringsAllOfItsStreamsFromTheBeginning) {
  ExpectedStreams streams = subscribed("$ce-hero");
  EXPECT_TRUE(streams.add(0, "hero-1", 2));
  EXPECT_TRUE(streams.add(0, "hero-2", 0));
  EXPECT_TRUE(streams.add(0, "hero-1", 5));
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams.name(0), "hero-1");
  EXPECT_EQ(streams.find("hero-2"), 1u);
  EXPECT_EQ(streams.find("hero-3"), std::nullopt);
  // A hole in the links is one in the copy, too.
  for (const Revision revision : {0, 2, 3, 5}) EXPECT_EQ(streams.expects(0, event(revision)), Expectation::kRequired);
  EXPECT_EQ(streams.expects(0, event(6)), Expectation::kOptional) << "not linked yet";
}

// Whatever character the projection cuts the names of streams at.
TEST(ExpectedStreamsTest, ACategoryIsKnownByItsOwnLinks) {
  ExpectedStreams streams = subscribed("$ce-hero");
  streams.add(0, "hero_1", 2);
  streams.add(0, "hero_1", 5);
  for (const Revision revision : {0, 2, 3, 5}) EXPECT_EQ(streams.expects(0, event(revision)), Expectation::kRequired);
}

TEST(ExpectedStreamsTest, WhatCameBeforeTheGroupMayBeThere) {
  ExpectedStreams streams = subscribed("$ce-hero", 3);
  streams.add(0, "hero-1", 2);
  EXPECT_EQ(streams.expects(0, event(1)), Expectation::kOptional);
  EXPECT_EQ(streams.expects(0, event(2)), Expectation::kRequired);
  // So it is where the category's own beginning is not shown any more.
  ExpectedStreams truncated = subscribed("$ce-hero");
  truncated.set_shown_from(0, 7);
  truncated.add(0, "hero-1", 2);
  EXPECT_EQ(truncated.expects(0, event(1)), Expectation::kOptional);
  // And where nobody knows when the group began.
  ExpectedStreams unknown = subscribed("$ce-hero", std::nullopt);
  unknown.add(0, "hero-1", 2);
  EXPECT_EQ(unknown.expects(0, event(2)), Expectation::kOptional);
}

TEST(ExpectedStreamsTest, ATypeBringsItsEventsAlone) {
  ExpectedStreams streams = subscribed("$et-T");
  streams.add(0, "hero-1", 1);
  streams.add(0, "hero-1", 4);
  EXPECT_EQ(streams.expects(0, event(1)), Expectation::kRequired);
  EXPECT_EQ(streams.expects(0, event(3)), Expectation::kRequired) << "its link is missing";
  EXPECT_EQ(streams.expects(0, event(3, "T", "no JSON")), Expectation::kOptional) << "the projection leaves it out";
  EXPECT_EQ(streams.expects(0, event(3, "U")), Expectation::kOutside);
}

TEST(ExpectedStreamsTest, OtherLinksBringWhatTheyName) {
  ExpectedStreams streams = subscribed("my-links");
  for (const Revision revision : {3, 4, 7, 1, 4}) streams.add(0, "hero-1", revision);
  for (const Revision revision : {1, 3, 4, 7}) EXPECT_EQ(streams.expects(0, event(revision)), Expectation::kRequired);
  for (const Revision revision : {0, 2, 5, 6}) EXPECT_EQ(streams.expects(0, event(revision)), Expectation::kOutside);
  EXPECT_EQ(streams.expects(0, event(8)), Expectation::kOptional);
}

TEST(ExpectedStreamsTest, AStreamMayBringItself) {
  ExpectedStreams streams = subscribed("hero-1", 2);
  for (const Revision revision : {2, 3, 4}) streams.add(0, "hero-1", revision);
  EXPECT_EQ(streams.expects(0, event(1)), Expectation::kOptional);
  EXPECT_EQ(streams.expects(0, event(3)), Expectation::kRequired);
}

TEST(ExpectedStreamsTest, WhatOneOfSeveralSubscriptionsBringsIsRequired) {
  ExpectedStreams streams({{"$et-T", "g", 0}, {"hero-1", "g", 0}}, {}, false);
  streams.add(0, "hero-1", 4);
  streams.add(1, "hero-1", 0);
  streams.add(1, "hero-1", 1);
  EXPECT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams.expects(0, event(0, "U")), Expectation::kRequired);
  EXPECT_EQ(streams.expects(0, event(4, "T")), Expectation::kRequired);
}

TEST(ExpectedStreamsTest, StreamsOfTheServersAreNotCopied) {
  ExpectedStreams streams({{"$ce-hero", "g", 0}}, {}, false);
  EXPECT_FALSE(streams.add(0, "$projections-x", 0));
  EXPECT_FALSE(streams.add(0, "$$hero-1", 0)) << "without a type that begins with $";
  EXPECT_EQ(streams.size(), 0u);
  ExpectedStreams with_metadata = subscribed("$et-$metadata");
  EXPECT_TRUE(with_metadata.add(0, "$$hero-1", 3));
  EXPECT_EQ(with_metadata.expects(0, event(3, "$metadata")), Expectation::kRequired);
  EXPECT_EQ(with_metadata.expects(0, event(4, "$metadata")), Expectation::kOptional);
}

TEST(ExpectedStreamsTest, OnlyWhatIsAskedForIsKept) {
  ExpectedStreams streams({{"$ce-hero", "g", 0}}, {"hero-2"}, false);
  EXPECT_TRUE(streams.add(0, "hero-1", 0));
  EXPECT_TRUE(streams.add(0, "hero-2", 0));
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams.name(0), "hero-2");
}

TEST(ExpectedStreamsTest, KnowsWhatIsParked) {
  ExpectedStreams streams = subscribed("$ce-hero");
  streams.add(0, "hero-1", 0);
  EXPECT_FALSE(streams.is_parked(0, 0));
  streams.add_parked("hero-1", 0);
  EXPECT_TRUE(streams.is_parked(0, 0));
  EXPECT_FALSE(streams.is_parked(0, 1));
}

TEST(ExpectedStreamsTest, NamesOfAnyLengthAreKept) {
  ExpectedStreams streams = subscribed("$ce-hero");
  const std::string longest = "hero-" + std::string(100'000, 'x');
  for (int i = 0; i < 5'000; ++i) {
    streams.add(0, "hero-" + std::to_string(i), 0);
    if (i == 2'500) streams.add(0, longest, 0);
  }
  EXPECT_EQ(streams.find("hero-4999"), 5'000u);
  EXPECT_EQ(streams.name(streams.find(longest).value()), longest);
  EXPECT_EQ(streams.name(17), "hero-17");
}

}  // namespace
}  // namespace interconnect
