#include "benchmarks/copy/process_usage.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "benchmarks/copy/loop.h"

namespace interconnect::copy_benchmark {
namespace {

std::string path(pid_t process, const char* file) { return "/proc/" + std::to_string(process) + "/" + file; }

}  // namespace

std::chrono::duration<double> cpu_time(pid_t process) {
  std::ifstream file(path(process, "stat"));
  std::string line;
  if (!std::getline(file, line)) throw Failure("process " + std::to_string(process) + " is gone");
  // The name before may hold spaces and parentheses; utime and stime are the 12th and 13th fields behind it.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return std::chrono::duration<double>((user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

std::size_t peak_resident_bytes(pid_t process) {
  std::ifstream file(path(process, "status"));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) << 10;
  }
  throw Failure("process " + std::to_string(process) + " is gone");
}

}  // namespace interconnect::copy_benchmark
