#include "app/command_line.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdint>
#include <utility>

namespace interconnect {
namespace {

namespace po = boost::program_options;

constexpr std::int64_t kLongestTimeout = 1'000'000'000;  // seconds

constexpr std::array<CommandName, 8> kCommands{{
    {"init", "", "asks what to copy, writes the configuration, runs check"},
    {"run", "", "copies until told to stop; what is done without a command"},
    {"check", "", "asks both stores if a copy would work; changes nothing"},
    {"print-config", "", "shows the settings, and where each comes from"},
    {"health", "", "asks a running copy whether it is well, by its HTTP port"},
    {"status", "", "shows how a running copy goes, by its HTTP port"},
    {"verify", "", "compares both stores, says what differs; changes nothing"},
    {"completion", "bash|zsh", "writes the completion script of a shell"},
}};

constexpr std::array<OptionName, 23> kOptions{{
    {"config", "FILE", "the configuration file; else $EVENTSTORE_INTERCO_CONFIG", ""},
    {"env-file", "FILE", "variables, NAME=VALUE; they win over the environment", ""},
    {"source", "URL", "esdb://HOST:2113 (gRPC) or http://HOST:2113 (TCP)", "init"},
    {"source-user", "NAME", "its user", "init"},
    {"source-tcp-port", "PORT", "its TCP port (1113)", "init"},
    {"destination", "URL", "likewise", "init"},
    {"destination-user", "NAME", "its user", "init"},
    {"destination-tcp-port", "PORT", "its TCP port (1113)", "init"},
    {"category", "NAME", "copies $ce-NAME; may be given several times", "init", true},
    {"wait", "", "ends once what the source has now is copied", "status"},
    {"timeout", "SECONDS", "waits no longer than that", "status"},
    {"json", "", "as JSON", "status verify"},
    {"stream", "STREAM", "this one (verify: alone); may be given several times", "init verify", true},
    {"type", "TYPE", "of events, or a glob (*); may be given several times", "init", true},
    {"group", "NAME", "the consumer group at the source (interconnect)", "init"},
    {"http-port", "PORT", "of the status page (9090); off: none", "init"},
    {"force", "", "overwrites the files", "init"},
    {"no-check", "", "leaves the stores alone", "init"},
    {"ignore", "metadata", "for a store that another tool filled", "verify"},
    {"json-equal", "", "what JSON says counts, not how it is written", "verify"},
    {"state", "FILE", "keeps how far it is, and goes on from there", "verify"},
    {"help", "", "this text; with a command, what that takes", ""},
    {"version", "", "the version", ""},
}};

std::string with_dashes(const OptionName& option) {
  std::string text = "--" + std::string(option.name);
  return option.argument.empty() ? text : text + " " + std::string(option.argument);
}

std::string with_arguments(const CommandName& command) {
  return command.arguments.empty() ? std::string(command.name)
                                   : std::string(command.name) + " " + std::string(command.arguments);
}

std::string row(std::string left, std::string_view right) {
  constexpr std::size_t kColumn = 20;
  left.resize(std::max(left.size() + 1, kColumn), ' ');
  return "  " + left + std::string(right) + "\n";
}

bool has(std::string_view command, const OptionName& option) {
  if (option.commands.empty()) return true;
  const std::string all = " " + std::string(option.commands) + " ";
  return all.find(" " + std::string(command) + " ") != std::string::npos;
}

// "status and verify"
std::string commands_of(const OptionName& option) {
  std::string names(option.commands);
  const std::size_t space = names.find(' ');
  return space == std::string::npos ? names : names.replace(space, 1, " and ");
}

std::optional<std::string> check_options(const po::variables_map& given, const CommandLine& line) {
  for (const OptionName& option : kOptions) {
    if (given.contains(std::string(option.name)) && !has(line.command, option)) {
      return "--" + std::string(option.name) + " goes with " + commands_of(option);
    }
  }
  return std::nullopt;
}

void read_value(const po::variables_map& given, const char* name, std::optional<std::string>& value) {
  if (given.contains(name)) value = given[name].as<std::string>();
}

void read_value(const po::variables_map& given, const char* name, std::vector<std::string>& values) {
  if (given.contains(name)) values = given[name].as<std::vector<std::string>>();
}

std::optional<std::string> read_status_options(const po::variables_map& given, CommandLine& line) {
  line.waits = given.contains("wait");
  if (given.contains("timeout")) {
    const std::string text = given["timeout"].as<std::string>();
    std::int64_t seconds = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || stop != text.data() + text.size() || seconds < 0 || seconds > kLongestTimeout) {
      return "--timeout takes whole seconds, not '" + text + "'";
    }
    line.timeout = std::chrono::seconds(seconds);
  }
  if (line.timeout && !line.waits) return "--timeout goes with --wait";
  return std::nullopt;
}

std::optional<std::string> read_verify_options(const po::variables_map& given, CommandLine& line) {
  read_value(given, "stream", line.streams);
  line.ignores_metadata = given.contains("ignore");
  if (line.ignores_metadata && given["ignore"].as<std::string>() != "metadata") {
    return "--ignore takes 'metadata', not '" + given["ignore"].as<std::string>() + "'";
  }
  line.compares_json = given.contains("json-equal");
  read_value(given, "state", line.state_file);
  if (line.state_file && line.state_file->empty()) return "--state names no file";
  return std::nullopt;
}

void read_init_options(const po::variables_map& given, CommandLine& line) {
  read_value(given, "source", line.init.source.url);
  read_value(given, "source-user", line.init.source.user);
  read_value(given, "source-tcp-port", line.init.source.tcp_port);
  read_value(given, "destination", line.init.destination.url);
  read_value(given, "destination-user", line.init.destination.user);
  read_value(given, "destination-tcp-port", line.init.destination.tcp_port);
  read_value(given, "group", line.init.group);
  read_value(given, "http-port", line.init.http_port);
  read_value(given, "category", line.init.categories);
  read_value(given, "type", line.init.types);
  line.init.overwrites = given.contains("force");
  line.init.checks = !given.contains("no-check");
}

std::optional<std::string> check_arguments(const CommandLine& line) {
  const auto known = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const CommandName& command) { return command.name == line.command; });
  if (known == kCommands.end()) return "unknown command '" + line.command + "': --help tells what there is";
  if (known->arguments.empty() && !line.arguments.empty()) {
    return "unexpected argument '" + line.arguments.front() + "': --help tells what there is";
  }
  return std::nullopt;
}

}  // namespace

