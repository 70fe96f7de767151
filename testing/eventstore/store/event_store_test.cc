#include "testing/eventstore/store/event_store.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace interconnect::eventstore {
namespace {

class EventStoreTest : public testing::Test {
 protected:
  static NewEvent event(int n, std::string type = "T") {
    NewEvent event;
    event.id[15] = static_cast<std::uint8_t>(n);
    event.id[0] = 1;
    event.type = std::move(type);
    event.is_json = true;
    event.data = "{\"n\":" + std::to_string(n) + "}";
    return event;
  }
  static std::vector<NewEvent> events(std::initializer_list<int> numbers) {
    std::vector<NewEvent> events;
    for (int n : numbers) events.push_back(event(n));
    return events;
  }
  const User* admin() { return store_.authenticate("admin", "changeit"); }
  AppendOutcome append(const std::string& stream, std::int64_t expected, std::initializer_list<int> numbers) {
    return store_.append(stream, expected, events(numbers), admin());
  }
  void set_metadata(const std::string& stream, const std::string& json) {
    NewEvent event;
    event.id = new_event_id();
    event.type = "$metadata";
    event.is_json = true;
    event.data = json;
    store_.append_as_system(metastream_of(stream), kAny, {event});
  }

  Ticks now_ = 17'954'480'000'000'000;
  EventStore store_{{.projections = true, .delete_needs_stream = false}, [this] { return now_; }};
};

TEST_F(EventStoreTest, ExactVersionsAreRememberedByTheIndexAfterARestart) {
  ASSERT_EQ(append("s", kNoStream, {1, 2, 3}).last, 2);
  store_.forget_ids();
  // Cut into other batches, each at its own place: known.
  EXPECT_TRUE(append("s", kNoStream, {1}).idempotent);
  const AppendOutcome rest = append("s", 0, {2, 3});
  EXPECT_TRUE(rest.idempotent);
  EXPECT_EQ(rest.first, 1);
  EXPECT_EQ(rest.last, 2);
  // Known, then new: refused with the current version, whichever way it is asked.
  const AppendOutcome partly = append("s", 0, {2, 3, 4});
  EXPECT_EQ(partly.result, WriteResult::kWrongExpectedVersion);
  EXPECT_EQ(partly.current_version, 2);
}

TEST_F(EventStoreTest, AnyIsAnsweredFromACacheThatARestartLoses) {
  append("s", kAny, {1, 2});
  EXPECT_TRUE(append("s", kAny, {1, 2}).idempotent);
  EXPECT_EQ(append("s", kAny, {2, 3}).result, WriteResult::kWrongExpectedVersion);
  store_.forget_ids();
  const AppendOutcome again = append("s", kAny, {1, 2});
  EXPECT_FALSE(again.idempotent);
  EXPECT_EQ(again.last, 3);
}

TEST_F(EventStoreTest, TheSameIdTwiceInOneNewBatchIsStoredTwice) {
  EXPECT_EQ(append("s", kAny, {1, 1}).last, 1);
  EXPECT_EQ(store_.read_forward("s", 0, 10, false, nullptr).events.size(), 2u);
}

TEST_F(EventStoreTest, TheSameIdInAnotherStreamIsAnotherEvent) {
  append("a", kAny, {1});
  EXPECT_FALSE(append("b", kAny, {1}).idempotent);
}

TEST_F(EventStoreTest, ZeroEventsSucceed) {
  append("s", kAny, {1, 2});
  const AppendOutcome none = append("s", kAny, {});
  EXPECT_EQ(none.result, WriteResult::kSuccess);
  EXPECT_EQ(none.first, 2);
  EXPECT_EQ(none.last, 1);
  EXPECT_EQ(append("s", 0, {}).result, WriteResult::kWrongExpectedVersion);
}

TEST_F(EventStoreTest, WrongVersions) {
  EXPECT_EQ(append("s", 0, {1}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_EQ(append("s", kStreamExists, {1}).result, WriteResult::kWrongExpectedVersion);
  append("s", kNoStream, {1});
  EXPECT_EQ(append("s", kNoStream, {2}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_EQ(append("s", 5, {2}).current_version, 0);
  EXPECT_EQ(append("s", kStreamExists, {2}).last, 1);
}

TEST_F(EventStoreTest, ASoftDeletedStreamGoesOnWithItsNumbers) {
  append("s", kAny, {1, 2, 3});
  ASSERT_EQ(store_.delete_stream("s", kAny, false, admin()).result, WriteResult::kSuccess);
  EXPECT_EQ(store_.read_forward("s", 0, 10, false, nullptr).result, ReadResult::kNoStream);
  EXPECT_EQ(store_.read_forward("s", 0, 10, false, nullptr).last, 2);
  EXPECT_EQ(append("s", kNoStream, {4}).first, 3);
  const StreamPage page = store_.read_forward("s", 0, 10, false, nullptr);
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].event->number, 3);
}

TEST_F(EventStoreTest, ATombstoneIsForEver) {
  append("s", kAny, {1});
  ASSERT_EQ(store_.delete_stream("s", kAny, true, admin()).result, WriteResult::kSuccess);
  EXPECT_EQ(store_.last_event_number("s"), kDeletedStream);
  EXPECT_EQ(append("s", kAny, {2}).result, WriteResult::kStreamDeleted);
  EXPECT_EQ(store_.delete_stream("s", kAny, false, admin()).result, WriteResult::kStreamDeleted);
  EXPECT_EQ(store_.read_event("$$s", -1, false, admin()).result, ReadResult::kStreamDeleted);
}

TEST_F(EventStoreTest, ForwardBelowTheMaxCountCutIsAnEmptyPageThatPointsOn) {
  for (int i = 0; i < 7; ++i) append("s", kAny, {i});
  set_metadata("s", "{\"$maxCount\":2}");
  const StreamPage page = store_.read_forward("s", 0, 3, false, nullptr);
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.is_end_of_stream);
  EXPECT_EQ(page.next, 5);
  EXPECT_EQ(store_.read_event("s", 4, false, nullptr).result, ReadResult::kNotFound);
}

TEST_F(EventStoreTest, BackwardFromBeyondTheEndIsEmptyAndNotTheEnd) {
  for (int i = 0; i < 7; ++i) append("s", kAny, {i});
  const StreamPage page = store_.read_backward("s", 100, 3, false, nullptr);
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.is_end_of_stream);
  EXPECT_EQ(page.next, 6);
}

TEST_F(EventStoreTest, MaxAgeHidesWhatIsTooOld) {
  append("s", kAny, {1});
  set_metadata("s", "{\"$maxAge\":10}");
  now_ += 5 * kTicksPerSecond;
  append("s", kAny, {2});
  now_ += 6 * kTicksPerSecond;
  const StreamPage page = store_.read_forward("s", 0, 10, false, nullptr);
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].event->number, 1);
}

