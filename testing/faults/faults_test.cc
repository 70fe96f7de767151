// Every fault in every direction, once: nothing is lost, doubled or out of order, and no password printed. The seed is
// printed; FAULTS_SEED gives one.

#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

constexpr std::uint64_t kSeed = 20'210'200;

struct Case {
  Row row;
  Generation from;
  Generation to;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Row& row : all_rows()) {
    for (const Generation from : {Generation::kLegacy, Generation::kNext}) {
      for (const Generation to : {Generation::kLegacy, Generation::kNext}) {
        if (row.takes_place(to)) all.push_back({row, from, to});
      }
    }
  }
  return all;
}

std::uint64_t seed() {
  const char* given = std::getenv("FAULTS_SEED");
  return given == nullptr ? kSeed : std::strtoull(given, nullptr, 10);
}

class FaultTest : public ::testing::TestWithParam<Case> {};

TEST_P(FaultTest, LosesDoublesAndReordersNothing) {
  const Case& one = GetParam();
  const RunReport report = run(one.row, one.from, one.to, Form::kQuick, seed(), ::testing::TempDir());
  EXPECT_EQ(report.problem, "") << one.row.fault << ", seed " << seed() << "\n" << report.output;
  std::cout << "seed " << seed() << ", " << report.outcome.events << " events, " << report.outcome.restarts
            << " restarts, " << report.outcome.disordered << " out of order" << std::endl;
}

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.row.name + "_" + name_of(info.param.from, info.param.to);
  for (char& c : name) {
    if (c == ' ') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTest, ::testing::ValuesIn(cases()), name_of_case);

}  // namespace
}  // namespace interconnect::testing
