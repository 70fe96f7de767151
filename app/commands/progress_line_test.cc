#include "app/commands/progress_line.h"

#include <sstream>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

TEST(ProgressLineTest, ATerminalHasOneLineThatIsDrawnAnewAndGoes) {
  std::ostringstream err;
  {
    ProgressLine line("check", true, err);
    line.show("1 of 3", 0s);
    line.show("2 of 3", 0s);
    line.say("something");
  }
  EXPECT_EQ(err.str(), "\r\033[Kcheck: 1 of 3\r\033[Kcheck: 2 of 3\r\033[Kcheck: something\n");
}

TEST(ProgressLineTest, ATerminalsLineIsNoLongerThanIt) {
  std::ostringstream err;
  ProgressLine line("check", true, err);
  line.show(std::string(70, 'x') + "üü" + std::string(200, 'x'), 0s);  // stderr of a test has 80 columns
  EXPECT_EQ(err.str(), "\r\033[Kcheck: " + std::string(70, 'x') + "ü");
}

TEST(ProgressLineTest, ElsewhereThereIsALineNowAndThen) {
  std::ostringstream err;
  ProgressLine line("check", false, err);
  for (int tenths = 0; tenths <= 300; ++tenths) line.show(std::to_string(tenths), 7s + tenths * 100ms);
  line.clear();
  EXPECT_EQ(err.str(), "check: 20\ncheck: 120\ncheck: 220\n");
}

TEST(LeftTextTest, IsThatOfThePaceSoFar) {
  EXPECT_EQ(left_text(10, 30, 10s), ", about 21 s left");
  EXPECT_EQ(left_text(1, 121, 60s), ", about 2 h 00 min left");
}

TEST(LeftTextTest, SaysNothingOfWhatIsNotKnown) {
  EXPECT_EQ(left_text(0, 30, 10s), "");
  EXPECT_EQ(left_text(30, 30, 10s), "");
  EXPECT_EQ(left_text(10, 30, 10ms), "");
  EXPECT_EQ(left_text(1, ~std::uint64_t{0}, 10s), "");
}

}  // namespace
}  // namespace interconnect
