#include "adapters/env_config/environment_file.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace interconnect {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_blank(char c) { return kBlank.find(c) != std::string_view::npos; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), fits);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::variant<EnvironmentFile, EnvironmentFileError> parse() {
    if (text_.find('\0') != std::string_view::npos) return EnvironmentFileError{1, "the file holds a zero byte"};
    while (skip_space(), !is_over()) {
      const bool is_comment = peek() == '#' || peek() == ';';
      is_comment ? skip_comment() : read_variable();
      if (error_) return *error_;
    }
    return std::move(file_);
  }

 private:
  bool is_over() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }
  void skip_space() {
    while (!is_over() && (is_blank(peek()) || peek() == '\n')) take();
  }
  void fail(int line, std::string what) { error_ = EnvironmentFileError{line, std::move(what)}; }

  void skip_comment() {
    char last = ' ';
    while (!is_over() && !is_line_end(peek())) last = take();
    if (last == '\\')
      fail(line_, "a comment ends in a backslash, which hides the next line from some systemds: take it away");
  }

  void read_variable() {
    const int line = line_;
    std::string name;
    while (!is_over() && peek() != '=' && !is_line_end(peek())) name += take();
    if (is_over() || peek() != '=')
      return fail(line, "there is no '=': a line is NAME=VALUE, or begins with # as a comment");
    take();
    while (!name.empty() && is_blank(name.back())) name.pop_back();
    if (name.starts_with("export ")) return fail(line, "take 'export' away: a line is NAME=VALUE");
    if (!is_name(name))
      return fail(line, "what stands before '=' is no name of a variable: those have letters, digits and _");
    std::string value;
    read_value(value, line);
    file_.emplace_back(std::move(name), std::move(value));
  }

  // Quoted parts are joined; what begins without a quote goes to the end of the line.
  void read_value(std::string& value, int line) {
    while (!is_over() && !is_line_end(peek())) {
      if (is_blank(peek())) {
        take();
      } else if (peek() == '\'' || peek() == '"') {
        if (!read_quoted(value)) return fail(line, "a quote is opened here and never closed");
      } else {
        return read_bare(value);
      }
    }
  }

  // Whether it is closed.
  bool read_quoted(std::string& value) {
    constexpr std::string_view kEscaped = "\"\\`$";
    const char quote = take();
    while (!is_over()) {
      char c = take();
      if (c == quote) return true;
      if (c == '\\' && quote == '"' && !is_over()) {
        c = take();
        if (c == '\n') continue;
        if (kEscaped.find(c) == std::string_view::npos) value += '\\';
      }
      value += c;
    }
    return false;
  }

  void read_bare(std::string& value) {
    std::size_t blanks = 0;  // at the end, which do not count
    while (!is_over() && !is_line_end(peek())) {
      const char c = take();
      if (c == '\\') {
        blanks = 0;
        if (is_over()) break;
        if (const char next = take(); !is_line_end(next)) value += next;
        continue;
      }
      blanks = is_blank(c) ? blanks + 1 : 0;
      value += c;
    }
    value.resize(value.size() - blanks);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  EnvironmentFile file_;
  std::optional<EnvironmentFileError> error_;
};

}  // namespace

std::variant<EnvironmentFile, EnvironmentFileError> parse_environment_file(std::string_view text) {
  return Parser(text).parse();
}

std::string environment_file_line(std::string_view name, std::string_view value) {
  std::string line = std::string(name) + "='";
  for (const char c : value) c == '\'' ? line += "'\"'\"'" : line += c;
  return line + "'\n";
}

void set_in_process(const EnvironmentFile& file) {
  for (const auto& [name, value] : file) setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace interconnect
