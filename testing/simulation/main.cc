// Runs schedules of faults: see --help.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "testing/simulation/world.h"

namespace interconnect::simulation {
namespace {

constexpr char kHelp[] =
    "Runs the copier through random schedules of faults, and checks what it promises.\n"
    "  --seeds N   runs N schedules (10000)\n"
    "  --from S    the first one's seed (1)\n"
    "  --seed S    runs the one schedule only\n"
    "  --trace     prints what happens in it\n";

bool run_one(std::uint64_t seed, bool prints_trace) {
  const Plan plan = make_plan(seed);
  if (prints_trace) std::printf("%s\n", plan.describe().c_str());
  const Result result = run(plan, {}, prints_trace);
  if (result.violations.empty()) return true;
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), plan.describe().c_str());
  for (const std::string& violation : result.violations) std::printf("  %s\n", violation.c_str());
  std::printf("  bazel run //testing/simulation -- --seed %llu --trace\n", static_cast<unsigned long long>(seed));
  return false;
}

int run_all(int argc, char** argv) {
  std::uint64_t first = 1;
  std::uint64_t count = 10'000;
  bool prints_trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const std::uint64_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
    if (option == "--trace") {
      prints_trace = true;
      continue;
    }
    if (option == "--seeds") {
      count = value;
    } else if (option == "--from") {
      first = value;
    } else if (option == "--seed") {
      first = value;
      count = 1;
    } else {
      std::fputs(kHelp, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
    ++i;
  }
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) failed += run_one(seed, prints_trace) ? 0 : 1;
  std::printf("%llu schedules, %llu failed\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace interconnect::simulation

int main(int argc, char** argv) { return interconnect::simulation::run_all(argc, argv); }
