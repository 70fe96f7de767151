#include "app/configuration/read_settings.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string_view>
#include <utility>

#include "adapters/yaml_config/yaml_document.h"
#include "app/configuration/environment_reader.h"
#include "app/configuration/events_reader.h"
#include "app/configuration/files.h"
#include "app/configuration/http_reader.h"
#include "app/configuration/monitoring_reader.h"
#include "app/configuration/problems.h"
#include "app/configuration/section.h"
#include "app/configuration/store_reader.h"
#include "app/configuration/subscriptions_reader.h"

namespace interconnect {
namespace {

std::string name_with_random_tail() {
  char tail[9];
  std::snprintf(tail, sizeof tail, "%08x", static_cast<unsigned>(std::random_device()()));
  return std::string("interconnect-") + tail;
}

void read_ordering(Section& file, Settings& settings) {
  using Ordering = CopierSettings::Ordering;
  file.read_word("ordering", settings.copier.ordering,
                 {{"perStream", Ordering::kPerStream}, {"global", Ordering::kGlobal}});
  if (settings.copier.ordering != Ordering::kGlobal) return;
  if (settings.subscriptions.size() > 1) {
    file.error("ordering", "global is the order of one subscription, but there are " +
                               std::to_string(settings.subscriptions.size()) + ": run a copier for each");
  }
  for (const Subscription& subscription : settings.subscriptions) {
    if (subscription.settings.max_subscriber_count == 1 ||
        subscription.settings.consumer_strategy == ConsumerStrategy::kDispatchToSingle) {
      continue;
    }
    file.warning("ordering", "global is kept by one copier only: with namedConsumerStrategy " +
                                 std::string(to_string(subscription.settings.consumer_strategy)) + ", group " +
                                 shown(subscription.group) +
                                 " deals its events out to all that connect; maxSubscriberCount: 1 lets only one in");
  }
}

void read_file_settings(Section& file, EnvironmentSettings& environment, Settings& settings, std::string& name,
                        FileProblems& problems) {
  settings.subscriptions = read_subscriptions(file, problems);
  settings.allowed_types = read_events(file, problems);

  const YamlNode nothing;
  const YamlNode* const node = file.find("safetyNet");
  Section safety_net(node == nullptr ? nothing : *node, "safetyNet", problems, "safetyNet.");
  safety_net.read_word("onWriteFailure", settings.on_write_failure,
                       {{"exit", SafetyAction::kExit},
                        {"retry", SafetyAction::kRetry},
                        {"skip", SafetyAction::kSkip},
                        {"park", SafetyAction::kPark}});
  // Without retry: an invalid event stays invalid.
  safety_net.read_word("onInvalidEvent", settings.on_invalid_event,
                       {{"exit", SafetyAction::kExit}, {"skip", SafetyAction::kSkip}, {"park", SafetyAction::kPark}});
  safety_net.finish();

  file.read_word("onLinkFailure", settings.on_link_failure,
                 {{"exit", OnLinkFailure::kExit}, {"wait", OnLinkFailure::kWait}});
  read_ordering(file, settings);
  file.read_word("copyMetadata", settings.copier.copy_metadata,
                 {{"interconnect", CopyMetadata::kInterconnect}, {"none", CopyMetadata::kNone}});
  file.read("showDebugLogs", settings.show_debug_logs);
  file.read("connectionName", name);
  read_store(file, Store::kSource, environment.source, settings.copier, problems);
  read_store(file, Store::kDestination, environment.destination, settings.copier, problems);
  read_monitoring(file, environment.writer_timeout, settings.monitoring, problems);
  file.finish();

  for (const Subscription& subscription : settings.subscriptions) {
    if (subscription.settings.message_timeout > 2 * environment.writer_timeout) continue;
    file.warning("subscriptions",
                 "the messageTimeout of group " + shown(subscription.group) + " on " + shown(subscription.stream) +
                     " is not well above the writer timeout of " + std::to_string(environment.writer_timeout.count()) +
                     " ms: the server will send, and in the end park, events that are still held here");
  }
}

std::optional<YamlNode> parse_config_file(const std::string& name, std::string_view text, Problems& problems) {
  auto document = read_yaml(text);
  if (const auto* error = std::get_if<YamlError>(&document)) {
    FileProblems(name, problems).error(error->mark, error->message);
    return std::nullopt;
  }
  return std::get<YamlNode>(std::move(document));
}

// The file's content; nothing, and a problem, if there is none.
std::optional<YamlNode> read_config_file(const std::optional<std::string>& path, Problems& problems) {
  if (!path) {
    problems.errors.push_back(
        "no configuration file: name it with --config FILE or in EVENTSTORE_INTERCO_CONFIG; interconnect init writes "
        "one");
    return std::nullopt;
  }
  const auto text = read_file(*path, kMaxYamlBytes);
  if (!text) {
    std::error_code error;
    const bool is_there = std::filesystem::exists(*path, error) || error;
    problems.errors.push_back(
        *path + (is_there
                     ? ": the configuration file cannot be read, or is larger than " + std::to_string(kMaxYamlBytes) +
                           " bytes: it must be a file that this user may read"
                     : ": there is no such configuration file: see --config, or write one with interconnect init"));
    return std::nullopt;
  }
  return parse_config_file(*path, *text, problems);
}

// What a store takes from the settings that are not its own.
void complete(StoreSettings& store, const std::string& name, std::chrono::milliseconds writer_timeout) {
  if (auto* legacy = std::get_if<LegacyStoreSettings>(&store)) {
    legacy->connection_name = name;
    legacy->operation_timeout = writer_timeout;
    legacy->reconnection.patience = writer_timeout;
  } else {
    auto& grpc = std::get<GrpcStoreSettings>(store);
    if (grpc.connection_name.empty()) grpc.connection_name = name;
    // The string's defaultDeadline, unless the safety net would have acted before.
    grpc.operation_timeout = std::min(grpc.operation_timeout, writer_timeout);
    grpc.reconnection.patience = writer_timeout;
  }
}

bool is_same_store(const StoreSettings& source, const StoreSettings& destination) {
  const auto http = [](const StoreSettings& store) {
    const auto* legacy = std::get_if<LegacyStoreSettings>(&store);
    return legacy != nullptr ? std::vector<Endpoint>{legacy->http} : std::get<GrpcStoreSettings>(store).hosts;
  };
  return http(source) == http(destination);
}

std::variant<Settings, ConfigurationErrors> read_document(const Environment& environment, const std::string& path,
                                                          const std::optional<YamlNode>& document, Problems of_file) {
  Problems problems;
  EnvironmentSettings from_environment = read_environment(environment, problems);
  problems.errors.insert(problems.errors.end(), of_file.errors.begin(), of_file.errors.end());
  Settings settings;
  std::string name = name_with_random_tail();
  if (document) {
    FileProblems file_problems(path, problems);
    Section file(*document, "the configuration", file_problems);
    read_file_settings(file, from_environment, settings, name, file_problems);
  }
  if (!problems.errors.empty()) return ConfigurationErrors{std::move(problems.errors)};

  settings.copier.writer_timeout = from_environment.writer_timeout;
  settings.link_check_interval = from_environment.link_check_interval;
  settings.source = *std::move(from_environment.source.settings);
  settings.destination = *std::move(from_environment.destination.settings);
  complete(settings.source, name, from_environment.writer_timeout);
  complete(settings.destination, name, from_environment.writer_timeout);
  if (is_same_store(settings.source, settings.destination)) {
    problems.warnings.push_back("source and destination are the same store: there will be nothing to copy");
  }
  settings.warnings = std::move(problems.warnings);
  settings.effective = std::move(problems.effective);
  return settings;
}

}  // namespace

std::string ConfigurationErrors::message() const {
  std::string text = problems.size() == 1 ? "The configuration has a problem:"
                                          : "The configuration has " + std::to_string(problems.size()) + " problems:";
  for (const std::string& problem : problems) text += "\n  " + problem;
  return text;
}

std::variant<Settings, ConfigurationErrors> read_settings(const Environment& environment,
                                                          const std::optional<std::string>& config_file) {
  Problems problems;
  const std::optional<std::string> path = config_file ? config_file : config_file_of(environment);
  const std::optional<YamlNode> document = read_config_file(path, problems);
  return read_document(environment, path.value_or(""), document, std::move(problems));
}

std::variant<Settings, ConfigurationErrors> read_settings_text(const Environment& environment, const std::string& name,
                                                               std::string_view text) {
  Problems problems;
  const std::optional<YamlNode> document = parse_config_file(name, text, problems);
  return read_document(environment, name, document, std::move(problems));
}

std::variant<MonitoringSettings, ConfigurationErrors> read_http_settings(
    const Environment& environment, const std::optional<std::string>& config_file) {
  Problems problems;
  MonitoringSettings settings;
  const std::optional<std::string> path = config_file ? config_file : config_file_of(environment);
  if (const auto document = read_config_file(path, problems)) {
    FileProblems file_problems(*path, problems);
    Section file(*document, "the configuration", file_problems);
    read_http(file, settings, file_problems);
  }
  if (!problems.errors.empty()) return ConfigurationErrors{std::move(problems.errors)};
  return settings;
}

}  // namespace interconnect
