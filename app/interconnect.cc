#include "app/interconnect.h"

#include <glog/logging.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/synchronization/mutex.h"
#include "adapters/env_config/environment_file.h"
#include "adapters/env_config/process_environment.h"
#include "app/command_line.h"
#include "app/commands/check.h"
#include "app/commands/completion.h"
#include "app/commands/health.h"
#include "app/commands/init.h"
#include "app/commands/print_config.h"
#include "app/commands/status.h"
#include "app/commands/verify.h"
#include "app/configuration/files.h"
#include "app/configuration/read_settings.h"
#include "app/copy_policy.h"
#include "app/copy_run.h"
#include "app/version.h"
#include "domain/exit_code.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxEnvironmentFile = 1024 * 1024;  // bytes

// Until the copy catches signals itself: nothing is under way yet.
extern "C" void leave_before_start(int) { std::_Exit(static_cast<int>(ExitCode::kStopped)); }
// The other commands have not found what they were asked for.
extern "C" void leave_unfinished(int) { std::_Exit(static_cast<int>(ExitCode::kKilledBySafetyRules)); }

int refuse_configuration(std::string_view message) {
  LOG(ERROR) << message;
  google::FlushLogFiles(google::INFO);
  return static_cast<int>(ExitCode::kWrongConfiguration);
}

// Of the commands that need no more than the arguments; nothing for the others.
std::optional<int> run_without_settings(const CommandLine& line) {
  if (line.help) {
    std::cout << help_text(line.command);
  } else if (line.version) {
    std::cout << "interconnect " << kVersion << "\n";
  } else if (line.command == "completion") {
    const std::string shell = line.arguments.empty() ? "" : line.arguments.front();
    const auto script = completion_script(shell);
    if (!script) return refuse_configuration("completion: name the shell: interconnect completion bash, or zsh");
    std::cout << *script;
  } else {
    return std::nullopt;
  }
  std::cout.flush();
  return std::cout.good() ? 0 : 1;
}

// What is wrong with the file of variables; nothing if there is none, or they are set now.
std::optional<std::string> set_variables(const std::optional<std::string>& file) {
  if (!file) return std::nullopt;
  errno = 0;
  const auto text = read_file(*file, kMaxEnvironmentFile);
  if (!text) {
    return "--env-file: " + *file + " cannot be read" + (errno == 0 ? "" : std::string(": ") + std::strerror(errno)) +
           ": name a file that this user may read";
  }
  const auto read = parse_environment_file(*text);
  if (const auto* error = std::get_if<EnvironmentFileError>(&read)) {
    return "--env-file: " + *file + ":" + std::to_string(error->line) + ": " + error->what;
  }
  set_in_process(std::get<EnvironmentFile>(read));
  return std::nullopt;
}

// Of the commands that ask a copy that runs; nothing for the others.
std::optional<int> run_with_http_settings(const CommandLine& line) {
  if (line.command != "health" && line.command != "status") return std::nullopt;
  const auto read = read_http_settings(ProcessEnvironment(), line.config_file);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) return refuse_configuration(errors->message());
  const auto& settings = std::get<MonitoringSettings>(read);
  if (line.command == "health") return ask_health(settings, std::cout) ? 0 : 1;
  const StatusOptions options{.waits = line.waits, .timeout = line.timeout, .as_json = line.as_json};
  return ask_status(settings, options, std::cout) ? 0 : 1;
}

int run_with_settings(const CommandLine& line, Settings settings, const Extensions& extensions) {
  if (line.command == "print-config") {
    std::cout << describe(settings.effective) << std::flush;
    return std::cout.good() ? 0 : 1;
  }
  if (line.command == "check") {
    FLAGS_minloglevel = google::GLOG_WARNING;  // the findings tell the rest
    return static_cast<int>(check(settings, std::cout));
  }
  if (line.command == "verify") {
    FLAGS_minloglevel = google::GLOG_WARNING;  // the report tells the rest
    const VerifyOptions options{.config_file = line.config_file.value_or("$EVENTSTORE_INTERCO_CONFIG") +
                                               (line.environment_file ? " --env-file " + *line.environment_file : ""),
                                .streams = line.streams,
                                .as_json = line.as_json,
                                .prints = {line.ignores_metadata, line.compares_json},
                                .state_file = line.state_file};
    return static_cast<int>(verify(settings, copy_policy(settings, extensions), options, std::cout));
  }
  for (const std::string& warning : settings.warnings) LOG(WARNING) << warning;
  CopyRun(std::move(settings), extensions).run();
  return static_cast<int>(ExitCode::kStopped);
}

}  // namespace

int run_interconnect(int argc, char** argv, const Extensions& extensions) {
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(argv[0]);
  std::signal(SIGPIPE, SIG_IGN);
  // Debian's Abseil looks for cycles at each lock that gRPC takes: a twelfth of what a copy over gRPC costs.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::signal(SIGTERM, leave_before_start);
  std::signal(SIGINT, leave_before_start);
  const auto parsed = parse_command_line(argc, argv);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return refuse_configuration(*wrong);
  const auto& line = std::get<CommandLine>(parsed);
  if (line.command != "run") {
    std::signal(SIGTERM, leave_unfinished);
    std::signal(SIGINT, leave_unfinished);
  }
  if (const auto code = run_without_settings(line)) return *code;
  try {
    if (line.command == "init") {
      FLAGS_minloglevel = google::GLOG_WARNING;  // the findings tell the rest
      return static_cast<int>(init(line, ProcessEnvironment(), std::cout));
    }
    if (const auto wrong = set_variables(line.environment_file)) return refuse_configuration(*wrong);
    if (const auto code = run_with_http_settings(line)) return *code;
    auto read = read_settings(ProcessEnvironment(), line.config_file);
    if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) return refuse_configuration(errors->message());
    return run_with_settings(line, std::get<Settings>(std::move(read)), extensions);
  } catch (const std::exception& error) {
    return refuse_configuration(error.what());
  }
}

}  // namespace interconnect
