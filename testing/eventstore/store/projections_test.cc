// What $by_category and $by_event_type link, and what a projection that stops leaves for later.

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ProjectionsTest : public testing::Test {
 protected:
  static NewEvent Event(const std::string& data, bool is_json, const std::string& type = "T") {
    return {.id = NewEventId(), .type = type, .is_json = is_json, .data = data, .metadata = ""};
  }
  static void Append(EventStore& store, const std::string& stream, NewEvent event) {
    store.AppendAsSystem(stream, kAny, {std::move(event)});
    store.Flush();
  }
  static std::vector<std::string> Links(const EventStore& store, const std::string& stream) {
    std::vector<std::string> links;
    for (const Record* record : store.AllEvents(stream)) links.push_back(record->data);
    return links;
  }
  static EventStore::Options WithProjections(std::optional<JsonParser> check = std::nullopt) {
    EventStore::Options options;
    options.projections = true;
    options.links_only_what_parses = check;
    return options;
  }
};

// EventFilter.cs, PassesValidation: 21.2.0 on.
TEST_F(ProjectionsTest, WhatIsFlaggedAsJsonAndDoesNotParseIsNotLinked) {
  for (const bool checks : {false, true}) {
    EventStore store(WithProjections(checks ? std::optional(JsonParser::kNewtonsoft11) : std::nullopt),
                     [] { return Ticks{0}; });
    Append(store, "cat-a", Event("{}", true));
    Append(store, "cat-a", Event("", true));
    Append(store, "cat-a", Event("plain", true));
    Append(store, "cat-a", Event("plain", false));
    Append(store, "cat-a", Event("", false));
    // A link is an event as others, if it is flagged.
    Append(store, "cat-a", Event("0@x", true, "$>"));
    Append(store, "cat-a", Event("0@y", false, "$>"));
    const std::vector<std::string> all{"0@cat-a", "1@cat-a", "2@cat-a", "3@cat-a", "4@cat-a", "0@x", "0@y"};
    const std::vector<std::string> parsing{"0@cat-a", "3@cat-a", "4@cat-a", "0@y"};
    EXPECT_EQ(Links(store, "$ce-cat"), checks ? parsing : all);
    EXPECT_EQ(Links(store, "$et-T").size(), checks ? 3u : 5u);
  }
}

// TransactionFileEventFilter.cs and IndexEventsByEventType.cs.
TEST_F(ProjectionsTest, StreamsOfTheSystemAreNotLinkedButMetadataAre) {
  EventStore store(WithProjections(), [] { return Ticks{0}; });
  Append(store, "$sys-a", Event("{}", true));
  Append(store, "$$$sys-a", Event("{}", true, "$metadata"));
  Append(store, "cat-a", Event("{}", true));
  Append(store, "$$cat-a", Event("{\"$maxCount\":3}", true, "$metadata"));
  EXPECT_THAT(Links(store, "$et-T"), ElementsAre("0@cat-a"));
  // The stream of the event's own, not that of its metadata.
  EXPECT_THAT(Links(store, "$et-$metadata"), ElementsAre("0@cat-a"));
  EXPECT_THAT(Links(store, "$ce-cat"), ElementsAre("0@cat-a"));
}

TEST_F(ProjectionsTest, AStoppedProjectionMakesUpForWhatItMissed) {
  EventStore store(WithProjections(), [] { return Ticks{0}; });
  std::vector<std::string> observed;
  store.AddObserver([&observed](const Record& record) {
    if (record.stream_name() == "$ce-cat") observed.push_back(record.data);
  });
  Append(store, "cat-a", Event("{}", true));
  EXPECT_EQ(store.Projection("$by_category")->status, "Running");
  EXPECT_EQ(store.Projection("$by_category")->progress, 100);
  for (const char* status : {"Stopped", "Faulted (Enabled)"}) {
    ASSERT_TRUE(store.SetProjection("$by_category", status, 12.5));
    const std::size_t before = observed.size();
    Append(store, "cat-b", Event("{}", true));
    Append(store, "cat-a", Event("{}", true));
    EXPECT_EQ(observed.size(), before);
    EXPECT_EQ(store.Projection("$by_category")->status, status);
    EXPECT_EQ(store.Projection("$by_category")->progress, 12.5);
    EXPECT_LT(store.Projection("$by_category")->position, store.LastPosition());
    ASSERT_TRUE(store.SetProjection("$by_category", "Running"));
    EXPECT_EQ(observed.size(), before + 2);
  }
  EXPECT_THAT(observed, ElementsAre("0@cat-a", "0@cat-b", "1@cat-a", "1@cat-b", "2@cat-a"));
  // The other one went on.
  EXPECT_EQ(Links(store, "$et-T").size(), 5u);
  EXPECT_FALSE(store.SetProjection("$nothing", "Stopped"));
  EXPECT_EQ(store.Projection("$nothing"), std::nullopt);
}

TEST_F(ProjectionsTest, WithoutProjectionsThereIsNone) {
  EventStore store({}, [] { return Ticks{0}; });
  Append(store, "cat-a", Event("{}", true));
  EXPECT_THAT(Links(store, "$ce-cat"), IsEmpty());
  EXPECT_EQ(store.Projection("$by_category"), std::nullopt);
}

// What a store had written and not linked when it was killed.
TEST_F(ProjectionsTest, ARestartedStoreGoesOnBehindItsLastLink) {
  EventStore store(WithProjections(), [] { return Ticks{0}; });
  Append(store, "cat-a", Event("{}", true));
  Append(store, "other", Event("{}", true));
  store.AppendAsSystem("cat-b", kAny, {Event("{}", true)});
  EventStore restarted(WithProjections(), [] { return Ticks{0}; });
  for (const Record& r : store.log()) {
    restarted.Restore(r.stream_name(), r.number,
                      {.id = r.id, .type = r.type, .is_json = r.is_json, .data = r.data, .metadata = r.metadata}, 0);
  }
  EXPECT_THAT(Links(restarted, "$ce-cat"), ElementsAre("0@cat-a"));
  restarted.Flush();
  EXPECT_THAT(Links(restarted, "$ce-cat"), ElementsAre("0@cat-a", "0@cat-b"));
  EXPECT_THAT(Links(restarted, "$et-T"), ElementsAre("0@cat-a", "0@other", "0@cat-b"));
}

}  // namespace
}  // namespace interconnect::eventstore