// What is hidden by metadata is compared with all the same, and tells no position as it cannot be read (IndexWriter.cs,
// CheckCommit: ReadPrepare and ReadEvent).
TEST_F(EventStoreTest, WhatIsHiddenIsStillIdempotent) {
  for (const char* metadata : {"{\"$maxCount\":1}", "{\"$tb\":2}", "{\"$maxAge\":10}"}) {
    const std::string s = metadata;
    append(s, kNoStream, {1, 2});
    now_ += 100 * kTicksPerSecond;
    append(s, 1, {3});
    EXPECT_GE(append(s, kNoStream, {1, 2}).position, 0) << s;
    set_metadata(s, metadata);
    for (const bool remembers : {true, false}) {
      const AppendOutcome again = append(s, kNoStream, {1, 2});
      EXPECT_EQ(again.result, WriteResult::kSuccess) << s;
      EXPECT_TRUE(again.idempotent) << s;
      EXPECT_EQ(again.last, 1) << s;
      EXPECT_EQ(again.position, -1) << s;
      EXPECT_TRUE(append(s, 0, {2, 3}).idempotent) << s;
      EXPECT_GE(append(s, 0, {2, 3}).position, 0) << s;
      EXPECT_EQ(append(s, kNoStream, {1, 9}).result, WriteResult::kWrongExpectedVersion) << s;
      EXPECT_EQ(append(s, kNoStream, {9}).result, WriteResult::kWrongExpectedVersion) << s;
      if (remembers) store_.forget_ids();
    }
    EXPECT_EQ(store_.last_event_number(s), 2) << s;
  }
}

