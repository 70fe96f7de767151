// The table of docs/reliability.md is that of the suite: each fault has its row, in the suite's order, in the
// directions where it takes place; and no row is of a fault that no longer exists.

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

// "| a fault | all |": how a row begins.
std::string beginning(const Row& row) {
  std::string directions;
  int count = 0;
  for (const Generation from : {Generation::kLegacy, Generation::kNext}) {
    for (const Generation to : {Generation::kLegacy, Generation::kNext}) {
      if (!row.takes_place(to)) continue;
      directions += (directions.empty() ? "" : ", ") + name_of(from, to);
      ++count;
    }
  }
  return "| " + row.fault + " | " + (count == 4 ? "all" : directions) + " |";
}

// Likewise, of each row that the page has.
std::vector<std::string> beginnings_in_page() {
  std::ifstream file("docs/reliability.md");
  std::vector<std::string> found;
  bool is_in_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| Fault | Directions |")) {
      is_in_table = true;
    } else if (!line.starts_with("|")) {
      is_in_table = false;
    } else if (is_in_table && !line.starts_with("|---")) {
      found.push_back(line.substr(0, line.find('|', line.find('|', 1) + 1) + 1));
    }
  }
  return found;
}

void expect_all(const std::vector<std::string>& rows, const std::vector<std::string>& of, const std::string& missing) {
  for (const std::string& row : rows) {
    EXPECT_TRUE(std::find(of.begin(), of.end(), row) != of.end()) << row << " ... " << missing;
  }
}

// Whoever changes a fault makes the table anew: bazel run //testing/faults:table -- --seed 20210200
TEST(ReliabilityPageTest, ItsTableHasTheRowsOfTheSuite) {
  std::vector<std::string> known;
  for (const Row& row : all_rows()) known.push_back(beginning(row));
  const std::vector<std::string> told = beginnings_in_page();
  expect_all(known, told, "is not in docs/reliability.md");
  expect_all(told, known, "is in docs/reliability.md, and not in the suite");
  if (HasFailure()) return;
  EXPECT_EQ(told, known) << "in another order";
}

}  // namespace
}  // namespace interconnect::testing
