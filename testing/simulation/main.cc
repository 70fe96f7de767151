// Runs schedules of faults: see --help.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "testing/simulation/run_hash.h"
#include "testing/simulation/world.h"

namespace interconnect::simulation {
namespace {

constexpr char kHelp[] =
    "Runs the copier through random schedules of faults, and checks what it promises.\n"
    "  --seeds N   runs N schedules (10000)\n"
    "  --from S    the first one's seed (1)\n"
    "  --seed S    runs the one schedule only\n"
    "  --trace     prints what happens in it\n"
    "  --hash      prints a hash of each run's inputs and actions, and one of all of them\n";

struct Options {
  std::uint64_t first = 1;
  std::uint64_t count = 10'000;
  bool prints_trace = false;
  bool prints_hashes = false;
};

bool run_one(std::uint64_t seed, const Options& options, Trace& digest) {
  const Plan plan = make_plan(seed);
  if (options.prints_trace) std::printf("%s\n", plan.describe().c_str());
  RunHash hash;
  const Result result = run(plan, options.prints_hashes ? hash.hooks() : Hooks{}, options.prints_trace);
  if (options.prints_hashes) {
    std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed), static_cast<unsigned long long>(hash.value()));
    digest.mix(hash.value());
  }
  if (result.violations.empty()) return true;
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), plan.describe().c_str());
  for (const std::string& violation : result.violations) std::printf("  %s\n", violation.c_str());
  std::printf("  bazel run //testing/simulation -- --seed %llu --trace\n", static_cast<unsigned long long>(seed));
  return false;
}

int run_all(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const std::uint64_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
    if (option == "--trace" || option == "--hash") {
      (option == "--trace" ? options.prints_trace : options.prints_hashes) = true;
      continue;
    }
    if (option == "--seeds") {
      options.count = value;
    } else if (option == "--from") {
      options.first = value;
    } else if (option == "--seed") {
      options.first = value;
      options.count = 1;
    } else {
      std::fputs(kHelp, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
    ++i;
  }
  std::uint64_t failed = 0;
  Trace digest(false);
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    failed += run_one(seed, options, digest) ? 0 : 1;
  }
  if (options.prints_hashes) std::printf("digest %016llx\n", static_cast<unsigned long long>(digest.hash()));
  std::printf("%llu schedules, %llu failed\n", static_cast<unsigned long long>(options.count),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace interconnect::simulation

int main(int argc, char** argv) { return interconnect::simulation::run_all(argc, argv); }
