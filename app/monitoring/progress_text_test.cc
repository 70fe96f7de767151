#include "app/monitoring/progress_text.h"

#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

TEST(ProgressTextTest, SeparatesThousands) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1'000), "1,000");
  EXPECT_EQ(with_separators(1'234'567), "1,234,567");
}

TEST(ProgressTextTest, ReckonsTheTimeThatIsLeft) {
  EXPECT_EQ(time_to_end({.settled_per_second = 100, .lag = Lag{1'001, 0s}}), 11s);
  EXPECT_EQ(time_to_end({.settled_per_second = 100, .lag = Lag{}}), std::nullopt);
  EXPECT_EQ(time_to_end({.settled_per_second = 0, .lag = Lag{5, 0s}}), std::nullopt);
  EXPECT_EQ(time_to_end({.settled_per_second = 100}), std::nullopt);
}

TEST(ProgressTextTest, TheSummaryTellsWhatIsKnown) {
  ProgressFigures figures{
      .counts = {.copied = 12, .appends = 3}, .load = {.held_events = 2}, .settled_per_second = 1.6};
  EXPECT_EQ(progress_summary(figures), "copied 12 in 3 appends; held 2 events, 2 events/s");
  figures.parked_by_server = 4;
  EXPECT_EQ(progress_summary(figures),
            "copied 12 in 3 appends, parked by the source's server 4; held 2 events, 2 events/s");
  figures.parked_by_server = 0;
  figures.lag_doubt = "projection $by_category is not there";
  EXPECT_EQ(progress_summary(figures),
            "copied 12 in 3 appends; held 2 events, 2 events/s, lag unknown: projection $by_category is not "
            "there");
  figures.lag_doubt.clear();
  figures.lag = Lag{16, 0s};
  EXPECT_EQ(progress_summary(figures),
            "copied 12 in 3 appends; held 2 events, 2 events/s, 16 behind the source's end, about 10 s to "
            "reach it");
}

}  // namespace
}  // namespace interconnect
