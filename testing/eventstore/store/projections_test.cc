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
  static NewEvent event(const std::string& data, bool is_json, const std::string& type = "T") {
    return {.id = new_event_id(), .type = type, .is_json = is_json, .data = data, .metadata = ""};
  }
  static void append(EventStore& store, const std::string& stream, NewEvent event) {
    store.append_as_system(stream, kAny, {std::move(event)});
    store.flush();
  }
  static std::vector<std::string> links(const EventStore& store, const std::string& stream) {
    std::vector<std::string> links;
    for (const Record* record : store.all_events(stream)) links.push_back(record->data);
    return links;
  }
  static EventStore::Options with_projections(std::optional<JsonParser> check = std::nullopt) {
    EventStore::Options options;
    options.projections = true;
    options.links_only_what_parses = check;
    return options;
  }
};

// EventFilter.cs, PassesValidation: 21.2.0 on.
TEST_F(ProjectionsTest, WhatIsFlaggedAsJsonAndDoesNotParseIsNotLinked) {
  for (const bool checks : {false, true}) {
    EventStore store(with_projections(checks ? std::optional(JsonParser::kNewtonsoft11) : std::nullopt),
                     [] { return Ticks{0}; });
    append(store, "cat-a", event("{}", true));
    append(store, "cat-a", event("", true));
    append(store, "cat-a", event("plain", true));
    append(store, "cat-a", event("plain", false));
    append(store, "cat-a", event("", false));
    // A link is an event as others, if it is flagged.
    append(store, "cat-a", event("0@x", true, "$>"));
    append(store, "cat-a", event("0@y", false, "$>"));
    const std::vector<std::string> all{"0@cat-a", "1@cat-a", "2@cat-a", "3@cat-a", "4@cat-a", "0@x", "0@y"};
    const std::vector<std::string> parsing{"0@cat-a", "3@cat-a", "4@cat-a", "0@y"};
    EXPECT_EQ(links(store, "$ce-cat"), checks ? parsing : all);
    EXPECT_EQ(links(store, "$et-T").size(), checks ? 3u : 5u);
  }
}

// TransactionFileEventFilter.cs and IndexEventsByEventType.cs.
TEST_F(ProjectionsTest, StreamsOfTheSystemAreNotLinkedButMetadataAre) {
  EventStore store(with_projections(), [] { return Ticks{0}; });
  append(store, "$sys-a", event("{}", true));
  append(store, "$$$sys-a", event("{}", true, "$metadata"));
  append(store, "cat-a", event("{}", true));
  append(store, "$$cat-a", event("{\"$maxCount\":3}", true, "$metadata"));
  EXPECT_THAT(links(store, "$et-T"), ElementsAre("0@cat-a"));
  // The stream of the event's own, not that of its metadata.
  EXPECT_THAT(links(store, "$et-$metadata"), ElementsAre("0@cat-a"));
  EXPECT_THAT(links(store, "$ce-cat"), ElementsAre("0@cat-a"));
}

TEST_F(ProjectionsTest, AStoppedProjectionMakesUpForWhatItMissed) {
  EventStore store(with_projections(), [] { return Ticks{0}; });
  std::vector<std::string> observed;
  store.add_observer([&observed](const Record& record) {
    if (record.stream_name() == "$ce-cat") observed.push_back(record.data);
  });
  append(store, "cat-a", event("{}", true));
  EXPECT_EQ(store.projection("$by_category")->status, "Running");
  EXPECT_EQ(store.projection("$by_category")->progress, 100);
  for (const char* status : {"Stopped", "Faulted (Enabled)"}) {
    ASSERT_TRUE(store.set_projection("$by_category", status, 12.5));
    const std::size_t before = observed.size();
    append(store, "cat-b", event("{}", true));
    append(store, "cat-a", event("{}", true));
    EXPECT_EQ(observed.size(), before);
    EXPECT_EQ(store.projection("$by_category")->status, status);
    EXPECT_EQ(store.projection("$by_category")->progress, 12.5);
    EXPECT_LT(store.projection("$by_category")->position, store.last_position());
    ASSERT_TRUE(store.set_projection("$by_category", "Running"));
    EXPECT_EQ(observed.size(), before + 2);
  }
  EXPECT_THAT(observed, ElementsAre("0@cat-a", "0@cat-b", "1@cat-a", "1@cat-b", "2@cat-a"));
  // The other one went on.
  EXPECT_EQ(links(store, "$et-T").size(), 5u);
  EXPECT_FALSE(store.set_projection("$nothing", "Stopped"));
  EXPECT_EQ(store.projection("$nothing"), std::nullopt);
}

TEST_F(ProjectionsTest, WithoutProjectionsThereIsNone) {
  EventStore store({}, [] { return Ticks{0}; });
  append(store, "cat-a", event("{}", true));
  EXPECT_THAT(links(store, "$ce-cat"), IsEmpty());
  EXPECT_EQ(store.projection("$by_category"), std::nullopt);
}

// What a store had written and not linked when it was killed.
TEST_F(ProjectionsTest, ARestartedStoreGoesOnBehindItsLastLink) {
  EventStore store(with_projections(), [] { return Ticks{0}; });
  append(store, "cat-a", event("{}", true));
  append(store, "other", event("{}", true));
  store.append_as_system("cat-b", kAny, {event("{}", true)});
  EventStore restarted(with_projections(), [] { return Ticks{0}; });
  for (const Record& r : store.log()) {
    restarted.restore(r.stream_name(), r.number,
                      {.id = r.id, .type = r.type, .is_json = r.is_json, .data = r.data, .metadata = r.metadata}, 0);
  }
  EXPECT_THAT(links(restarted, "$ce-cat"), ElementsAre("0@cat-a"));
  restarted.flush();
  EXPECT_THAT(links(restarted, "$ce-cat"), ElementsAre("0@cat-a", "0@cat-b"));
  EXPECT_THAT(links(restarted, "$et-T"), ElementsAre("0@cat-a", "0@other", "0@cat-b"));
}

}  // namespace
}  // namespace interconnect::eventstore
