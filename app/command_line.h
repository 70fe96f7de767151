#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace interconnect {

struct CommandName {
  std::string_view name;
  std::string_view arguments;  // "" if it takes none
  std::string_view help;
};
struct OptionName {
  std::string_view name;      // without the dashes
  std::string_view argument;  // "" if it takes none
  std::string_view help;
  std::string_view commands;  // that have it, apart by spaces; "": all
  bool may_repeat = false;
};

// All that the program knows; help, completion and manual speak of these.
std::span<const CommandName> commands();
std::span<const OptionName> options();

struct CommandLine {
  std::string command = "run";
  std::vector<std::string> arguments;  // of the command
  std::optional<std::string> config_file;
  bool help = false;
  bool version = false;
  bool as_json = false;
  // Of status.
  bool waits = false;
  std::optional<std::chrono::seconds> timeout;
  // Of verify.
  std::vector<std::string> streams;
  bool ignores_metadata = false;
  bool compares_json = false;
  std::optional<std::string> state_file;
};

// The program's arguments; the text is what is wrong with them.
std::variant<CommandLine, std::string> parse_command_line(int argc, const char* const* argv);

// For a screen of 80 columns and 24 lines: of the program, or, with a command's name, of what that command takes.
std::string help_text(std::string_view command = "run");

}  // namespace interconnect
