#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/end_to_end/store.h"
#include "testing/process/child_process.h"

namespace interconnect::testing {

using Variables = std::map<std::string, std::string>;

// Of everything that surely happens, on a machine however busy.
inline constexpr std::chrono::seconds kPatience{60};

// Looks again and again until it holds or kPatience is over.
::testing::AssertionResult eventually(const std::function<bool()>& holds);

// The built program as a process. Nothing that it writes may hold the password: seen to when the object goes.
class Copier final {
 public:
  static constexpr char kProgram[] = "app/interconnect";

  Copier(const Variables& environment, const std::string& configuration, const std::string& program = kProgram,
         std::vector<std::string> arguments = {});
  ~Copier();

  void signal(int number) { process_.signal(number); }
  // The exit code; -1 if a signal ended it, -2 if it does not end.
  int exit_code();
  bool is_running() { return !process_.wait(ChildProcess::Limit{0}); }
  // The first line that contains `part`, as soon as it is there; nothing if it does not come.
  std::optional<std::string> line_with(const std::string& part) { return process_.wait_for_line(part, kPatience); }
  bool says(const std::string& part) { return line_with(part).has_value(); }
  std::string output() const { return process_.output(); }
  std::string last_line() const;

 private:
  ChildProcess process_;
};

struct Direction {
  Generation from;
  Generation to;
};
std::string name_of(const ::testing::TestParamInfo<Direction>& direction);
inline auto all_directions() {
  constexpr auto kLegacy = Generation::kLegacy;
  constexpr auto kNext = Generation::kNext;
  return ::testing::Values(Direction{kLegacy, kLegacy}, Direction{kLegacy, kNext}, Direction{kNext, kLegacy},
                           Direction{kNext, kNext});
}

// An argument: the store keeps its events in a file, and has them again when it is started again.
inline constexpr char kJournal[] = "--data=<its own>";

// Two stores, and copiers from one to the other.
class EndToEndTest : public ::testing::TestWithParam<Direction> {
 protected:
  static constexpr char kStream[] = "$ce-hero";
  static constexpr char kGroup[] = "copy";

  // The arguments are those of both stores, and of the ones of the next generation.
  explicit EndToEndTest(const std::vector<std::string>& arguments = {},
                        const std::vector<std::string>& next_arguments = {});

  // Copies every type of event of the category `hero`, as `group`.
  static std::string configuration(const std::string& more = "", const std::string& group = kGroup,
                                   const std::string& events = "[{type: '*'}]");

  // `more` variables win over those that tell where the stores are.
  std::unique_ptr<Copier> start(const std::string& configuration, const Variables& more = {},
                                const std::string& program = Copier::kProgram,
                                const std::vector<std::string>& arguments = {}) const;

  int source_count() const { return source.count("hero-"); }
  int destination_count() const { return destination.count("hero-"); }
  // Nothing is delivered and not acknowledged, and as much as the links of the category has been delivered.
  bool is_all_acknowledged(const std::string& group = kGroup) const;
  // Every stream has the events of the source's, in its order, each once.
  void expect_copied() const;

  Store source;
  Store destination;
};

// The published names.
inline constexpr char kWriterTimeout[] = "EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS";
inline constexpr char kLinkCheckInterval[] = "CONNECTION_LINK_CHECK_INTERVAL_IN_MS";

}  // namespace interconnect::testing
