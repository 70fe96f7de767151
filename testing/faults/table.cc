// Makes every run of the fault suite and prints what came of it, as a table.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "testing/faults/row.h"

namespace {

using interconnect::testing::Form;
using interconnect::testing::Generation;
using interconnect::testing::name_of;
using interconnect::testing::Outcome;
using interconnect::testing::Row;
using interconnect::testing::RunReport;

constexpr char kHelp[] = R"(Runs the copier between test event stores under one fault after another, and prints a table.
  --quick        half the events, each run once; else twice
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
  int failures = 0;

  Sum& operator+=(const Sum& other) {
    outcome += other.outcome;
    runs += other.runs;
    failures += other.failures;
    return *this;
  }
};

Sum run_often(const Row& row, Generation from, Generation to, const Choice& choice, const std::string& folder) {
  Sum sum;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(choice.runs); ++i) {
    const RunReport report = run(row, from, to, choice.form, choice.seed + i, folder);
    sum.outcome += report.outcome;
    ++sum.runs;
    if (report.problem.empty()) continue;
    ++sum.failures;
    std::fprintf(stderr, "%s, %s, seed %llu: %s\n%s", row.name.c_str(), name_of(from, to).c_str(),
                 static_cast<unsigned long long>(choice.seed + i), report.problem.c_str(),
                 choice.is_verbose ? report.output.c_str() : "");
  }
  return sum;
}

// All directions at once: a run mostly waits.
Sum run_everywhere(const Row& row, const Choice& choice, const std::string& folder, std::string& directions) {
  std::vector<std::future<Sum>> sums;
  for (const Generation from : {Generation::kLegacy, Generation::kNext}) {
    for (const Generation to : {Generation::kLegacy, Generation::kNext}) {
      if (!row.takes_place(to)) continue;
      directions += (directions.empty() ? "" : ", ") + name_of(from, to);
      sums.push_back(
          std::async(std::launch::async, [&, from, to] { return run_often(row, from, to, choice, folder); }));
    }
  }
  if (sums.size() == 4) directions = "all";
  Sum all;
  for (std::future<Sum>& sum : sums) all += sum.get();
  return all;
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
    std::string directions;
    const Sum sum = run_everywhere(row, choice, folder, directions);
    failures += sum.failures;
    const Outcome& outcome = sum.outcome;
    std::printf("| %s%s | %s | %d | %d | %d | %d | %d | %d |\n", row.fault.c_str(),
                sum.failures == 0 ? "" : (" (**" + std::to_string(sum.failures) + " runs failed**)").c_str(),
                directions.c_str(), sum.runs, outcome.events, outcome.lost, outcome.doubled, outcome.disordered,
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
  if (choice.runs == 0) choice.runs = choice.form == Form::kQuick ? 1 : 2;
  return print_table(choice);
}
