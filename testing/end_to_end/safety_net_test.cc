// What becomes of an event that cannot be written or is invalid, and of links that fail, as the configuration says.

#include <csignal>
#include <string>
#include <vector>

#include "testing/end_to_end/fixture.h"

namespace interconnect::testing {
namespace {

const Variables kShortTimeout{{kWriterTimeout, "500"}};

StoredEvent changed(int n) { return {event_id(n), "Changed", true, "{}", ""}; }

class SafetyNetTest : public EndToEndTest {
 protected:
  // hero-dead cannot be written to at the destination any more; hero-alive can.
  void write_events_that_cannot_be_written() {
    destination.append("hero-dead", {changed(99)});
    destination.tombstone("hero-dead");
    source.append("hero-dead", {changed(1), changed(2)});
    source.append("hero-alive", {changed(3)});
  }

  std::size_t alive() const { return destination.dump("hero-alive").size(); }
};

TEST_P(SafetyNetTest, ExitsWhenAnEventCannotBeWritten) {
  write_events_that_cannot_be_written();
  const auto copier = start(configuration());
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_NE(copier->last_line().find(event_id(1)), std::string::npos) << copier->last_line();
  // It stays unacknowledged: the next one finds it again.
  const auto next = start(configuration());
  EXPECT_EQ(next->exit_code(), 1);
  EXPECT_NE(next->last_line().find(event_id(1)), std::string::npos) << next->last_line();
}

TEST_P(SafetyNetTest, SkipsWhatCannotBeWritten) {
  write_events_that_cannot_be_written();
  const auto copier = start(configuration("safetyNet: {onWriteFailure: skip}"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && alive() == 1; }));
  for (const int n : {1, 2}) EXPECT_TRUE(copier->says("skipped event " + event_id(n)));
  EXPECT_EQ(source.group(kStream, kGroup).parked, 0);
}

// No server takes an event without a type, nor any other in the same append.
TEST_P(SafetyNetTest, WhatCannotBeWrittenSpoilsNoNeighbour) {
  source.append("hero-1", {changed(1), {event_id(2), "", true, "{}", ""}, changed(3)});
  const auto copier = start(configuration("safetyNet: {onWriteFailure: skip}"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  EXPECT_EQ(destination_count(), 2);
  EXPECT_TRUE(copier->says("skipped event " + event_id(2)));
}

TEST_P(SafetyNetTest, ParksWhatCannotBeWritten) {
  write_events_that_cannot_be_written();
  const auto copier = start(configuration("safetyNet: {onWriteFailure: park}"));
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).parked == 2 && alive() == 1; }));
  for (const int n : {1, 2}) EXPECT_TRUE(copier->says("parked event " + event_id(n)));
  EXPECT_TRUE(eventually([&] { return source.group(kStream, kGroup).outstanding == 0; }));
}

// Between stores of today, which take up to 2,000 bytes in one append.
class AppendSizeTest : public EndToEndTest {
 protected:
  AppendSizeTest() : EndToEndTest({}, {"--version=25.0.0", "--max-append-size=2000"}) {}
};

