#include "domain/copier/predecessor_wait.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

using std::chrono::seconds;

class PredecessorWaitTest : public ::testing::Test {
 protected:
  PredecessorWait wait_{seconds(30), seconds(2)};
};

TEST_F(PredecessorWaitTest, ItBeginsWithAConnection) {
  wait_.on_connected(false, seconds(5));
  EXPECT_EQ(wait_.until(), seconds(35));
}

TEST_F(PredecessorWaitTest, NobodyHasReadFromANewGroup) {
  wait_.on_connected(true, seconds(5));
  EXPECT_EQ(wait_.until(), seconds(5));
}

TEST_F(PredecessorWaitTest, WithoutAConnectionNobodyKnows) {
  wait_.on_connected(false, seconds(5));
  wait_.on_connection_lost();
  EXPECT_EQ(wait_.until(), kNever);
  wait_.on_connected(false, seconds(20));
  EXPECT_EQ(wait_.until(), seconds(50)) << "the lost connection is one more that the server may take for alive";
}

TEST_F(PredecessorWaitTest, AReconnectionOfOurOwnDoesNotPutItOff) {
  wait_.on_connected(false, seconds(0));
  wait_.on_reconnecting();
  EXPECT_EQ(wait_.until(), kNever);
  wait_.on_connected(false, seconds(10));
  EXPECT_EQ(wait_.until(), seconds(30));
}

TEST_F(PredecessorWaitTest, AShortRestIsMadeLonger) {
  wait_.on_connected(false, seconds(0));
  wait_.on_reconnecting();
  wait_.on_connected(false, seconds(29));
  EXPECT_EQ(wait_.until(), seconds(31));
}

TEST_F(PredecessorWaitTest, AReconnectionMayRenewIt) {
  wait_.on_connected(false, seconds(0));
  wait_.renew_at_reconnection();
  wait_.on_reconnecting();
  wait_.on_connected(false, seconds(10));
  EXPECT_EQ(wait_.until(), seconds(40));
  wait_.on_reconnecting();
  wait_.on_connected(false, seconds(12));
  EXPECT_EQ(wait_.until(), seconds(40)) << "only the next one";
}

TEST_F(PredecessorWaitTest, AStaleConsumerExtendsItWhileItLasts) {
  wait_.on_connected(false, seconds(0));
  wait_.on_stale_consumer(seconds(20));
  EXPECT_EQ(wait_.until(), seconds(50));
  wait_.on_stale_consumer(seconds(50));
  EXPECT_EQ(wait_.until(), seconds(50)) << "it is over";
  wait_.on_connection_lost();
  wait_.on_stale_consumer(seconds(51));
  EXPECT_EQ(wait_.until(), kNever);
}

}  // namespace
}  // namespace interconnect
