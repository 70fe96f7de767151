#include "testing/process/terminal_process.h"

#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace interconnect::testing {
namespace {

using std::chrono::steady_clock;

TerminalProcess::Limit left_until(steady_clock::time_point end) {
  return std::max(TerminalProcess::Limit{0},
                  std::chrono::duration_cast<TerminalProcess::Limit>(end - steady_clock::now()));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

TerminalProcess::TerminalProcess(const Command& command) {
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  winsize size{.ws_row = 24, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  if (pid_ > 0) return;
  // Of calls that are safe between fork and exec only.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(command.program.c_str(), argument_pointers.data(), environment_pointers.data());
  _exit(127);
}

TerminalProcess::~TerminalProcess() {
  if (!status_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(terminal_);
}

void TerminalProcess::type(const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = write(terminal_, text.data() + written, text.size() - written);
    if (count <= 0) throw std::system_error(errno, std::generic_category(), "the terminal takes nothing");
    written += static_cast<std::size_t>(count);
  }
}

bool TerminalProcess::read_some(Limit limit) {
  pollfd awaited{terminal_, POLLIN, 0};
  if (poll(&awaited, 1, static_cast<int>(limit.count())) <= 0) return true;
  std::array<char, 4096> bytes{};
  // A terminal that nobody has open any more is an error.
  const ssize_t count = read(terminal_, bytes.data(), bytes.size());
  if (count <= 0) return false;
  output_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool TerminalProcess::shows(const std::string& text, Limit limit) {
  const auto end = steady_clock::now() + limit;
  while (true) {
    if (const std::size_t found = output_.find(text, looked_at_); found != std::string::npos) {
      looked_at_ = found + text.size();
      return true;
    }
    if (steady_clock::now() >= end || !read_some(left_until(end))) return false;
  }
}

std::optional<ExitStatus> TerminalProcess::wait(Limit limit) {
  const auto end = steady_clock::now() + limit;
  while (!status_ && read_some(left_until(end))) {
    if (steady_clock::now() >= end) return std::nullopt;
  }
  if (status_) return status_;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  status_ = WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0};
  return status_;
}

}  // namespace interconnect::testing