// Of what was scavenged, only the cache of ids knows; the last event of a stream stays.
TEST_F(EventStoreTest, WhatWasScavengedIsKnownUntilARestart) {
  append("s", kNoStream, {1, 2, 3});
  set_metadata("s", "{\"$maxCount\":1}");
  append("soft", kNoStream, {4, 5});
  store_.delete_stream("soft", kAny, false, admin());
  store_.scavenge();
  EXPECT_TRUE(append("s", kNoStream, {1, 2}).idempotent);
  EXPECT_TRUE(append("soft", kNoStream, {4}).idempotent);
  store_.forget_ids();
  EXPECT_EQ(append("s", kNoStream, {1, 2}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_TRUE(append("s", 1, {3}).idempotent);
  EXPECT_EQ(store_.read_all_forward({0, 0}, 100, false, admin()).events.size(), 4u);
  set_metadata("s", "{}");
  const StreamPage page = store_.read_forward("s", 0, 10, false, nullptr);
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].event->number, 2);
  // Nothing tells any more that it was there: it is written a second time, at the end.
  const AppendOutcome revived = append("soft", kNoStream, {4});
  EXPECT_FALSE(revived.idempotent);
  EXPECT_EQ(revived.first, 2);
}

// StorageWriterService.cs: who revives a stream that was deleted softly, and what it writes for it.
TEST_F(EventStoreTest, ASoftDeletedStreamIsRevivedByTheServersOwnMetadata) {
  const auto metadata = [this](const std::string& stream) {
    std::vector<std::string> data;
    for (const Record* record : store_.all_events(metastream_of(stream))) data.push_back(record->data);
    return data;
  };
  const std::string deletion = "{\"$tb\":9223372036854775807}";
  append("s", kNoStream, {1, 2});
  store_.delete_stream("s", kAny, false, admin());
  // The same ids once more: Success, nothing stored, and it stays deleted.
  const AppendOutcome again = append("s", kNoStream, {1, 2});
  EXPECT_TRUE(again.idempotent);
  EXPECT_EQ(again.last, 1);
  EXPECT_EQ(again.position, -1);
  EXPECT_TRUE(store_.is_soft_deleted("s"));
  EXPECT_EQ(append("s", kNoStream, {1, 3}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_EQ(append("s", 0, {3}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_EQ(append("s", kStreamExists, {3}).result, WriteResult::kStreamDeleted);
  EXPECT_EQ(metadata("s"), std::vector<std::string>{deletion});
  // No stream is no exact version here: it goes to the end, and a second try is known by its new place only.
  const AppendOutcome revived = append("s", kNoStream, {3});
  EXPECT_EQ(revived.first, 2);
  EXPECT_EQ(metadata("s"), (std::vector<std::string>{deletion, "{\"$tb\":2}"}));
  EXPECT_EQ(append("s", kNoStream, {3}).result, WriteResult::kWrongExpectedVersion);
  EXPECT_TRUE(append("s", 1, {3}).idempotent);
  // Whatever is appended to the metadata of a deleted stream brings it back, empty.
  store_.delete_stream("s", kAny, false, admin());
  set_metadata("s", "{\"$maxCount\":5}");
  EXPECT_FALSE(store_.is_soft_deleted("s"));
  EXPECT_EQ(metadata("s").back(), "{\"$maxCount\":5,\"$tb\":3}");
  set_metadata("s", deletion);
  EXPECT_TRUE(store_.is_soft_deleted("s"));
  set_metadata("s", deletion);
  EXPECT_EQ(metadata("s").back(), "{\"$tb\":3}");
}

TEST_F(EventStoreTest, WhereAReadOfWhatIsTooOldGoesOn) {
  for (const bool skips : {false, true}) {
    EventStore::Options options;
    options.max_age_reads_skip = skips;
    EventStore aging(options, [this] { return now_; });
    for (int i = 0; i < 30; ++i) {
      if (i == 25) now_ += 100 * kTicksPerSecond;
      aging.append_as_system("s", kAny, events({i}));
    }
    NewEvent metadata = event(99, "$metadata");
    metadata.data = "{\"$maxAge\":10}";
    aging.append_as_system("$$s", kAny, {metadata});
    StreamPage page = aging.read_forward("s", 0, 10, false, nullptr);
    EXPECT_TRUE(page.events.empty());
    EXPECT_EQ(page.next, skips ? 25 : 10);
    EXPECT_FALSE(page.is_end_of_stream);
    page = aging.read_forward("s", 20, 10, false, nullptr);
    EXPECT_EQ(page.events.size(), 5u);
    EXPECT_EQ(page.next, 30);
    EXPECT_TRUE(page.is_end_of_stream);
    now_ += 100 * kTicksPerSecond;
    page = aging.read_forward("s", 0, 10, false, nullptr);
    EXPECT_EQ(page.next, skips ? 30 : 10);
    EXPECT_EQ(page.is_end_of_stream, skips);
  }
}

TEST_F(EventStoreTest, CategoryLinksResolveUntilTheirTargetIsGone) {
  append("cat-a", kAny, {1});
  append("cat-b", kAny, {2});
  append("cat-c", kAny, {3});
  store_.flush();
  StreamPage page = store_.read_forward("$ce-cat", 0, 10, true, admin());
  ASSERT_EQ(page.events.size(), 3u);
  EXPECT_EQ(page.events[0].event->stream_name(), "cat-a");
  EXPECT_EQ(page.events[0].link->stream_name(), "$ce-cat");

  store_.delete_stream("cat-b", kAny, true, admin());
  store_.delete_stream("cat-c", kAny, false, admin());
  store_.flush();
  page = store_.read_forward("$ce-cat", 0, 10, true, admin());
  ASSERT_EQ(page.events.size(), 5u);
  EXPECT_EQ(page.events[1].event, nullptr);
  EXPECT_EQ(page.events[2].event, nullptr);
  EXPECT_EQ(page.events[3].link->data, "9223372036854775807@cat-b");
  EXPECT_EQ(page.events[3].event, nullptr);
  EXPECT_EQ(page.events[4].link->data, "0@$$cat-c");
  EXPECT_EQ(page.events[4].event->type, "$metadata");
}

// StorageReaderWorker.cs and PersistentSubscriptionService.cs, ResolveLinkToEvent.
TEST_F(EventStoreTest, WhereALinkLeads) {
  using enum EventStore::LinkCut;
  append("a", kAny, {1, 2});
  append("a@b@c", kAny, {3});
  append("@b", kAny, {4});
  auto resolve = [this](const char* text, EventStore::LinkCut cut = kAtTheFirst) {
    NewEvent link;
    link.id = new_event_id();
    link.type = "$>";
    link.data = text;
    store_.append_as_system("links", kAny, {link});
    const Record* target = store_.resolve(*store_.all_events("links").back(), cut).event;
    return target == nullptr ? "none" : std::to_string(target->number) + "@" + target->stream_name();
  };
  EXPECT_EQ(resolve("0@a@b@c"), "0@a@b@c");
  // Another stream of that name takes its place.
  EXPECT_EQ(resolve("0@a@b@c", kAtEvery), "0@a");
  EXPECT_EQ(resolve("0@@b"), "0@@b");
  EXPECT_EQ(resolve("0@@b", kAtEvery), "none");
  EXPECT_EQ(resolve("1@a", kAtEvery), "1@a");
  EXPECT_EQ(resolve("-1@a"), "1@a");
  EXPECT_EQ(resolve(" +1 @a"), "1@a");
  for (const char* none : {"2@a", "0@missing", "0@", "@a", "0", "", "x@a", "-2@a", "+-1@a", "1.0@a", "0 @ a"}) {
    EXPECT_EQ(resolve(none), "none") << none;
  }
  // A link is an event like others to a link: one step only.
  EXPECT_EQ(resolve("0@links"), "0@links");
}

TEST_F(EventStoreTest, BadLinksAreReadAsEventsFrom21Dot2On) {
  for (const bool next : {false, true}) {
    EventStore reading({.links_check_access = !next, .bad_links_are_events = next}, [this] { return now_; });
    std::vector<NewEvent> links;
    for (const char* text : {"x@a", "0", "0@missing", "0@$secret"}) {
      links.push_back({.id = new_event_id(), .type = "$>", .is_json = false, .data = text, .metadata = ""});
    }
    reading.append_as_system("links", kAny, links);
    const StreamPage page = reading.read_forward("links", 0, 3, true, nullptr);
    ASSERT_EQ(page.events.size(), 3u);
    EXPECT_EQ(page.events[0].event != nullptr, next);
    EXPECT_EQ(page.events[0].link == nullptr, next);
    EXPECT_EQ(page.events[1].event, nullptr);
    EXPECT_EQ(page.events[2].event, nullptr);
    EXPECT_EQ(reading.read_forward("links", 0, 4, true, nullptr).result,
              next ? ReadResult::kSuccess : ReadResult::kAccessDenied);
  }
}

TEST_F(EventStoreTest, DefaultAccessRules) {
  EXPECT_TRUE(store_.can_access("plain", Access::kWrite, nullptr));
  EXPECT_TRUE(store_.can_access("plain", Access::kDelete, nullptr));
  EXPECT_FALSE(store_.can_access("$system", Access::kRead, nullptr));
  EXPECT_FALSE(store_.can_access("$all", Access::kRead, nullptr));
  EXPECT_TRUE(store_.can_access("$all", Access::kRead, admin()));
  EXPECT_FALSE(store_.can_access("$all", Access::kWrite, admin()));
  set_metadata("$all", "{\"$acl\":{\"$r\":\"$all\",\"$mr\":[\"$all\"]}}");
  EXPECT_TRUE(store_.can_access("$all", Access::kRead, nullptr));
  EXPECT_TRUE(store_.can_access("$$$all", Access::kRead, nullptr));
  set_metadata("plain", "{\"$acl\":{\"$r\":\"$admins\",\"$w\":\"somebody\"}}");
  EXPECT_FALSE(store_.can_access("plain", Access::kRead, nullptr));
  store_.add_user({"somebody", "x", {}});
  EXPECT_TRUE(store_.can_access("plain", Access::kWrite, store_.authenticate("somebody", "x")));
  EXPECT_FALSE(store_.can_access("plain", Access::kRead, store_.authenticate("somebody", "x")));
}

TEST_F(EventStoreTest, TheLogReadsBothWays) {
  append("a", kAny, {1, 2});
  append("b", kAny, {3});
  const AllPage forward = store_.read_all_forward({0, 0}, 2, false, admin());
  ASSERT_EQ(forward.events.size(), 2u);
  const AllPage rest = store_.read_all_forward(forward.next, 10, false, admin());
  ASSERT_EQ(rest.events.size(), 1u);
  EXPECT_EQ(rest.events[0].event->stream_name(), "b");
  const AllPage backward = store_.read_all_backward({-1, -1}, 10, false, admin());
  ASSERT_EQ(backward.events.size(), 3u);
  EXPECT_EQ(backward.events[0].event->stream_name(), "b");
  EXPECT_EQ(store_.read_all_forward({0, 0}, 2, false, nullptr).result, ReadResult::kAccessDenied);
}

}  // namespace
}  // namespace interconnect::eventstore
