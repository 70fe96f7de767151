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

// What init is told instead of being asked; nothing: it asks, or takes the default.
struct InitOptions {
  struct StoreOptions {
    std::optional<std::string> url;
    std::optional<std::string> user;
    std::optional<std::string> tcp_port;
  };
  StoreOptions source;
  StoreOptions destination;
  std::vector<std::string> categories;
  std::vector<std::string> types;
  std::optional<std::string> group;
  std::optional<std::string> http_port;
  bool overwrites = false;
  bool checks = true;
};

struct CommandLine {
  std::string command = "run";
  std::vector<std::string> arguments;  // of the command
  std::optional<std::string> config_file;
  std::optional<std::string> environment_file;  // that is read; of init: that is written
  bool help = false;
  bool version = false;
  bool as_json = false;
  // Of status.
  bool waits = false;
  std::optional<std::chrono::seconds> timeout;
  // Of verify and init.
  std::vector<std::string> streams;
  // Of verify.
  bool ignores_metadata = false;
  bool compares_json = false;
  std::optional<std::string> state_file;
  // Of init.
  InitOptions init;
};

// The program's arguments; the text is what is wrong with them.
std::variant<CommandLine, std::string> parse_command_line(int argc, const char* const* argv);

// For a screen of 80 columns and 24 lines: of the program, or, with a command's name, of what that command takes.
std::string help_text(std::string_view command = "run");

}  // namespace interconnect
