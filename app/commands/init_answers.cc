#include "app/commands/init_answers.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <variant>

#include "adapters/env_config/environment_file.h"
#include "app/commands/example_configuration.h"
#include "app/configuration/environment_reader.h"
#include "app/configuration/problems.h"
#include "app/configuration/read_settings.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

using Lines = std::vector<std::string>;

class NoEnvironment final : public Environment {
 public:
  std::optional<std::string> get(std::string_view) const override { return std::nullopt; }
};

const NoEnvironment kNoEnvironment;

// As YAML has a text: plain where nobody could take it for anything else.
std::string yaml_text(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const auto is_plain = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  const bool is_category = text.starts_with("$ce-") || text.starts_with("$et-");
  const std::string_view name = is_category ? text.substr(1) : text;
  constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool is_word = std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
  if (!name.empty() && is_letter(name[0]) && !is_word && std::all_of(name.begin(), name.end(), is_plain)) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < ' ' || byte == 0x7f) {
      quoted += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// The example file in its paragraphs.
std::vector<Lines> paragraphs() {
  std::vector<Lines> all(1);
  std::istringstream text{std::string(kExampleConfiguration)};
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) {
      all.back().push_back(line);
    } else if (!all.back().empty()) {
      all.emplace_back();
    }
  }
  return all;
}

bool has_line(const Lines& paragraph, std::string_view begin) {
  return std::any_of(paragraph.begin(), paragraph.end(), [&](const auto& line) { return line.starts_with(begin); });
}

// The lines before that which begins so, or all.
Lines before(const Lines& paragraph, std::string_view begin) {
  return {paragraph.begin(),
          std::find_if(paragraph.begin(), paragraph.end(), [&](const auto& line) { return line.starts_with(begin); })};
}
Lines after(const Lines& paragraph, std::string_view begin) {
  auto found =
      std::find_if(paragraph.begin(), paragraph.end(), [&](const auto& line) { return line.starts_with(begin); });
  if (found != paragraph.end()) ++found;
  return {found, paragraph.end()};
}

Lines subscriptions(const Lines& example, const InitAnswers& answers) {
  Lines lines = before(example, "subscriptions:");
  lines.emplace_back("subscriptions:");
  for (const std::string& stream : answers.streams) {
    lines.push_back("  - stream: " + yaml_text(stream));
    lines.push_back("    group: " + yaml_text(answers.group));
  }
  for (const std::string& line : after(example, "    group:")) lines.push_back("# " + line);
  return lines;
}

Lines events(const Lines& example, const InitAnswers& answers) {
  Lines lines = before(example, "events:");
  lines.emplace_back("events:");
  for (const std::string& type : answers.types) lines.push_back("  - type: " + yaml_text(type));
  // The schemas of the first: no defaults, but what one may write.
  for (const std::string& line : before(after(example, "  - type:"), "  - type:")) {
    const std::size_t comment = line.find("##");
    lines.push_back("##" + (comment == std::string::npos ? line : "    " + line.substr(comment + 3)));
  }
  return lines;
}

Lines http(const Lines& example, const InitAnswers& answers) {
  if (!answers.http_port) return example;
  Lines lines = example;
  for (std::string& line : lines) {
    if (line.starts_with("# http:")) line = "http:";
    if (line.starts_with("#   port:")) line = "  port: " + std::to_string(*answers.http_port);
  }
  return lines;
}

// Of gRPC the connection string has what is in the file for TCP.
Lines store(const Lines& example, const StoreAnswers& answers) {
  if (!answers.is_tcp()) return before(before(example, "#   heartbeat:"), "##  For a store of the old generation");
  Lines lines = example;
  const bool has_tls = answers.url.starts_with("https");
  for (std::string& line : lines) {
    constexpr std::string_view kOff = "#     enabled: false";
    if (has_tls && line.starts_with(kOff)) line.replace(0, kOff.size(), "#     enabled: true ");
  }
  return lines;
}

// "FILE:3:5: stream: must be text", or "EVENTSTORE_INTERCO_...: at character 3", without what stands before.
std::string without_place(std::string problem, std::string_view file) {
  const auto cut = [&problem] { problem.erase(0, problem.find(": ") + 2); };
  if (problem.starts_with(file) || problem.starts_with("EVENTSTORE_INTERCO_")) cut();
  for (const std::string_view key : {"stream: ", "type: ", "group: "}) {
    if (problem.starts_with(key)) cut();
  }
  return problem;
}

std::optional<std::string> problem_of(const InitAnswers& answers) {
  constexpr char kFile[] = "init";
  const EnvironmentOfAnswers environment(answers, kNoEnvironment);
  const auto read = read_settings_text(environment, kFile, configuration_text(answers, kFile, kFile));
  const auto* errors = std::get_if<ConfigurationErrors>(&read);
  if (errors == nullptr) return std::nullopt;
  return without_place(errors->problems.front(), kFile);
}

// In which all is well.
InitAnswers stand_ins() {
  InitAnswers answers;
  answers.source.url = "http://source.invalid";
  answers.destination.url = "http://destination.invalid";
  answers.streams = {"stand-in"};
  answers.types = {"*"};
  return answers;
}

