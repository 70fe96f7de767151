#include "testing/end_to_end/fixture.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{10};
constexpr char kDefaultWriterTimeout[] = "5000";

std::string unique_number() {
  static int count = 0;
  return std::to_string(++count);
}

std::string write_configuration(const std::string& text) {
  std::string file = ::testing::TempDir() + "/configuration-" + unique_number() + ".yaml";
  std::ofstream(file) << text;
  return file;
}

std::vector<std::string> with_configuration(std::vector<std::string> arguments, const std::string& text) {
  arguments.insert(arguments.end(), {"--config", write_configuration(text)});
  return arguments;
}

// Nothing if they are the same; short, for streams are long.
std::string difference(const std::vector<StoredEvent>& is, const std::vector<StoredEvent>& should_be) {
  for (std::size_t i = 0; i < std::max(is.size(), should_be.size()); ++i) {
    const std::string has = i < is.size() ? is[i].id : "nothing";
    const std::string wanted = i < should_be.size() ? should_be[i].id : "nothing";
    if (has != wanted) return ("at " + std::to_string(i) + " is ").append(has).append(" instead of ").append(wanted);
  }
  return "";
}

std::vector<std::string> all_arguments(Generation generation, std::vector<std::string> arguments,
                                       const std::vector<std::string>& next_arguments, const std::string& name) {
  // Each store has a journal of its own.
  for (std::string& argument : arguments) {
    if (argument == kJournal) argument = "--data=" + ::testing::TempDir() + "/" + name + "-" + unique_number();
  }
  arguments.push_back("--projections");
  if (generation == Generation::kNext) arguments.insert(arguments.end(), next_arguments.begin(), next_arguments.end());
  return arguments;
}

}  // namespace

::testing::AssertionResult eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return ::testing::AssertionFailure() << "not in time";
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return ::testing::AssertionSuccess();
}

Copier::Copier(const Variables& environment, const std::string& configuration, const std::string& program,
               std::vector<std::string> arguments)
    : process_(Command{program, with_configuration(std::move(arguments), configuration), environment}) {}

Copier::~Copier() {
  const std::string output = process_.output();
  EXPECT_EQ(output.find(Store::kPassword), std::string::npos) << output;
  if (::testing::Test::HasFailure()) std::cout << "the copier wrote:\n" << output << std::endl;
}

int Copier::exit_code() {
  const auto status = process_.wait(kPatience);
  if (!status) return -2;
  return status->signal != 0 ? -1 : status->code;
}

std::string Copier::last_line() const {
  const std::string output = process_.output();
  const std::size_t end = output.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::size_t begin = output.rfind('\n', end);
  return output.substr(begin + 1, end - begin);
}

std::string name_of(const ::testing::TestParamInfo<Direction>& direction) {
  const auto name = [](Generation generation) { return generation == Generation::kLegacy ? "Legacy" : "Next"; };
  return std::string(name(direction.param.from)) + "To" + name(direction.param.to);
}

EndToEndTest::EndToEndTest(const std::vector<std::string>& arguments, const std::vector<std::string>& next_arguments)
    : source(GetParam().from, all_arguments(GetParam().from, arguments, next_arguments, "source")),
      destination(GetParam().to, all_arguments(GetParam().to, arguments, next_arguments, "destination")) {}

std::string EndToEndTest::configuration(const std::string& more, const std::string& group, const std::string& events) {
  return std::string("subscriptions:\n  - {stream: ") + kStream + ", group: " + group +
         ", bufferSize: 500, settings: {resolveLinkTos: true}}\nevents: " + events + "\n" + more + "\n";
}

std::unique_ptr<Copier> EndToEndTest::start(const std::string& configuration, const Variables& more,
                                            const std::string& program,
                                            const std::vector<std::string>& arguments) const {
  Variables environment = more;
  environment.merge(source.environment("SRC"));
  environment.merge(destination.environment("DST"));
  if (kSlowdown > 1) {
    std::string& timeout = environment.emplace(kWriterTimeout, kDefaultWriterTimeout).first->second;
    timeout = std::to_string(std::stoi(timeout) * kSlowdown);
  }
  return std::make_unique<Copier>(environment, configuration, program, arguments);
}

bool EndToEndTest::is_all_acknowledged(const std::string& group) const {
  const GroupState state = source.group(kStream, group);
  return state.outstanding == 0 && state.pushed >= source.count(kStream);
}

void EndToEndTest::expect_copied() const {
  const auto streams = source.streams("hero-");
  EXPECT_FALSE(streams.empty());
  EXPECT_TRUE(destination.streams("hero-") == streams)
      << destination_count() << " events instead of " << source_count();
  for (const auto& [stream, count] : streams) {
    EXPECT_EQ(difference(destination.dump(stream), source.dump(stream)), "") << stream;
  }
}

}  // namespace interconnect::testing
