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

constexpr std::array<CommandName, 6> kCommands{{
    {"run", "", "copies until told to stop; what is done without a command"},
    {"check", "", "asks both stores if a copy would work; changes nothing"},
    {"print-config", "", "shows the settings, and where each comes from"},
    {"health", "", "asks a running copy whether it is well, by its HTTP port"},
    {"status", "", "shows how a running copy goes, by its HTTP port"},
    {"completion", "bash|zsh", "writes the completion script of a shell"},
}};

constexpr std::array<OptionName, 6> kOptions{{
    {"config", "FILE", "the configuration file; else $EVENTSTORE_INTERCO_CONFIG"},
    {"wait", "", "status: ends once what the source has now is copied"},
    {"timeout", "SECONDS", "status: waits no longer than that"},
    {"json", "", "status: as JSON"},
    {"help", "", "this text"},
    {"version", "", "the version"},
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

// Those that only status has.
std::optional<std::string> read_status_options(const po::variables_map& given, CommandLine& line) {
  line.waits = given.contains("wait");
  line.as_json = given.contains("json");
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
  if (line.command != "status" && (line.waits || line.as_json)) return "--wait and --json go with status";
  return std::nullopt;
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
  if (given.contains("config")) line.config_file = given["config"].as<std::string>();
  if (given.contains("words")) {
    line.arguments = given["words"].as<std::vector<std::string>>();
    line.command = line.arguments.front();
    line.arguments.erase(line.arguments.begin());
  }
  if (line.help || line.version) return line;
  if (auto wrong = check_arguments(line)) return *std::move(wrong);
  if (auto wrong = read_status_options(given, line)) return *std::move(wrong);
  if (line.config_file && line.config_file->empty()) return "--config names no file";
  return line;
}

std::string help_text() {
  std::string text =
      "usage: interconnect [COMMAND] [--config FILE]\n"
      "\n"
      "Copies events from one EventStoreDB to another, live and in full.\n"
      "\n"
      "commands:\n";
  for (const CommandName& command : kCommands) text += row(with_arguments(command), command.help);
  text += "\noptions:\n";
  for (const OptionName& option : kOptions) text += row(with_dashes(option), option.help);
  return text +
         "\n"
         "The stores stand in the environment, all else in the file: see the manual page.\n"
         "\n"
         "exit codes: 0 asked to stop, or all is well; 1 a safety rule, or not well;\n"
         "2 wrong configuration; 3 refused by a server\n";
}

}  // namespace interconnect
