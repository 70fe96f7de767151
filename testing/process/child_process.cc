#include "testing/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace interconnect::testing {
namespace {

std::system_error last_error(const std::string& what) { return {errno, std::generic_category(), what}; }

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw last_error("pipe");
  return {ends[0], ends[1]};
}

constexpr std::array kSanitizerOptions{"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> environment;
  const auto add = [&](std::string name, std::string_view value) {
    environment.push_back(std::move(name.append("=").append(value)));
  };
  for (const auto& [name, value] : command.environment) add(name, value);
  for (const char* name : kSanitizerOptions) {
    if (const char* value = std::getenv(name)) add(name, value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Between fork and exec, so of calls that are safe there only.
[[noreturn]] void become(const char* program, char** arguments, char** environment, int output, int errors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  // A socket of the parent that a child holds open would not be closed when the parent closes it.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(program, arguments, environment);
  const int error = errno;
  if (write(errors, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);

  const Pipe output = make_pipe();
  const Pipe errors = make_pipe();
  pid_ = fork();
  if (pid_ == 0) {
    become(command.program.c_str(), const_cast<char**>(argument_pointers.data()),
           const_cast<char**>(environment_pointers.data()), output.write, errors.write);
  }
  const auto fork_error = pid_ < 0 ? errno : 0;
  close(output.write);
  close(errors.write);
  int error = fork_error;
  const bool failed = fork_error != 0 || read(errors.read, &error, sizeof error) > 0;
  close(errors.read);
  if (failed) {
    close(output.read);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot start " + command.program);
  }
  output_fd_ = output.read;
  pid_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  stop_fd_ = eventfd(0, EFD_CLOEXEC);
  collector_ = std::thread([this] { collect(); });
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  if (!status_) waitpid(pid_, nullptr, 0);
  eventfd_write(stop_fd_, 1);
  if (collector_.joinable()) collector_.join();
  close(output_fd_);
  close(pid_fd_);
  close(stop_fd_);
}

void ChildProcess::signal(int number) {
  if (!status_) kill(pid_, number);
}

std::optional<ExitStatus> ChildProcess::wait(Limit limit) {
  if (status_) return status_;
  pollfd ended{pid_fd_, POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  status_ = WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0};
  eventfd_write(stop_fd_, 1);
  collector_.join();
  return status_;
}

std::optional<std::string> ChildProcess::wait_for_line(std::string_view part, Limit limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  std::size_t looked_at = 0;
  while (true) {
    for (; looked_at < lines_.size(); ++looked_at) {
      if (lines_[looked_at].find(part) != std::string::npos) return lines_[looked_at];
    }
    if (ended_) return std::nullopt;
    if (grew_.wait_until(lock, until) == std::cv_status::timeout && looked_at == lines_.size()) return std::nullopt;
  }
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_) all.append(line).push_back('\n');
  return all + last_line_;
}

void ChildProcess::collect() {
  std::array<char, 4096> buffer{};
  while (true) {
    std::array<pollfd, 2> awaited{{{output_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    if (poll(awaited.data(), awaited.size(), -1) < 0) continue;
    // What is in the pipe goes first: the process may have ended behind it.
    if (awaited[0].revents == 0) break;
    const ssize_t size = read(output_fd_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const std::lock_guard lock(mutex_);
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(size))) {
      if (c != '\n') {
        last_line_.push_back(c);
        continue;
      }
      lines_.push_back(std::move(last_line_));
      last_line_.clear();
    }
    grew_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  if (!last_line_.empty()) lines_.push_back(std::move(last_line_));
  last_line_.clear();
  ended_ = true;
  grew_.notify_all();
}

}  // namespace interconnect::testing
