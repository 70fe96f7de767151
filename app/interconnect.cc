#include "app/interconnect.h"

#include <glog/logging.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/synchronization/mutex.h"
#include "adapters/env_config/process_environment.h"
#include "app/command_line.h"
#include "app/commands/check.h"
#include "app/commands/completion.h"
#include "app/commands/health.h"
#include "app/commands/print_config.h"
#include "app/commands/status.h"
#include "app/commands/verify.h"
#include "app/configuration/read_settings.h"
#include "app/copy_policy.h"
#include "app/copy_run.h"
#include "app/version.h"
#include "domain/exit_code.h"

namespace interconnect {
namespace {

// Until the copy catches signals itself: nothing is under way yet.
extern "C" void leave_before_start(int) { std::_Exit(static_cast<int>(ExitCode::kStopped)); }

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
    if (!script) return refuse_configuration("completion: name the shell, bash or zsh");
    std::cout << *script;
  } else {
    return std::nullopt;
  }
  std::cout.flush();
  return std::cout.good() ? 0 : 1;
}

int run_with_settings(const CommandLine& line, Settings settings, const Extensions& extensions) {
  if (line.command == "print-config") {
    std::cout << describe(settings.effective) << std::flush;
    return std::cout.good() ? 0 : 1;
  }
  if (line.command == "health") return ask_health(settings.monitoring, std::cout) ? 0 : 1;
  if (line.command == "status") {
    const StatusOptions options{.waits = line.waits, .timeout = line.timeout, .as_json = line.as_json};
    return ask_status(settings.monitoring, options, std::cout) ? 0 : 1;
  }
  if (line.command == "check") {
    FLAGS_minloglevel = google::GLOG_WARNING;  // the findings tell the rest
    return static_cast<int>(check(settings, std::cout));
  }
  if (line.command == "verify") {
    FLAGS_minloglevel = google::GLOG_WARNING;  // the report tells the rest
    const VerifyOptions options{.config_file = line.config_file.value_or("$EVENTSTORE_INTERCO_CONFIG"),
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
  if (const auto code = run_without_settings(line)) return *code;
  auto read = read_settings(ProcessEnvironment(), line.config_file);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) return refuse_configuration(errors->message());
  try {
    return run_with_settings(line, std::get<Settings>(std::move(read)), extensions);
  } catch (const std::exception& error) {
    return refuse_configuration(error.what());
  }
}

}  // namespace interconnect