TEST_P(AppendSizeTest, WhatIsTooLargeWithItsAdditionsIsToldSoAndCopiedWithoutThem) {
  // Two bytes for each letter of the type.
  source.append("hero-1", {{event_id(1), "Changed", false, std::string(2'000 - 14, 'x'), ""}});
  const auto copier = start(configuration());
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_TRUE(
      copier->says("and 2000 without the metadata that the copy adds; the destination's limit is 2000: "
                   "'copyMetadata: none' copies it without additions, or raise MaxAppendSize there"));
  const auto other = start(configuration("copyMetadata: none"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() == 1; }));
  EXPECT_EQ(destination.dump("hero-1").at(0).metadata, "");
}

INSTANTIATE_TEST_SUITE_P(ToToday, AppendSizeTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kNext}),
                         name_of);

// As if its $acl forbade us: the others are written all the while.
TEST_P(SafetyNetTest, OneStreamThatMayNotBeWrittenIsGivenUpAlone) {
  destination.misbehave(R"({"refuseAppends":{"count":1000000,"with":"AccessDenied"},"stream":"hero-shut"})");
  source.append("hero-shut", {changed(1)});
  const auto written_beside_it = [this] { source.load("hero-open-", 1, 1); };
  {
    const auto copier = start(configuration("safetyNet: {onWriteFailure: park}"), kShortTimeout);
    EXPECT_TRUE(eventually([&] {
      written_beside_it();
      return source.group(kStream, kGroup).parked == 1;
    }));
    EXPECT_TRUE(copier->says("parked event " + event_id(1)));
    EXPECT_TRUE(copier->says("to other streams, but not to 'hero-shut'"));
    source.append("hero-shut", {changed(2)});
    EXPECT_TRUE(eventually([&] { return source.group(kStream, kGroup).parked == 2 && is_all_acknowledged(); }));
    EXPECT_TRUE(copier->is_running());
  }
  const auto copier = start(configuration("", "other"), kShortTimeout);
  EXPECT_TRUE(eventually([&] {
    written_beside_it();
    return !copier->is_running();
  }));
  EXPECT_EQ(copier->exit_code(), 3);
  EXPECT_NE(copier->last_line().find("to other streams, but not to 'hero-shut'"), std::string::npos);
}

TEST_P(SafetyNetTest, RetriesInPlaceUntilItIsWritten) {
  destination.misbehave(R"({"ignoreAppends":2,"stream":"hero-slow"})");
  source.append("hero-slow", {changed(1), changed(2)});
  source.append("hero-alive", {changed(3)});
  const auto copier = start(configuration("safetyNet: {onWriteFailure: retry}"), kShortTimeout);
  // The others do not wait for it.
  ASSERT_TRUE(eventually([&] { return alive() == 1; }));
  source.append("hero-slow", {changed(4)});
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() == 4; }));
  expect_copied();
}

TEST_P(SafetyNetTest, WhatTimesOutButWasWrittenIsNotDoubled) {
  destination.misbehave(R"({"dropAppendAnswers":3})");
  source.load("hero-", 3, 300);
  const auto copier = start(configuration("safetyNet: {onWriteFailure: retry}"), kShortTimeout);
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() >= 300; }));
  expect_copied();
}

TEST_P(SafetyNetTest, AnInvalidEventIsParkedOrExits) {
  const std::string events = "[{type: Changed, dataSchema: {type: object, required: [power]}}]";
  source.append("hero-1", {{event_id(1), "Changed", true, "{\"power\":1}", ""}, changed(2)});
  {
    const auto copier = start(configuration("safetyNet: {onInvalidEvent: park}", kGroup, events));
    ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).parked == 1; }));
    ASSERT_TRUE(eventually([&] { return destination_count() == 1; }));
  }
  const auto copier = start(configuration("safetyNet: {onInvalidEvent: exit}", "other", events));
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_NE(copier->last_line().find(event_id(2)), std::string::npos) << copier->last_line();
}

TEST_P(SafetyNetTest, WaitsForADestinationThatIsAway) {
  const auto copier = start(configuration("onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n"
                                          "destination: {reconnection: {delay: 50}}"),
                            {{kWriterTimeout, "300"}, {kLinkCheckInterval, "100"}});
  source.load("hero-", 5, 50);
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  destination.freeze();
  source.load("hero-", 5, 50);
  ASSERT_TRUE(copier->says("the destination does not answer the link check"));
  destination.thaw();
  ASSERT_TRUE(copier->says("the destination answers the link check again"));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged() && destination_count() >= 100; }));
  expect_copied();
}

TEST_P(SafetyNetTest, MayBeOnesOwnProgram) {
  constexpr char kExample[] = "examples/custom_safety_net/custom_safety_net";
  const std::string events = "[{type: Changed}, {type: PaymentReceived}, {type: Picture}]";
  write_events_that_cannot_be_written();
  source.append("hero-alive", {{event_id(4), "Picture", false, std::string(600 * 1024, 'x'), ""},
                               {event_id(5), "Picture", false, "small", ""}});
  const auto copier = start(configuration("", kGroup, events), {}, kExample);
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).parked == 2 && alive() == 2; }));
  EXPECT_TRUE(copier->says("its data are 614400 bytes long"));

  source.append("hero-dead", {{event_id(6), "PaymentReceived", true, "{}", ""}});
  EXPECT_EQ(copier->exit_code(), 1);
  EXPECT_NE(copier->last_line().find(event_id(6)), std::string::npos) << copier->last_line();
}

INSTANTIATE_TEST_SUITE_P(Directions, SafetyNetTest, all_directions(), name_of);

}  // namespace
}  // namespace interconnect::testing
