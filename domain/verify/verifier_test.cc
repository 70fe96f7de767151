#include "domain/verify/verifier.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "domain/event_metadata.h"
#include "domain/parked_messages.h"
#include "domain/verify/model_stores.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two stores and what is asked of them.
class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() { subscriptions_ = {{"$ce-a", "g", 0}}; }

  ModelEvent event(int id, const std::string& type = "T") {
    ModelEvent event;
    event.id.bytes[0] = static_cast<std::uint8_t>(id);
    event.type = type;
    event.data = "{}";
    return event;
  }

  // To the source, to its category, and to the destination.
  void write(const std::string& stream, int id, bool is_copied = true) {
    ModelStream& at = source_[stream];
    at.append(event(id));
    ModelEvent link = event(0, "$>");
    link.data = std::to_string(at.events.back().revision) + "@" + stream;
    source_["$ce-a"].append(link);
    if (is_copied) copy(stream, at.events.back());
  }
  void copy(const std::string& stream, ModelEvent copy) {
    copy.metadata =
        with_copy_metadata({stream, copy.revision, copy.id, copy.type, copy.content, copy.data, copy.metadata})
            .metadata();
    destination_[stream].append(copy);
  }

  Verifier make(std::vector<std::string> only = {}) {
    VerifierSettings settings;
    settings.only = std::move(only);
    settings.max_streams = 2;
    settings.copy_metadata = copy_metadata_;
    settings.recheck_after = std::chrono::seconds(5);
    settings.walk.patience = std::chrono::seconds(60);
    return Verifier(settings, subscriptions_, EventPolicy({{"T", nullptr}}));
  }

  // Up to its end, or as long as `goes_on`.
  void run(
      Verifier& verifier, bool copy_runs = false, const std::function<bool()>& goes_on = [] { return true; }) {
    while (!verifier.is_over() && goes_on()) {
      if (verifier.phase() == Verifier::Phase::kWaiting) verifier.compare(copy_runs);
      std::vector<ReadStream> reads = verifier.advance(now_);
      if (answers_source_first_) std::reverse(reads.begin(), reads.end());
      for (const ReadStream& read : reads) {
        if (on_read_) on_read_(read);
        reads_.push_back(std::string(to_string(read.store)) + " " + read.read.stream);
        const auto refused = errors_.find(reads_.back());
        const ModelStore& store = read.store == Store::kSource ? source_ : destination_;
        verifier.on_read(read.read.id,
                         refused != errors_.end() ? ReadOutcome(refused->second) : reader_.read(store, read.read),
                         now_);
      }
      if (reads.empty() && verifier.next_deadline() != kNever) now_ = std::max(now_, verifier.next_deadline());
    }
    for (const StreamDifference& difference : verifier.take_differences()) told_.push_back(text(difference));
  }

  static std::string text(const StreamDifference& difference) {
    std::string all = difference.stream;
    for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
      const Difference& of = difference.kinds[kind];
      if (of.events == 0) continue;
      all += " " + std::string(to_string(static_cast<DifferenceKind>(kind))) + " " + std::to_string(of.events) + " @" +
             std::to_string(of.first);
    }
    return all;
  }

  std::vector<VerifiedSubscription> subscriptions_;
  CopyMetadata copy_metadata_ = CopyMetadata::kInterconnect;
  ModelStore source_;
  ModelStore destination_;
  ModelReader reader_{false};
  std::map<std::string, StoreError> errors_;        // by "source STREAM"
  std::function<void(const ReadStream&)> on_read_;  // before it is answered
  bool answers_source_first_ = false;
  std::vector<std::string> reads_;
  std::vector<std::string> told_;
  Time now_{0};
};

TEST_F(VerifierTest, EqualStoresAreEqual) {
  for (int i = 1; i <= 9; ++i) write("a-" + std::to_string(i % 3), i);
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(verifier.summary().counts.streams, 3u);
  EXPECT_EQ(verifier.summary().counts.events, 9u);
  EXPECT_EQ(verifier.summary().links, 9u);
  EXPECT_EQ(verifier.done(), 3u);
  EXPECT_EQ(verifier.failure().has_value(), false);
}

