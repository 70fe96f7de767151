#include "testing/faults/row.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <system_error>

namespace interconnect::testing {
namespace {

constexpr int kFullEvents = 2;  // times those of the quick form

// What must not be, first things first; nothing if all is well.
std::string problem_of(const Outcome& outcome, bool keeps_order, bool may_end) {
  if (outcome.lost > 0) return std::to_string(outcome.lost) + " lost";
  if (outcome.doubled > 0) return std::to_string(outcome.doubled) + " doubled";
  if (outcome.altered > 0) return std::to_string(outcome.altered) + " altered";
  if (keeps_order && outcome.disordered > 0) return std::to_string(outcome.disordered) + " out of order";
  if (!may_end && outcome.restarts > 0) return "a copier ended by itself";
  return "";
}

}  // namespace

bool Row::takes_place(Generation to) const {
  switch (where) {
    case Where::kEverywhere:
      return true;
    case Where::kToLegacy:
      return to == Generation::kLegacy;
    case Where::kToNext:
      return to == Generation::kNext;
  }
  return false;
}

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto& rows : {process_rows(), server_rows(), network_rows(), refusal_rows(), http_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

RunReport run(const Row& row, Generation from, Generation to, Form form, std::uint64_t seed,
              const std::string& folder) {
  static std::atomic<int> count = 0;
  const std::string own_folder = folder + "/run-" + std::to_string(++count);
  std::filesystem::create_directories(own_folder);
  Setup setup = row.setup;
  if (form == Form::kFull) {
    setup.events *= kFullEvents;
    setup.patience *= 2;
  }
  RunReport report;
  std::unique_ptr<Scene> scene;
  try {
    scene = std::make_unique<Scene>(from, to, setup, seed, own_folder);
    row.act(*scene);
    report.outcome = scene->finish();
    report.problem = problem_of(report.outcome, row.keeps_order, row.may_end);
  } catch (const std::exception& error) {
    report.problem = error.what();
  }
  if (scene != nullptr) report.output = scene->output();
  scene.reset();
  std::error_code ignored;
  std::filesystem::remove_all(own_folder, ignored);
  if (report.output.find(Store::kPassword) != std::string::npos) report.problem = "a copier printed the password";
  return report;
}

std::string name_of(Generation from, Generation to) {
  const auto name = [](Generation generation) { return generation == Generation::kLegacy ? "old" : "new"; };
  return std::string(name(from)) + " to " + name(to);
}

}  // namespace interconnect::testing
