// Makes every run of the fault suite and prints what came of it, as a table.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "testing/faults/row.h"

namespace {

using interconnect::testing::Form;
using interconnect::testing::Generation;
using interconnect::testing::Outcome;
using interconnect::testing::Row;
using interconnect::testing::RunReport;

constexpr char kHelp[] = R"(Runs the copier between test event stores under one fault after another, and prints a table.
  --quick        fewer events, each run once; else three times
  --seed N       of every random instant; else a random one, which is printed
  --only NAME    only the faults whose name begins so
  --runs N       of each fault and direction
  --verbose      prints what the copiers wrote, where a run fails
  --list         prints the names
)";

struct Choice {
  Form form = Form::kFull;
  std::uint64_t seed = std::random_device{}();
  std::string only;
  int runs = 0;
  bool is_verbose = false;
};

struct Sum {
  Outcome outcome;
  int runs = 0;
  std::string directions;
  int failures = 0;
};

Sum run_all(const Row& row, const Choice& choice, const std::string& folder) {
  Sum sum;
  int directions = 0;
  for (const Generation from : {Generation::kLegacy, Generation::kNext}) {
    for (const Generation to : {Generation::kLegacy, Generation::kNext}) {
      if (!row.takes_place(from, to)) continue;
      const std::string direction = interconnect::testing::name_of(from, to);
      sum.directions += (directions++ == 0 ? "" : ", ") + direction;
      for (int i = 0; i < choice.runs; ++i) {
        const RunReport report = run(row, from, to, choice.form, choice.seed + static_cast<std::uint64_t>(i), folder);
        sum.outcome += report.outcome;
        ++sum.runs;
        if (report.problem.empty()) continue;
        ++sum.failures;
        std::fprintf(stderr, "%s, %s, seed %llu: %s\n", row.name.c_str(), direction.c_str(),
                     static_cast<unsigned long long>(choice.seed + static_cast<std::uint64_t>(i)),
                     report.problem.c_str());
        if (choice.is_verbose) std::fprintf(stderr, "%s\n", report.output.c_str());
      }
    }
  }
  if (directions == 4) sum.directions = "all";
  return sum;
}

int print_table(const Choice& choice) {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("faults-" + std::to_string(std::random_device{}()));
  std::printf("Seed %llu.\n\n", static_cast<unsigned long long>(choice.seed));
  std::printf("| Fault | Directions | Runs | Events | Lost | Doubled | Out of order | Ended by itself |\n");
  std::printf("|---|---|--:|--:|--:|--:|--:|--:|\n");
  int failures = 0;
  for (const Row& row : interconnect::testing::all_rows()) {
    if (!row.name.starts_with(choice.only)) continue;
    const Sum sum = run_all(row, choice, folder);
    failures += sum.failures;
    const Outcome& outcome = sum.outcome;
    std::printf("| %s%s | %s | %d | %d | %d | %d | %d | %d |\n", row.fault.c_str(),
                sum.failures == 0 ? "" : (" (**" + std::to_string(sum.failures) + " runs failed**)").c_str(),
                sum.directions.c_str(), sum.runs, outcome.events, outcome.lost, outcome.doubled, outcome.disordered,
                outcome.restarts);
    std::fflush(stdout);
  }
  std::filesystem::remove_all(folder);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Choice choice;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      choice.form = Form::kQuick;
    } else if (argument == "--verbose") {
      choice.is_verbose = true;
    } else if (argument == "--list") {
      for (const Row& row : interconnect::testing::all_rows()) std::printf("%s\n", row.name.c_str());
      return 0;
    } else if (argument == "--seed" && has_value) {
      choice.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--only" && has_value) {
      choice.only = argv[++i];
    } else if (argument == "--runs" && has_value) {
      choice.runs = std::atoi(argv[++i]);
    } else {
      std::fputs(kHelp, argument == "--help" ? stdout : stderr);
      return argument == "--help" ? 0 : 2;
    }
  }
  if (choice.runs == 0) choice.runs = choice.form == Form::kQuick ? 1 : 3;
  return print_table(choice);
}
