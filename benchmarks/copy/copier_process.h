#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "app/configuration/settings.h"
#include "benchmarks/copy/stores.h"
#include "testing/process/child_process.h"

namespace interconnect::copy_benchmark {

// Everything that the copier is told for one run: its environment and its configuration file.
class CopierSetup final {
 public:
  // Copies each of the streams with a group of that name. `more` are further lines of the configuration file; a buffer
  // size of 0 is the copier's own.
  CopierSetup(const BenchmarkStore& source, const BenchmarkStore& destination, const std::vector<std::string>& streams,
              const std::string& group, int buffer_size = 0, const std::string& more = "");
  ~CopierSetup();

  CopierSetup(const CopierSetup&) = delete;
  CopierSetup& operator=(const CopierSetup&) = delete;

  // As the copier itself understands it: where the stores are, and the subscriptions with all their defaults.
  const Settings& settings() const { return settings_; }
  testing::Command command() const;

 private:
  std::string file_;
  Variables environment_;
  Settings settings_;
};

// The program, running.
class CopierProcess final {
 public:
  explicit CopierProcess(const CopierSetup& setup) : process_(setup.command()) {}

  pid_t id() const { return process_.pid(); }
  // Asks it to stop and waits. Throws Failure if it does not leave with 0.
  void stop();
  // What it has written, for a message that says why it did not do what it should.
  std::string last_lines() const;

 private:
  testing::ChildProcess process_;
};

}  // namespace interconnect::copy_benchmark
