#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace interconnect::testing {

struct Command {
  std::string program;  // a path; PATH is not searched
  std::vector<std::string> arguments;
  // All of it: nothing is inherited, but for the options of a sanitizer.
  std::map<std::string, std::string> environment;
};

struct ExitStatus {
  int code = 0;    // the exit code; meaningless if a signal ended the process
  int signal = 0;  // 0: it ended by itself

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// A child process. It gets no open files of this process. What it writes is collected all the time, line by line,
// stdout and stderr in one, so that it never blocks on a full pipe. When the object goes the process is killed, if it
// still runs, and reaped; so it is when the thread that started it ends, however that comes. Not thread-safe.
class ChildProcess final {
 public:
  using Limit = std::chrono::milliseconds;

  // Throws std::system_error if the program cannot be started.
  explicit ChildProcess(const Command& command);
  ~ChildProcess();

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Does nothing once the process has been waited for.
  void signal(int number);

  // Nothing if it still runs after the limit. Everything that it wrote is in output() after that.
  std::optional<ExitStatus> wait(Limit limit);

  // The first line that contains `part`, as soon as it is there; nothing if the limit passes or the output ends before.
  std::optional<std::string> wait_for_line(std::string_view part, Limit limit);

  // Everything so far.
  std::string output() const;

 private:
  void collect();

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int output_fd_ = -1;
  int stop_fd_ = -1;  // an event: the collector leaves even if a grandchild holds the pipe open
  std::optional<ExitStatus> status_;

  mutable std::mutex mutex_;
  std::condition_variable grew_;
  std::vector<std::string> lines_;
  std::string last_line_;  // not ended yet
  bool ended_ = false;
  std::thread collector_;
};

}  // namespace interconnect::testing
