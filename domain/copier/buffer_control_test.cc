#include "domain/copier/buffer_control.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr BufferControl::Settings kSettings = {.reconnection_interval = seconds(1),
                                               .first_patience = seconds(1),
                                               .most_patience = seconds(4),
                                               .grows_for_predecessor = false};

BufferControl of_size(std::int32_t size) { return {size, kSettings}; }

TEST(BufferControlTest, ItTakesWhatArrivesAndKeepsItsSize) {
  BufferControl buffer = of_size(100);
  buffer.on_connected(seconds(0));
  EXPECT_FALSE(buffer.is_discarding());
  EXPECT_EQ(buffer.reconnect_at(), kNever);
  EXPECT_EQ(buffer.size(), 100);
}

TEST(BufferControlTest, BeyondWhatMayBeHeldItDiscardsUntilItHasASmallerBuffer) {
  BufferControl buffer = of_size(100);
  buffer.on_connected(seconds(0));
  EXPECT_TRUE(buffer.shrink(30, seconds(5)));
  EXPECT_TRUE(buffer.is_discarding());
  EXPECT_EQ(buffer.reconnect_at(), seconds(5));
  buffer.on_reconnecting(seconds(5));
  EXPECT_TRUE(buffer.is_discarding());
  buffer.on_connected(seconds(6));
  EXPECT_FALSE(buffer.is_discarding());
  EXPECT_EQ(buffer.size(), 30);
}

TEST(BufferControlTest, ItAtLeastHalvesAndKeepsOne) {
  BufferControl buffer = of_size(100);
  EXPECT_TRUE(buffer.shrink(90, seconds(0)));
  EXPECT_EQ(buffer.size(), 50);
  EXPECT_TRUE(buffer.shrink(0, seconds(0)));
  EXPECT_EQ(buffer.size(), 1);
  EXPECT_FALSE(buffer.shrink(0, seconds(0)));
  EXPECT_EQ(buffer.size(), 1);
}

TEST(BufferControlTest, ReconnectionsKeepAnInterval) {
  BufferControl buffer = of_size(100);
  buffer.on_reconnecting(seconds(10));
  buffer.on_connected(seconds(10));
  buffer.shrink(30, seconds(10));
  EXPECT_EQ(buffer.reconnect_at(), seconds(11));
}

TEST(BufferControlTest, AConnectionThatOvertakesOneThatIsWantedIsNotTakenFor) {
  BufferControl buffer = of_size(100);
  buffer.shrink(30, seconds(0));
  buffer.on_connected(seconds(0));
  EXPECT_TRUE(buffer.is_discarding()) << "another is to come";
}

TEST(BufferControlTest, AConnectionThatBreaksUnderItsOwnBufferIsReplacedAtOnceByASmallerOne) {
  BufferControl buffer = of_size(100);
  buffer.on_connected(seconds(0));
  for (int i = 0; i < 10; ++i) buffer.on_delivered(1'000);
  buffer.on_connection_lost(50'000, seconds(1));
  EXPECT_EQ(buffer.size(), 49);
  EXPECT_EQ(buffer.reconnect_at(), seconds(1));
}

TEST(BufferControlTest, OneThatTookItsWholeBufferOrLastedBrokeForAnotherReason) {
  BufferControl small = of_size(10);
  small.on_connected(seconds(0));
  for (int i = 0; i < 10; ++i) small.on_delivered(10'000);
  small.on_connection_lost(50'000, seconds(1));
  EXPECT_EQ(small.size(), 10);

  BufferControl old = of_size(100);
  old.on_connected(seconds(0));
  old.on_delivered(10'000);
  old.on_connection_lost(50'000, minutes(1));
  EXPECT_EQ(old.size(), 100);
}

TEST(BufferControlTest, AFullBufferMakesRoomForAnOlderEventWithGrowingPatience) {
  BufferControl buffer = of_size(10);
  buffer.on_connected(seconds(0));
  EXPECT_FALSE(buffer.make_room(9, seconds(10))) << "it is not full";
  for (const auto& [asked, granted] :
       {std::pair(seconds(10), seconds(10)), {seconds(10), seconds(12)}, {seconds(12), seconds(16)}}) {
    EXPECT_TRUE(buffer.make_room(10, asked));
    EXPECT_FALSE(buffer.make_room(10, asked)) << "one is wanted already";
    EXPECT_EQ(buffer.reconnect_at(), granted);
    buffer.on_reconnecting(granted);
  }
  EXPECT_FALSE(buffer.make_room(10, seconds(60))) << "no more patience";
  buffer.on_dropped();
  EXPECT_TRUE(buffer.make_room(10, seconds(60)));
  EXPECT_EQ(buffer.size(), 10);
}

TEST(BufferControlTest, WhereAllWaitsForOneEventItGrows) {
  BufferControl::Settings settings = kSettings;
  settings.grows_for_predecessor = true;
  BufferControl buffer(30'000, settings);
  EXPECT_TRUE(buffer.make_room(30'000, seconds(10)));
  EXPECT_EQ(buffer.size(), 60'000);
  buffer.on_reconnecting(seconds(10));
  EXPECT_TRUE(buffer.make_room(60'000, seconds(20)));
  EXPECT_EQ(buffer.size(), 60'000);
}

TEST(BufferControlTest, LostPlacesAreReclaimedWhenTheyAreHalfOfIt) {
  BufferControl buffer = of_size(10);
  buffer.on_connected(seconds(0));
  buffer.reclaim(4, seconds(1));
  EXPECT_EQ(buffer.reconnect_at(), kNever);
  buffer.reclaim(5, seconds(1));
  EXPECT_EQ(buffer.reconnect_at(), seconds(1));
}

}  // namespace
}  // namespace interconnect
