#include "testing/process/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace interconnect::testing {
namespace {

constexpr ChildProcess::Limit kLong{30'000};

Command shell(const std::string& script) { return {"/bin/sh", {"-c", script}, {{"GREETING", "good day"}}}; }

TEST(ChildProcess, TellsExitCodeAndWhatWasWritten) {
  ChildProcess child(shell("echo $GREETING; echo oh >&2; printf 'no end'; exit 7"));
  EXPECT_EQ(child.wait(kLong), (ExitStatus{7, 0}));
  EXPECT_EQ(child.output(), "good day\noh\nno end\n");
}

TEST(ChildProcess, InheritsNoEnvironment) {
  ASSERT_EQ(setenv("UNWANTED", "here", 1), 0);
  ChildProcess child(shell("echo \"[$UNWANTED]\""));
  EXPECT_EQ(child.wait_for_line("[", kLong), "[]");
}

TEST(ChildProcess, InheritsNoOpenFiles) {
  const int file = open("/dev/null", O_RDONLY);
  ASSERT_GT(file, 2);
  ChildProcess child(shell("test -e /proc/self/fd/" + std::to_string(file) + " && echo open || echo closed"));
  EXPECT_EQ(child.wait_for_line("e", kLong), "closed");
  close(file);
}

TEST(ChildProcess, WaitsForALine) {
  ChildProcess child(shell("echo ready port=7; exec cat"));
  EXPECT_EQ(child.wait_for_line("port=", kLong), "ready port=7");
  EXPECT_EQ(child.wait_for_line("never", ChildProcess::Limit{20}), std::nullopt);
}

TEST(ChildProcess, GivesUpWaitingForALineWhenTheOutputEnds) {
  ChildProcess child(shell("echo something else"));
  EXPECT_EQ(child.wait_for_line("never", kLong), std::nullopt);
}

TEST(ChildProcess, IsSignalled) {
  ChildProcess child(shell("trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
  ASSERT_TRUE(child.wait_for_line("ready", kLong));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(kLong), (ExitStatus{3, 0}));
  EXPECT_EQ(child.output(), "ready\ncaught\n");
}

TEST(ChildProcess, TellsTheSignalThatEndedIt) {
  ChildProcess child(shell("kill -9 $$"));
  EXPECT_EQ(child.wait(kLong), (ExitStatus{0, SIGKILL}));
}

TEST(ChildProcess, StillRunsAfterTheLimit) {
  ChildProcess child(shell("sleep 600"));
  EXPECT_EQ(child.wait(ChildProcess::Limit{10}), std::nullopt);
}

TEST(ChildProcess, IsKilledAndReapedWithItsObject) {
  auto child = std::make_unique<ChildProcess>(shell("trap '' TERM; echo ready; sleep 600"));
  ASSERT_TRUE(child->wait_for_line("ready", kLong));
  const pid_t pid = child->pid();
  child.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcess, NeverBlocksWhoWritesMuch) {
  ChildProcess child(
      shell("i=0; while [ $i -lt 5000 ]; do echo 'a line of some forty characters, as it seems'; "
            "i=$((i+1)); done"));
  EXPECT_EQ(child.wait(kLong), (ExitStatus{0, 0}));
  EXPECT_EQ(child.output().size(), 5000 * 45u);
}

TEST(ChildProcess, RefusesAProgramThatIsNotThere) {
  EXPECT_THROW(ChildProcess(Command{"/nowhere/program", {}, {}}), std::system_error);
}

}  // namespace
}  // namespace interconnect::testing
