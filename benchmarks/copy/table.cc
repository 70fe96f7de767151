#include "benchmarks/copy/table.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace interconnect::copy_benchmark {
namespace {

struct Column {
  const char* title;
  int width;
};
constexpr Column kColumns[] = {
    {"direction", 18},
    {"streams", 7},
    {"bytes", 6},
    {"events/s", 8},
    {"MiB/s", 6},
    {"copier us/event", 15},
    {"peak MiB", 8},
    {"live p50 ms", 11},
    {"live p99 ms", 11},
    {"flood events/s", 14},
    {"subscription events/s", 21},
    {"limit events/s", 14},
    {"copy/limit", 10},
    {"source us/event", 15},
    {"destination us/event", 20},
};

template <typename Value>
Value percentile(std::vector<Value> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
}

double median(const std::vector<Measures>& runs, double Measures::*member) {
  std::vector<double> values;
  for (const Measures& run : runs) values.push_back(run.*member);
  return percentile(values, 0.5);
}

std::string shown(double value, const char* format) {
  return value > 0 ? absl::StrFormat(absl::ParsedFormat<'f'>(format), value) : "";
}

// What the copy can reach at best: both halves share the cores.
double limit_of(double flooded, double consumed) {
  return flooded > 0 && consumed > 0 ? 1 / (1 / flooded + 1 / consumed) : 0;
}

std::string latency(const std::vector<Measures>& runs, double part) {
  std::vector<double> all;
  for (const Measures& run : runs) {
    for (const Seconds& seconds : run.latencies) all.push_back(seconds.count() * 1e3);
  }
  return all.empty() ? "" : absl::StrFormat("%.2f", percentile(all, part));
}

}  // namespace

void Table::print_head() const {
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (const Column& column : kColumns) {
    titles.emplace_back(column.title);
    rules.emplace_back(rules.empty() ? "---" : "--:");
  }
  print(titles);
  if (form_ == TableForm::kMarkdown) print(rules);
}

void Table::print_row(const std::string& direction, const Shape& shape, const Plan& plan,
                      const std::vector<Measures>& runs) const {
  const double copied = median(runs, &Measures::copied);
  const double flooded = median(runs, &Measures::flooded);
  const double consumed = median(runs, &Measures::consumed);
  const double limit = plan.throttle > 0 ? plan.throttle : limit_of(flooded, consumed);
  print({direction, std::to_string(shape.streams), std::to_string(shape.bytes), shown(copied, "%.0f"),
         shown(copied * static_cast<double>(shape.bytes) / (1 << 20), "%.1f"),
         shown(median(runs, &Measures::copier_cpu), "%.1f"),
         shown(median(runs, &Measures::copier_memory) / (1 << 20), "%.0f"), latency(runs, 0.5), latency(runs, 0.99),
         shown(flooded, "%.0f"), shown(consumed, "%.0f"), shown(limit, "%.0f"),
         limit > 0 ? shown(copied / limit, "%.2f") : "", shown(median(runs, &Measures::source_cpu), "%.1f"),
         shown(median(runs, &Measures::destination_cpu), "%.1f")});
}

void Table::print(const std::vector<std::string>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (form_ == TableForm::kMarkdown) {
      line += "| " + cells[i] + " ";
    } else {
      const int width = kColumns[i].width;
      line += i == 0 ? absl::StrFormat("%-*s", width, cells[i]) : absl::StrFormat("  %*s", width, cells[i]);
    }
  }
  std::printf("%s%s\n", line.c_str(), form_ == TableForm::kMarkdown ? "|" : "");
  std::fflush(stdout);
}

}  // namespace interconnect::copy_benchmark
