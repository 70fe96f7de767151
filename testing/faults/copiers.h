#pragma once

#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "testing/process/child_process.h"

namespace interconnect::testing {

// A run cannot go on, or has shown something that must not be.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The program under a supervisor: it is started again whenever it ends with a code that says so.
class SupervisedCopier final {
 public:
  SupervisedCopier(std::string name, Command command);

  void start();
  bool is_up() const { return process_ != nullptr; }
  // SIGKILL; it stays down until start().
  void kill();
  // SIGTERM, and it must leave with 0; it stays down until start(). Throws Failure.
  void stop();
  // Starts it again if it has ended with 1, or with `more` besides. Throws Failure if it has ended otherwise.
  void look_after(const std::set<int>& more);
  // Waits until this life of it has written a line with that part. Throws Failure.
  void await(const std::string& part);
  // Waits until it ends by itself; the code. It stays down until start(). Throws Failure.
  int await_end();

  // Of its last life that has ended.
  const std::string& last_line() const { return last_line_; }
  int restarts() const { return restarts_; }
  // What all its lives have written, and their arguments.
  std::string output() const;

 private:
  void remember(const std::string& how);

  const std::string name_;
  const Command command_;
  std::unique_ptr<ChildProcess> process_;
  std::string past_output_;
  std::string last_line_;
  int restarts_ = 0;
};

}  // namespace interconnect::testing