std::span<const CommandName> commands() { return kCommands; }
std::span<const OptionName> options() { return kOptions; }

std::variant<CommandLine, std::string> parse_command_line(int argc, const char* const* argv) {
  po::options_description known;
  for (const OptionName& option : kOptions) {
    const std::string name(option.name);
    if (option.argument.empty()) {
      known.add_options()(name.c_str(), "");
    } else if (option.may_repeat) {
      known.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    } else {
      known.add_options()(name.c_str(), po::value<std::string>(), "");
    }
  }
  known.add_options()("words", po::value<std::vector<std::string>>(), "");
  po::positional_options_description words;
  words.add("words", -1);
  po::variables_map given;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(argc, argv).options(known).positional(words).style(style).run(), given);
  } catch (const po::error& error) {
    return std::string(error.what()) + ": --help tells what there is";
  }
  CommandLine line;
  line.help = given.contains("help");
  line.version = given.contains("version");
  read_value(given, "config", line.config_file);
  read_value(given, "env-file", line.environment_file);
  if (given.contains("words")) {
    line.arguments = given["words"].as<std::vector<std::string>>();
    line.command = line.arguments.front();
    line.arguments.erase(line.arguments.begin());
  }
  if (line.help || line.version) return line;
  line.as_json = given.contains("json");
  if (auto wrong = check_arguments(line)) return *std::move(wrong);
  if (auto wrong = check_options(given, line)) return *std::move(wrong);
  if (auto wrong = read_status_options(given, line)) return *std::move(wrong);
  if (auto wrong = read_verify_options(given, line)) return *std::move(wrong);
  read_init_options(given, line);
  if (line.config_file && line.config_file->empty()) return "--config names no file";
  if (line.environment_file && line.environment_file->empty()) return "--env-file names no file";
  return line;
}

std::string help_text(std::string_view command) {
  const auto known =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const CommandName& other) { return other.name == command; });
  std::string text;
  if (command == "run" || known == kCommands.end()) {
    text =
        "usage: interconnect [COMMAND] [--config FILE]\n"
        "\n"
        "Copies events from one EventStoreDB to another, live and in full.\n"
        "\n"
        "commands:\n";
    for (const CommandName& other : kCommands) text += row(with_arguments(other), other.help);
    command = "run";
  } else {
    text = "usage: interconnect " + with_arguments(*known) + " [OPTIONS]\n\n" + std::string(known->name) + " " +
           std::string(known->help) + "\n";
  }
  text += "\noptions:\n";
  for (const OptionName& option : kOptions) {
    if (has(command, option)) text += row(with_dashes(option), option.help);
  }
  if (command == "init") {
    return text + "\nPasswords are asked for, or of the variables: see the manual page.\n";
  }
  return text +
         "\n"
         "The stores stand in the environment, all else in the file: see the manual page.\n"
         "\n"
         "exit codes: 0 asked to stop, or all is well; 1 a safety rule, or not well;\n"
         "2 wrong configuration; 3 refused by a server\n";
}

}  // namespace interconnect
