#pragma once

#include <string>
#include <vector>

#include "benchmarks/copy/cell.h"

namespace interconnect::copy_benchmark {

enum class TableForm { kText, kMarkdown };

// A row for each cell, printed as soon as it is measured; every figure is the median of the cell's runs, but for the
// latencies, which are percentiles of all runs together. What was not measured is left empty.
class Table final {
 public:
  explicit Table(TableForm form) : form_(form) {}

  void print_head() const;
  void print_row(const std::string& direction, const Shape& shape, const Plan& plan,
                 const std::vector<Measures>& runs) const;

 private:
  void print(const std::vector<std::string>& cells) const;

  const TableForm form_;
};

}  // namespace interconnect::copy_benchmark
