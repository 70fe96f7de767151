#include "benchmarks/copy/copier_process.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>
#include <variant>

#include "app/configuration/read_settings.h"
#include "benchmarks/copy/loop.h"
#include "testing/fakes/fake_environment.h"

namespace interconnect::copy_benchmark {
namespace {

constexpr char kProgram[] = "app/interconnect";
constexpr testing::ChildProcess::Limit kStopLimit{30'000};
constexpr std::size_t kLastLines = 2'000;

Settings settings_of(const Variables& variables, const std::string& file) {
  testing::FakeEnvironment environment;
  for (const auto& [name, value] : variables) environment.set(name, value);
  auto read = read_settings(environment, file);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) throw Failure(errors->message());
  return std::get<Settings>(std::move(read));
}

}  // namespace

CopierSetup::CopierSetup(const BenchmarkStore& source, const BenchmarkStore& destination,
                         const std::vector<std::string>& streams, const std::string& group, int buffer_size,
                         const std::string& more)
    : file_(std::filesystem::temp_directory_path() / ("copy-benchmark-" + std::to_string(getpid()) + ".yaml")),
      environment_(source.environment("SRC")) {
  environment_.merge(destination.environment("DST"));
  {
    std::ofstream file(file_);
    file << "subscriptions:\n";
    for (const std::string& stream : streams) {
      file << "  - {stream: \"" << stream << "\", group: " << group;
      if (buffer_size > 0) file << ", bufferSize: " << buffer_size;
      file << "}\n";
    }
    file << "events: [{type: Hero*}]\n" << more << "\n";
  }
  settings_ = settings_of(environment_, file_);
}

CopierSetup::~CopierSetup() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

testing::Command CopierSetup::command() const { return {kProgram, {"--config", file_}, environment_}; }

void CopierProcess::stop() {
  process_.signal(SIGTERM);
  const auto status = process_.wait(kStopLimit);
  if (status != testing::ExitStatus{}) throw Failure("the copier did not stop as it should:\n" + last_lines());
}

std::string CopierProcess::last_lines() const {
  const std::string output = process_.output();
  return output.size() <= kLastLines ? output : output.substr(output.size() - kLastLines);
}

}  // namespace interconnect::copy_benchmark
