#include "domain/link_watch/link_watch.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const StoreError kNoConnection{ErrorKind::kUnavailable, "no connection to 127.0.0.1:1113"};

class Notes : public CopyObserver {
 public:
  void on_link_lost(Store store, const StoreError&) override { lost.push_back(store); }
  void on_link_restored(Store store) override { restored.push_back(store); }

  std::vector<Store> lost;
  std::vector<Store> restored;
};

class LinkWatchTest : public ::testing::Test {
 protected:
  LinkWatch make(OnLinkFailure rule) {
    LinkWatch::Settings settings;
    settings.on_failure = rule;
    return LinkWatch(settings, notes_);
  }

  Notes notes_;
};

TEST_F(LinkWatchTest, AsksBothStoresEveryInterval) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  EXPECT_THAT(watch.advance(seconds(0)), ElementsAre(Store::kSource, Store::kDestination));
  watch.on_answer(Store::kSource, std::nullopt, milliseconds(3));
  watch.on_answer(Store::kDestination, std::nullopt, milliseconds(4));
  EXPECT_THAT(watch.advance(seconds(9)), IsEmpty());
  EXPECT_EQ(watch.next_deadline(), seconds(10));
  EXPECT_THAT(watch.advance(seconds(10)), ElementsAre(Store::kSource, Store::kDestination));
  EXPECT_FALSE(watch.failure());
}

TEST_F(LinkWatchTest, SilenceFailsAfterTheTimeout) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  watch.advance(seconds(0));
  watch.on_answer(Store::kSource, std::nullopt, milliseconds(3));
  EXPECT_EQ(watch.next_deadline(), milliseconds(5'100));
  watch.advance(milliseconds(5'099));
  EXPECT_FALSE(watch.failure());
  watch.advance(milliseconds(5'100));
  ASSERT_TRUE(watch.failure());
  EXPECT_EQ(watch.failure()->code, ExitCode::kKilledBySafetyRules);
  EXPECT_EQ(watch.failure()->last_words,
            "the link check of the destination failed: no answer; with onLinkFailure: wait the copy outlasts that");
  EXPECT_THAT(notes_.lost, ElementsAre(Store::kDestination));
}

TEST_F(LinkWatchTest, ABadAnswerIsAskedAgainAndForgivenWithinTheTimeout) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  watch.advance(seconds(0));
  watch.on_answer(Store::kDestination, std::nullopt, seconds(0));
  watch.on_answer(Store::kSource, kNoConnection, seconds(0));
  EXPECT_THAT(watch.advance(milliseconds(500)), ElementsAre(Store::kSource));
  watch.on_answer(Store::kSource, std::nullopt, seconds(4));
  watch.advance(seconds(6));
  EXPECT_FALSE(watch.failure());
  EXPECT_THAT(notes_.lost, IsEmpty());
}

TEST_F(LinkWatchTest, BadAnswersForTheWholeTimeoutFailWithTheLastOne) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  for (Time now{0}; now <= seconds(6); now += milliseconds(500)) {
    for (const Store store : watch.advance(now)) {
      watch.on_answer(store, store == Store::kSource ? std::optional(kNoConnection) : std::nullopt, now);
    }
  }
  ASSERT_TRUE(watch.failure());
  EXPECT_EQ(watch.failure()->last_words,
            "the link check of the source failed: no connection to 127.0.0.1:1113; with onLinkFailure: wait the copy "
            "outlasts that");
}

TEST_F(LinkWatchTest, AReasonThatComesAtTheTimeLimitIsHeard) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  watch.advance(seconds(0));
  watch.on_answer(Store::kSource, std::nullopt, seconds(0));
  watch.advance(seconds(5));
  watch.on_answer(Store::kDestination, kNoConnection, seconds(5));
  watch.advance(milliseconds(5'100));
  ASSERT_TRUE(watch.failure());
  EXPECT_EQ(watch.failure()->last_words,
            "the link check of the destination failed: no connection to 127.0.0.1:1113; with onLinkFailure: wait the "
            "copy outlasts that");
}

TEST_F(LinkWatchTest, RefusedCredentialsHaveAnExitCodeOfTheirOwn) {
  LinkWatch watch = make(OnLinkFailure::kExit);
  watch.advance(seconds(0));
  watch.on_answer(Store::kSource, std::nullopt, seconds(0));
  watch.on_answer(Store::kDestination, StoreError{ErrorKind::kNotAuthenticated, "Unauthorized"}, milliseconds(5'100));
  ASSERT_TRUE(watch.failure());
  EXPECT_EQ(watch.failure()->code, ExitCode::kRefusedByServer);
}

TEST_F(LinkWatchTest, WaitOnlyReportsOnceAndAgainWhenItIsBack) {
  LinkWatch watch = make(OnLinkFailure::kWait);
  for (Time now{0}; now <= seconds(60); now += milliseconds(500)) {
    for (const Store store : watch.advance(now)) {
      watch.on_answer(store, store == Store::kSource && now < seconds(40) ? std::optional(kNoConnection) : std::nullopt,
                      now);
    }
  }
  EXPECT_FALSE(watch.failure());
  EXPECT_THAT(notes_.lost, ElementsAre(Store::kSource));
  EXPECT_THAT(notes_.restored, ElementsAre(Store::kSource));
}

}  // namespace
}  // namespace interconnect
