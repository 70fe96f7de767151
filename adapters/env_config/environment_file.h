#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace interconnect {

// Names and values, in the order of the file; of a name that stands there twice the last one holds.
using EnvironmentFile = std::vector<std::pair<std::string, std::string>>;

struct EnvironmentFileError {
  int line = 0;
  std::string what;  // and what to do; holds nothing of the file, which may be a secret

  friend bool operator==(const EnvironmentFileError&, const EnvironmentFileError&) = default;
};

// Reads NAME=VALUE, one a line, as systemd's EnvironmentFile= does (systemd.exec(5)): lines that begin with # or ; are
// comments; a value is bare (a backslash takes the next character as it is), or in single quotes (taken as it is), or
// in double quotes (a backslash before " \ ` $ takes that one); a backslash at a line's end, but in single quotes,
// joins the next. What systemd leaves out with no more than a line in its log (a line without =, a name that cannot be
// one) is an error here.
std::variant<EnvironmentFile, EnvironmentFileError> parse_environment_file(std::string_view text);

// A line of such a file, which a shell reads in the same way. The value has no line break.
std::string environment_file_line(std::string_view name, std::string_view value);

// Sets these in the environment of this process, over what it has. Before any thread is started.
void set_in_process(const EnvironmentFile& file);

}  // namespace interconnect