std::string_view protocol(const StoreAnswers& answers) { return answers.is_tcp() ? "TCP" : "gRPC"; }

}  // namespace

Variables variables_of(const StoreAnswers& answers, Store side) {
  Variables variables;
  const auto add = [&](std::string_view name, const std::string& value) {
    variables.emplace_back(variable(name, side), value);
  };
  if (answers.is_tcp()) {
    add("HTTP_ENDPOINT", answers.url);
    add("TCP_PORT", answers.tcp_port);
  } else {
    add("CONNECTION_STRING", answers.url);
  }
  if (!answers.user) return variables;
  add("CREDENTIALS_USERNAME", *answers.user);
  if (answers.password_file) {
    variables.emplace_back(variable("CREDENTIALS_PASSWORD", side) + "_FILE", *answers.password_file);
  } else {
    add("CREDENTIALS_PASSWORD", answers.password.value_or(""));
  }
  return variables;
}

EnvironmentOfAnswers::EnvironmentOfAnswers(const InitAnswers& answers, const Environment& others)
    : variables_(variables_of(answers.source, Store::kSource)), others_(others) {
  const Variables destination = variables_of(answers.destination, Store::kDestination);
  variables_.insert(variables_.end(), destination.begin(), destination.end());
}

std::optional<std::string> EnvironmentOfAnswers::get(std::string_view variable) const {
  for (const auto& [name, value] : variables_) {
    if (name == variable) return value;
  }
  const bool is_of_a_store = variable.ends_with("_SRC") || variable.ends_with("_DST") ||
                             variable.ends_with("_SRC_FILE") || variable.ends_with("_DST_FILE");
  return is_of_a_store ? std::nullopt : others_.get(variable);
}

std::string configuration_text(const InitAnswers& answers, const std::string& config_file,
                               const std::string& environment_file) {
  const std::string arguments = " --config " + excerpt(config_file) + " --env-file " + excerpt(environment_file);
  std::string text =
      "## What is copied, as interconnect init wrote it. Where the two stores are, and who may use them, stands in " +
      excerpt(environment_file) +
      ".\n"
      "##     interconnect check" +
      arguments +
      "    # would it work? changes nothing\n"
      "##     interconnect" +
      arguments +
      "    # copies until it is stopped\n"
      "## Keys behind # show their defaults, those behind ## have none; an unknown key is refused. man "
      "interconnect and docs/configuration.md tell more.\n";
  const std::vector<Lines> example = paragraphs();
  for (auto paragraph = example.begin() + 1; paragraph != example.end(); ++paragraph) {
    Lines lines = *paragraph;
    if (has_line(lines, "subscriptions:")) lines = subscriptions(lines, answers);
    if (has_line(lines, "events:")) lines = events(lines, answers);
    if (has_line(lines, "# http:")) lines = http(lines, answers);
    if (has_line(lines, "# source:")) lines = store(lines, answers.source);
    if (has_line(lines, "# destination:")) lines = store(lines, answers.destination);
    text += "\n";
    for (const std::string& line : lines) text += line + "\n";
  }
  return text;
}

std::string environment_text(const InitAnswers& answers) {
  std::string text =
      "# Where the two stores are, and who may use them, as interconnect init wrote it: for --env-file, for the unit\n"
      "# interconnect@NAME (as /etc/interconnect/NAME.env), and for a shell. It may hold passwords: keep it to "
      "yourself.\n"
      "# Lines are NAME='VALUE'; man interconnect has every variable.\n";
  for (const Store side : {Store::kSource, Store::kDestination}) {
    const StoreAnswers& store = side == Store::kSource ? answers.source : answers.destination;
    text += "\n# The " + std::string(to_string(side)) + ", over " + std::string(protocol(store)) + ":\n";
    for (const auto& [name, value] : variables_of(store, side)) text += environment_file_line(name, value);
  }
  return text;
}

std::optional<std::string> problem_of_store(const StoreAnswers& answers, Store side) {
  const std::size_t scheme = answers.url.find("://");
  if (scheme == std::string::npos || answers.url.starts_with("tcp://")) {
    return "begin with esdb:// (gRPC: 21.2.0 and later) or with http:// (TCP: 5.x; the address of its HTTP port)";
  }
  InitAnswers all = stand_ins();
  (side == Store::kSource ? all.source : all.destination) = answers;
  Problems problems;
  read_store_variables(EnvironmentOfAnswers(all, kNoEnvironment), side, problems);
  if (problems.errors.empty()) return std::nullopt;
  return without_place(problems.errors.front(), "EVENTSTORE_INTERCO_");
}

std::optional<std::string> problem_of_stream(const std::vector<std::string>& streams) {
  InitAnswers answers = stand_ins();
  answers.streams = streams;
  return problem_of(answers);
}

std::optional<std::string> problem_of_type(const std::vector<std::string>& types) {
  InitAnswers answers = stand_ins();
  answers.types = types;
  return problem_of(answers);
}

std::optional<std::string> problem_of_group(const std::string& group) {
  InitAnswers answers = stand_ins();
  answers.group = group;
  return problem_of(answers);
}

}  // namespace interconnect