TEST_F(VerifierTest, KnowsWhetherTheCopyAddsToMetadata) {
  source_["a-1"].append(event(1));
  ModelEvent link = event(0, "$>");
  link.data = "0@a-1";
  source_["$ce-a"].append(link);
  destination_["a-1"].append(event(1));
  Verifier with_additions = make();
  run(with_additions);
  EXPECT_EQ(told_.size(), 1u);
  told_.clear();
  copy_metadata_ = CopyMetadata::kNone;
  Verifier without = make();
  run(without);
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(VerifierTest, ASubscribedStreamMayNotBeThere) {
  Verifier verifier = make();
  run(verifier);
  EXPECT_TRUE(verifier.is_over());
  EXPECT_THAT(verifier.ends(), ElementsAre(kNoStream));
}

TEST_F(VerifierTest, EqualStreamsAreReadOnce) {
  write("a-1", 1);
  write("a-2", 2, false);
  write("a-2", 3);
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(told_, ElementsAre("a-2 missing 1 @0"));
  EXPECT_EQ(std::count(reads_.begin(), reads_.end(), "destination a-1"), 1);
  EXPECT_GT(std::count(reads_.begin(), reads_.end(), "destination a-2"), 1);
}

TEST_F(VerifierTest, WhatIsWrittenAfterTheBeginningNeedNotBeCopied) {
  write("a-1", 1);
  Verifier verifier = make();
  run(verifier, false, [&] { return !verifier.knows_ends(); });
  write("a-1", 2, false);
  write("a-2", 3, false);
  run(verifier);
  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(verifier.summary().counts.events, 1u);
}

TEST_F(VerifierTest, WhatIsCopiedMeanwhileIsNotExtra) {
  for (int id = 1; id <= 40; ++id) write("a-1", id);
  Verifier verifier = make();
  // The source is answered first: the destination has more by then.
  answers_source_first_ = true;
  int id = 40;
  on_read_ = [&](const ReadStream& read) {
    if (read.store == Store::kDestination && read.read.stream == "a-1" && id < 60) write("a-1", ++id);
  };
  run(verifier);
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(VerifierTest, WhereACopyRunsADifferenceIsLookedAtAgain) {
  write("a-1", 1, false);
  write("a-2", 2, false);
  Verifier verifier = make();
  run(verifier, true, [&] { return verifier.phase() != Verifier::Phase::kAgain; });
  EXPECT_THAT(told_, ElementsAre());
  copy("a-1", source_["a-1"].events.front());
  run(verifier, true);
  EXPECT_THAT(told_, ElementsAre("a-2 missing 1 @0"));
  EXPECT_GE(now_, std::chrono::seconds(5));
}

TEST_F(VerifierTest, ParkedEventsAreToldApart) {
  write("a-1", 1, false);
  write("a-1", 2);
  ModelEvent message = event(0, "$>");
  message.data = "0@a-1";
  source_[parked_stream("$ce-a", "g")].append(message);
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(verifier.summary().counts.parked, 1u);
}

TEST_F(VerifierTest, ParkedMessagesNeedNotBeReadable) {
  write("a-1", 1);
  errors_["source " + parked_stream("$ce-a", "g")] = {ErrorKind::kAccessDenied, "no"};
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(verifier.summary().parked_unread, ElementsAre(HasSubstr("g: no")));
  EXPECT_EQ(verifier.failure().has_value(), false);
  EXPECT_FALSE(verifier.summary().is_denied);
}

TEST_F(VerifierTest, AStreamThatIsDeniedIsLeftOutAndTold) {
  write("a-1", 1);
  write("a-2", 2);
  errors_["destination a-1"] = {ErrorKind::kAccessDenied, "no"};
  Verifier verifier = make();
  run(verifier);
  EXPECT_EQ(verifier.summary().not_compared, 1u);
  EXPECT_TRUE(verifier.summary().is_denied);
  EXPECT_EQ(verifier.summary().skipped.at(0).stream, "a-1");
  EXPECT_EQ(verifier.summary().counts.streams, 1u);
}

TEST_F(VerifierTest, ASubscribedStreamThatIsDeniedEndsIt) {
  write("a-1", 1);
  errors_["source $ce-a"] = {ErrorKind::kAccessDenied, "no"};
  Verifier verifier = make();
  run(verifier);
  ASSERT_TRUE(verifier.failure().has_value());
  EXPECT_TRUE(verifier.summary().is_denied);
}

TEST_F(VerifierTest, AStoreThatDoesNotAnswerForLongEndsIt) {
  write("a-1", 1);
  errors_["destination a-1"] = {ErrorKind::kUnavailable, "away"};
  Verifier verifier = make();
  run(verifier);
  ASSERT_TRUE(verifier.failure().has_value());
  EXPECT_EQ(verifier.failure()->store, Store::kDestination);
  EXPECT_FALSE(verifier.summary().is_denied);
  EXPECT_GE(now_, std::chrono::seconds(60));
}

TEST_F(VerifierTest, OneStreamAlone) {
  write("a-1", 1, false);
  write("a-2", 2, false);
  Verifier verifier = make({"a-2", "a-9"});
  run(verifier);
  EXPECT_THAT(told_, ElementsAre("a-2 missing 1 @0"));
  EXPECT_THAT(verifier.summary().not_found, ElementsAre("a-9"));
  EXPECT_EQ(std::count(reads_.begin(), reads_.end(), "source a-1"), 0);
}

TEST_F(VerifierTest, AnotherProcessGoesOn) {
  for (int i = 0; i < 10; ++i) write("a-" + std::to_string(i), i + 1, i != 2);
  Verifier first = make();
  EXPECT_EQ(first.progress().has_value(), false);
  run(first, false, [&] { return first.done() < 5; });
  told_.clear();
  reads_.clear();
  const VerifyProgress progress = first.progress().value();
  write("a-0", 99, false);  // behind the end that was taken
  Verifier second = make();
  second.resume(progress);
  EXPECT_TRUE(second.knows_ends());
  run(second);
  EXPECT_THAT(told_, ElementsAre("a-2 missing 1 @0"));
  EXPECT_EQ(std::count(reads_.begin(), reads_.end(), "source a-0"), 0);
  EXPECT_EQ(second.summary().counts.streams, 10u);
  EXPECT_EQ(second.summary().counts.events, 10u);
  EXPECT_EQ(second.summary().differing, 1u);
  EXPECT_EQ(second.done(), 10u);
}

TEST_F(VerifierTest, WhereTheOrderOfStreamsIsAnotherItBeginsAnew) {
  for (int i = 0; i < 10; ++i) write("a-" + std::to_string(i), i + 1);
  Verifier first = make();
  run(first, false, [&] { return first.done() < 5; });
  VerifyProgress progress = first.progress().value();
  source_["$ce-a"].truncate(1);
  reads_.clear();
  Verifier second = make();
  second.resume(progress);
  run(second);
  EXPECT_EQ(std::count(reads_.begin(), reads_.end(), "source a-1"), 1);
}

TEST_F(VerifierTest, AStreamThatShowsNothingIsMissingUnlessItsRevisionsAreTold) {
  write("a-1", 1);
  write("a-1", 2);
  destination_["a-1"].truncate(2);
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(told_, ElementsAre("a-1 missing 2 @0"));
  EXPECT_EQ(verifier.summary().counts.unproven, 1u);
  told_.clear();
  reader_ = ModelReader(true);
  Verifier over_tcp = make();
  run(over_tcp);
  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(over_tcp.summary().counts.hidden, 2u);
}

TEST_F(VerifierTest, AStreamThatTheSourceShowsNoMoreIsNotCompared) {
  write("a-1", 1);
  write("a-2", 2);
  source_["a-1"].is_tombstoned = true;
  source_["a-2"].is_deleted = true;
  Verifier verifier = make();
  run(verifier);
  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(verifier.summary().counts.streams_gone, 2u);
}

}  // namespace
}  // namespace interconnect::testing
