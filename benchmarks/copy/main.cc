// The copy from end to end: the program between two stores, each a process of its own.

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "benchmarks/copy/cell.h"
#include "benchmarks/copy/stores.h"
#include "benchmarks/copy/table.h"

ABSL_FLAG(bool, quick, false, "one run of the cells that say most, in less than 3 minutes");
ABSL_FLAG(std::string, source, "", "where to copy from: see above; without it, test event stores of every kind");
ABSL_FLAG(std::string, destination, "", "where to copy to");
ABSL_FLAG(std::string, user, "admin", "of the stores that are given");
ABSL_FLAG(std::string, password, "changeit", "of the stores that are given");
ABSL_FLAG(std::vector<std::string>, streams, {}, "numbers of streams");
ABSL_FLAG(std::vector<std::string>, bytes, {}, "sizes of an event, data and metadata together");
ABSL_FLAG(int, runs, 0, "runs of each cell");
ABSL_FLAG(std::int64_t, events, 0, "events of a run");
ABSL_FLAG(bool, flood, false, "only writes events straight into the destination, as fast as it takes them");
ABSL_FLAG(bool, subscription, false, "only takes events from the source's subscription, as fast as it pushes them");
ABSL_FLAG(bool, copy, false, "only copies; --flood, --subscription and --copy may be combined");
ABSL_FLAG(int, live_events, 200, "single events whose latency is measured after each copy");
ABSL_FLAG(int, throttle, 0, "events each second that a test event store takes as the destination, at most");
ABSL_FLAG(std::string, ordering, "perStream", "perStream or global; with global no live events are measured");
ABSL_FLAG(int, buffer_size, 0, "bufferSize of the subscriptions, the copier's own if 0");
ABSL_FLAG(std::string, copier_settings, "", "more lines of the copier's configuration file");
ABSL_FLAG(int, flood_append_events, 0, "of one append of the flood, at most");
ABSL_FLAG(int, flood_appends_in_flight, 0, "of the flood, at most");
ABSL_FLAG(bool, markdown, false, "prints the table as Markdown");

namespace interconnect::copy_benchmark {
namespace {

constexpr char kUsage[] =
    "measures the copy from end to end and prints a table.\n"
    "A store's address is test:legacy, test:21.2.0 or test:21.10 for a test event store of that kind (the first of "
    "the\n"
    "next generation takes Append only, the second BatchAppend), else legacy:HOST:TCP-PORT:HTTP-PORT or esdb://...\n"
    "for one that runs: fresh streams and consumer groups are left behind in it.";

constexpr std::uint64_t kMaxCellBytes = std::uint64_t{1} << 30;

struct Choice {
  std::vector<std::pair<std::string, std::string>> directions;
  std::vector<std::size_t> streams;
  std::vector<std::size_t> bytes;
  std::uint64_t events = 0;
  Plan plan;
};

std::vector<std::size_t> numbers(const std::vector<std::string>& texts, const std::string& flag) {
  std::vector<std::size_t> all;
  for (const std::string& text : texts) {
    std::uint64_t number = 0;
    if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number) || number == 0) {
      throw Failure("--" + flag + " needs positive numbers, not '" + text + "'");
    }
    all.push_back(number);
  }
  return all;
}

