#include "app/monitoring/process_usage.h"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>

namespace interconnect {
namespace {

constexpr Duration kInterval = std::chrono::seconds(5);
constexpr std::int64_t kMebibyte = 1 << 20;

Duration used_so_far() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all_pages = 0;
  std::int64_t resident_pages = 0;
  file >> all_pages >> resident_pages;
  return (resident_pages * sysconf(_SC_PAGESIZE) + kMebibyte - 1) / kMebibyte * kMebibyte;
}

}  // namespace

const ProcessUsage::Figures& ProcessUsage::look(Time now) {
  if (figures_.memory_bytes != 0 && now - looked_at_ < kInterval) return figures_;
  const Duration used = used_so_far();
  const bool is_first = figures_.memory_bytes == 0;
  if (!is_first) {
    figures_.cpu_percent =
        100 * std::chrono::duration<double>(used - used_) / std::chrono::duration<double>(now - looked_at_);
  }
  figures_.memory_bytes = resident_bytes();
  looked_at_ = now;
  used_ = used;
  return figures_;
}

}  // namespace interconnect
