// How much memory the copier takes when the destination is far slower than the source.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "testing/end_to_end/store.h"
#include "testing/process/child_process.h"

ABSL_FLAG(int, events, 1'000'000, "that are copied");
ABSL_FLAG(int, streams, 100'000, "that they go round");
ABSL_FLAG(int, bytes, 1'024, "of data in each");
ABSL_FLAG(int, appends, 5'000, "each second that the destination takes, at most");
ABSL_FLAG(std::vector<std::string>, directions,
          std::vector<std::string>({"legacy-legacy", "next-next", "legacy-next", "next-legacy"}), "that are measured");

namespace interconnect::testing {
namespace {

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::chrono::seconds kPatience{120};  // with a copy that does not go on

// The most memory that was ever resident, and the files that are open (proc(5)).
std::size_t peak_resident_kib(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  throw std::runtime_error("the copier is gone");
}

std::size_t open_files(pid_t process) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

Generation generation_of(const std::string& name) {
  if (name == "legacy") return Generation::kLegacy;
  if (name == "next") return Generation::kNext;
  throw std::runtime_error("no generation: " + name);
}

void measure(const std::string& direction) {
  const std::size_t dash = direction.find('-');
  Store source(generation_of(direction.substr(0, dash)), {"--projections"});
  Store destination(generation_of(direction.substr(dash + 1)));
  const int events = absl::GetFlag(FLAGS_events);
  const int streams = absl::GetFlag(FLAGS_streams);
  for (int loaded = 0; loaded < events; loaded += streams) {
    source.load("hero-", streams, std::min(streams, events - loaded), absl::GetFlag(FLAGS_bytes));
  }
  destination.misbehave(R"({"appendsPerSecond":)" + std::to_string(absl::GetFlag(FLAGS_appends)) + "}");

  const std::string file = std::filesystem::temp_directory_path() / ("memory-" + direction + ".yaml");
  std::ofstream(file) << "subscriptions: [{stream: $ce-hero, group: copy}]\nevents: [{type: '*'}]\n";
  auto environment = source.environment("SRC");
  environment.merge(destination.environment("DST"));
  const auto began = std::chrono::steady_clock::now();
  ChildProcess copier({"app/interconnect", {"--config", file}, environment});
  std::size_t peak = 0;
  std::size_t files = 0;
  std::int64_t pushed = 0;
  auto moved = began;
  for (bool is_over = false; !is_over;) {
    std::this_thread::sleep_for(kBetweenLooks);
    peak = peak_resident_kib(copier.pid());
    files = std::max(files, open_files(copier.pid()));
    const GroupState group = source.group("$ce-hero", "copy");
    is_over = group.pushed >= events && group.outstanding == 0;
    const auto now = std::chrono::steady_clock::now();
    if (std::exchange(pushed, group.pushed) != group.pushed) moved = now;
    if (now - moved > kPatience) throw std::runtime_error("the copy does not go on: " + copier.output());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  copier.signal(SIGTERM);
  copier.wait(std::chrono::seconds(30));
  std::filesystem::remove(file);
  std::printf("| %s | %d | %d | %d | %.0f | %.1f MiB | %zu |\n", direction.c_str(), events, streams,
              absl::GetFlag(FLAGS_bytes), events / took.count(), static_cast<double>(peak) / 1024, files);
  std::fflush(stdout);
}

}  // namespace
}  // namespace interconnect::testing

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures the most memory that the copier takes beside a slow destination.");
  absl::ParseCommandLine(argc, argv);
  try {
    std::puts(
        "| direction | events | streams | bytes | events/s | peak resident | open files "
        "|\n|---|--:|--:|--:|--:|--:|--:|");
    for (const std::string& direction : absl::GetFlag(FLAGS_directions)) interconnect::testing::measure(direction);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