Choice choose() {
  const bool quick = absl::GetFlag(FLAGS_quick);
  Choice choice;
  const std::string source = absl::GetFlag(FLAGS_source);
  const std::string destination = absl::GetFlag(FLAGS_destination);
  if (source.empty() && destination.empty()) {
    choice.directions = {{"test:legacy", "test:legacy"}, {"test:legacy", "test:21.2.0"}, {"test:legacy", "test:21.10"},
                         {"test:21.2.0", "test:legacy"}, {"test:21.2.0", "test:21.2.0"}, {"test:21.10", "test:21.10"}};
  } else {
    choice.directions = {{source.empty() ? "test:legacy" : source, destination.empty() ? "test:legacy" : destination}};
  }
  choice.streams = numbers(absl::GetFlag(FLAGS_streams), "streams");
  if (choice.streams.empty())
    choice.streams = quick ? std::vector<std::size_t>{1, 50, 100'000} : std::vector<std::size_t>{1, 50, 5'000, 100'000};
  choice.bytes = numbers(absl::GetFlag(FLAGS_bytes), "bytes");
  if (choice.bytes.empty())
    choice.bytes = quick ? std::vector<std::size_t>{1 << 10} : std::vector<std::size_t>{200, 1 << 10, 64 << 10};
  choice.events = static_cast<std::uint64_t>(absl::GetFlag(FLAGS_events));

  Plan& plan = choice.plan;
  plan.floods = absl::GetFlag(FLAGS_flood);
  plan.consumes = absl::GetFlag(FLAGS_subscription);
  plan.copies = absl::GetFlag(FLAGS_copy);
  plan.throttle = absl::GetFlag(FLAGS_throttle);
  if (!plan.floods && !plan.consumes && !plan.copies) {
    plan.copies = true;
    plan.floods = plan.consumes = plan.throttle == 0;
  }
  plan.live_events = static_cast<std::size_t>(absl::GetFlag(FLAGS_live_events));
  plan.runs = absl::GetFlag(FLAGS_runs) > 0 ? absl::GetFlag(FLAGS_runs) : quick ? 1 : 5;
  plan.buffer_size = absl::GetFlag(FLAGS_buffer_size);
  const std::string ordering = absl::GetFlag(FLAGS_ordering);
  if (ordering != "perStream" && ordering != "global") {
    throw Failure("--ordering is perStream or global, not '" + ordering + "'");
  }
  // The order over all streams is that of the only subscription.
  if (ordering == "global") plan.live_events = 0;
  plan.copier_settings = "ordering: " + ordering + "\n" + absl::GetFlag(FLAGS_copier_settings);
  const auto set = [](int flag, std::size_t& member) {
    if (flag > 0) member = static_cast<std::size_t>(flag);
  };
  set(absl::GetFlag(FLAGS_flood_append_events), plan.write.append_events);
  set(absl::GetFlag(FLAGS_flood_appends_in_flight), plan.write.appends_in_flight);
  return choice;
}

// Two rounds of the streams at least (one, if it is to be quick), where the cell's bytes allow it.
std::uint64_t events_of(const Choice& choice, std::size_t streams, std::size_t bytes) {
  if (choice.events > 0) return choice.events;
  const bool quick = absl::GetFlag(FLAGS_quick);
  const std::uint64_t wanted = std::max<std::uint64_t>(quick ? 50'000 : 200'000, (quick ? 1 : 2) * streams);
  return std::min<std::uint64_t>(wanted, kMaxCellBytes / static_cast<std::uint64_t>(choice.plan.runs) / bytes);
}

int run() {
  const Choice choice = choose();
  const Table table(absl::GetFlag(FLAGS_markdown) ? TableForm::kMarkdown : TableForm::kText);
  table.print_head();
  int failures = 0;
  for (const auto& [from, to] : choice.directions) {
    for (const std::size_t bytes : choice.bytes) {
      for (const std::size_t streams : choice.streams) {
        BenchmarkStore source(from, absl::GetFlag(FLAGS_user), absl::GetFlag(FLAGS_password));
        BenchmarkStore destination(to, absl::GetFlag(FLAGS_user), absl::GetFlag(FLAGS_password));
        if (choice.plan.throttle > 0 && !destination.is_own()) throw Failure("--throttle needs a test event store");
        const Shape shape{.streams = streams, .bytes = bytes, .events = events_of(choice, streams, bytes)};
        const std::string direction = source.name() + " -> " + destination.name();
        try {
          table.print_row(direction, shape, choice.plan, measure(source, destination, shape, choice.plan));
        } catch (const Failure& failure) {
          std::fprintf(stderr, "%s, %zu streams, %zu bytes: %s\n", direction.c_str(), streams, bytes, failure.what());
          ++failures;
        }
      }
    }
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace interconnect::copy_benchmark

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(interconnect::copy_benchmark::kUsage);
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = google::ERROR;
  google::InitGoogleLogging(argv[0]);
  try {
    if (arguments.size() > 1) {
      throw interconnect::copy_benchmark::Failure(std::string("unexpected argument '") + arguments[1] + "'");
    }
    return interconnect::copy_benchmark::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
