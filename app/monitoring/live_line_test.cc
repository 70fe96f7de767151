#include "app/monitoring/live_line.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

ProgressFigures figures() {
  return {.counts = {.copied = 12'345, .filtered = 2, .invalid = 1},
          .load = {.held_events = 640},
          .settled_per_second = 1'200.4,
          .lag = Lag{432'000, 9s}};
}

TEST(LiveTextTest, TellsAllThatItCan) {
  EXPECT_EQ(live_text(figures(), 200),
            "copied 12,345 | 1,200/s | 432,000 behind, 6 min 00 s left | filtered 2 | invalid 1 | in flight 640");
}

TEST(LiveTextTest, SaysSoAtTheEndAndNothingOfWhatIsNotKnown) {
  ProgressFigures seen = figures();
  seen.lag = Lag{};
  EXPECT_THAT(live_text(seen, 200), HasSubstr("| at the end |"));
  seen.lag.reset();
  EXPECT_EQ(live_text(seen, 200), "copied 12,345 | 1,200/s | filtered 2 | invalid 1 | in flight 640");
  seen.lag_doubt = "projection $by_category is not running";
  EXPECT_EQ(live_text(seen, 200), "copied 12,345 | 1,200/s | lag unknown | filtered 2 | invalid 1 | in flight 640");
}

TEST(LiveTextTest, WritesTimesAsPeopleDo) {
  const auto with = [](std::int64_t behind) {
    return live_text({.settled_per_second = 1, .lag = Lag{behind, 0s}}, 200);
  };
  EXPECT_THAT(with(59), HasSubstr("59 s left"));
  EXPECT_THAT(with(61), HasSubstr("1 min 01 s left"));
  EXPECT_THAT(with(3'720), HasSubstr("1 h 02 min left"));
}

TEST(LiveTextTest, NeverExceedsTheTerminal) {
  for (std::size_t columns = 0; columns < 120; ++columns) {
    EXPECT_LE(live_text(figures(), columns).size(), columns);
  }
  EXPECT_EQ(live_text(figures(), 40), "copied 12,345 | 1,200/s");
}

// What a terminal of 60 columns is sent while `act` runs with it as stderr.
std::string on_terminal(void (*act)()) {
  winsize size{.ws_row = 24, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    setenv("TERM", "xterm", 1);
    act();
    _exit(0);
  }
  std::string sent;
  std::array<char, 1024> bytes;
  for (ssize_t count = 0; (count = read(terminal, bytes.data(), bytes.size())) > 0;) {
    sent.append(bytes.data(), static_cast<std::size_t>(count));
  }
  close(terminal);
  waitpid(child, nullptr, 0);
  return sent;
}

TEST(LiveLineTest, TheLogScrollsAboveIt) {
  const std::string sent = on_terminal([] {
    if (!LiveLine::is_possible()) return;
    google::InitGoogleLogging("test");
    LiveLine line;
    line.show(figures());
    LOG(INFO) << "something happened";
  });
  const std::string shown = "\r\033[Kcopied 12,345 | 1,200/s | 432,000 behind, 6 min 00 s left";
  ASSERT_TRUE(sent.starts_with(shown)) << sent;
  const std::size_t logged = sent.find("something happened\r\n");
  ASSERT_NE(logged, std::string::npos) << sent;
  EXPECT_EQ(sent.substr(shown.size(), 5), "\r\033[KI") << "the line is erased before the log's";
  EXPECT_EQ(sent.find("copied 12,345", logged), logged + std::string("something happened\r\n").size());
  EXPECT_TRUE(sent.ends_with("\r\033[K")) << "and is gone in the end";
}

TEST(LiveLineTest, IsNotForPipesNorForTerminalsThatCannot) {
  EXPECT_EQ(on_terminal([] {
              setenv("TERM", "dumb", 1);
              if (LiveLine::is_possible()) LiveLine().show(figures());
            }),
            "");
}

}  // namespace
}  // namespace interconnect
