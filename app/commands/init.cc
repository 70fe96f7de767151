#include "app/commands/init.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "app/commands/check.h"
#include "app/commands/init_answers.h"
#include "app/commands/new_files.h"
#include "app/commands/prompt.h"
#include "app/configuration/environment_reader.h"
#include "app/configuration/files.h"
#include "app/configuration/read_settings.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr char kCategory[] = "$ce-";
constexpr mode_t kSecret = 0600;

using Problem = std::optional<std::string>;
using Judge = std::function<Problem(const std::string&)>;

// The answers have ended before the last.
struct Ended {};

std::string environment_file_beside(const std::string& config_file) {
  std::filesystem::path path(config_file);
  return path.replace_extension(".env").string();
}

std::optional<std::uint16_t> port_of(const std::string& text) {
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || stop != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Problem problem_of_port(const std::string& text) {
  return port_of(text) ? std::nullopt : Problem("a port is a number from 1 to 65535");
}

// Schemes count in any case; the answers have them in small letters.
std::string with_small_scheme(std::string url) {
  const std::size_t end = url.find("://");
  for (std::size_t i = 0; end != std::string::npos && i < end; ++i) {
    if (url[i] >= 'A' && url[i] <= 'Z') url[i] = static_cast<char>(url[i] - 'A' + 'a');
  }
  return url;
}

class Init {
 public:
  Init(const CommandLine& line, const Environment& environment, std::ostream& out)
      : options_(line.init), line_(line), environment_(environment), out_(out) {
    config_file_ = line.config_file.value_or(config_file_of(environment).value_or("interconnect.yaml"));
    environment_file_ = line.environment_file.value_or(environment_file_beside(config_file_));
    if (Prompt::is_possible()) prompt_ = std::make_unique<Prompt>();
    const bool is_told = options_.source.url && options_.destination.url && has_streams();
    asks_ = prompt_ && !is_told;
  }

  ExitCode run() {
    if (environment_file_ == config_file_) fail("--env-file", "it must be another file than --config");
    bool overwrites = options_.overwrites;
    try {
      overwrites = may_overwrite();
      ask();
    } catch (const Ended&) {
      prompt_->tell("init: nothing was written");
      return ExitCode::kKilledBySafetyRules;
    }
    prompt_.reset();
    write(overwrites);
    if (!line_.init.checks) {
      tell_next_step(true);
      return ExitCode::kStopped;
    }
    const EnvironmentOfAnswers environment(answers_, environment_);
    auto read = read_settings(environment, config_file_);
    if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) throw std::runtime_error(errors->message());
    const ExitCode code = check(std::get<Settings>(read), out_);
    tell_next_step(code == ExitCode::kStopped);
    return code;
  }

 private:
  [[noreturn]] static void fail(const std::string& option, const std::string& what) {
    throw std::runtime_error("init: " + option + ": " + what);
  }

  bool has_streams() const { return !options_.categories.empty() || !line_.streams.empty(); }

  // --- Asking ---

  std::string answer(const std::string& question) {
    auto given = prompt_->ask(question);
    if (!given) throw Ended();
    return *std::move(given);
  }

  // Until the answer is right; an empty one is `preset`.
  std::string answer(const std::string& question, const std::string& preset, const Judge& judge) {
    while (true) {
      std::string given = answer(preset.empty() ? question + ":" : question + " [" + preset + "]:");
      if (given.empty()) given = preset;
      const Problem problem = judge(given);
      if (!problem) return given;
      prompt_->tell("  " + *problem);
    }
  }

  // The option if it is given, else what is answered, else `preset`.
  std::string one(const std::string& option, const std::optional<std::string>& given, const std::string& question,
                  const std::string& preset, const Judge& judge) {
    if (given) {
      if (const Problem problem = judge(*given)) fail(option, *problem);
      return *given;
    }
    if (asks_) return answer(question, preset, judge);
    if (const Problem problem = judge(preset)) fail(option, "it is missing: " + *problem);
    return preset;
  }

  // Lines until an empty one, of which there is at least one.
  void several(const std::string& question, const std::string& preset, std::vector<std::string>& all,
               const std::string& prefix, const std::function<Problem(const std::vector<std::string>&)>& judge) {
    while (true) {
      std::string given = answer(all.empty() && !preset.empty() ? question + " [" + preset + "]:" : question + ":");
      if (given.empty() && all.empty() && !preset.empty()) {
        all.push_back(preset);
        return;
      }
      if (given.empty()) return;
      if (const Problem problem = add(all, prefix + given, judge)) prompt_->tell("  " + *problem);
    }
  }

  static Problem add(std::vector<std::string>& all, const std::string& one,
                     const std::function<Problem(const std::vector<std::string>&)>& judge) {
    if (std::find(all.begin(), all.end(), one) != all.end()) return excerpt(one) + " is among them already";
    all.push_back(one);
    Problem problem = judge(all);
    if (problem) all.pop_back();
    return problem;
  }

  bool may_overwrite() {
    std::string there;
    for (const std::string& file : {config_file_, environment_file_}) {
      std::error_code error;
      if (std::filesystem::exists(file, error)) there += (there.empty() ? "" : " and ") + excerpt(file);
    }
    if (there.empty() || options_.overwrites) return options_.overwrites;
    const std::string found = there + (there.find(" and ") == std::string::npos ? " is" : " are") + " there already";
    if (!asks_) fail("--config", found + ": name other files (--config, --env-file), or give --force");
    const std::string given = answer(found + ". Overwrite? (yes or no) [no]:");
    if (given != "yes" && given != "y") throw Ended();
    return true;
  }

  void ask() {
    if (asks_) {
      prompt_->tell("Writes " + excerpt(config_file_) + " (what is copied) and " + excerpt(environment_file_) +
                    " (where the stores are).\nAn empty answer takes what stands in brackets. Ctrl-C leaves everything "
                    "as it is.\n");
    }
    ask_store(Store::kSource, options_.source, answers_.source);
    ask_store(Store::kDestination, options_.destination, answers_.destination);
    ask_streams();
    const auto judge_group = [](const std::string& group) { return problem_of_group(group); };
    answers_.group = one("--group", options_.group, "Consumer group at the source, which the copy creates",
                         answers_.group, judge_group);
    ask_types();
    const auto judge_port = [](const std::string& text) {
      return text == "off"   ? std::nullopt
             : port_of(text) ? std::nullopt
                             : Problem("give a port from 1 to 65535, or off");
    };
    const std::string port = one("--http-port", options_.http_port,
                                 "HTTP port of the status page on this machine, or off", "9090", judge_port);
    answers_.http_port = port_of(port);
  }

  void ask_store(Store side, const InitOptions::StoreOptions& options, StoreAnswers& answers) {
    const std::string name(to_string(side));
    const std::string option = "--" + name;
    if (asks_ && !options.url) {
      prompt_->tell("The " + name +
                    ": esdb://HOST:2113 for gRPC (21.2.0 and later; ?tls=false for a server without TLS), "
                    "http://HOST:2113 for TCP (5.x).");
    }
    const auto judge_url = [&](const std::string& text) -> Problem {
      StoreAnswers judged;
      judged.url = with_small_scheme(text);
      return problem_of_store(judged, side);
    };
    answers.url =
        with_small_scheme(one(option, options.url, name == "source" ? "Source" : "Destination", "", judge_url));
    if (answers.is_tcp()) {
      const auto judge_port = [](const std::string& text) { return problem_of_port(text); };
      answers.tcp_port = one(option + "-tcp-port", options.tcp_port, "  its TCP port", answers.tcp_port, judge_port);
    } else if (options.tcp_port) {
      fail(option + "-tcp-port", "the " + name + " is reached by gRPC, which has none: leave it out");
    }
    ask_user(side, options, answers);
    if (const Problem problem = problem_of_store(answers, side)) fail(option, *problem);
  }

  void ask_user(Store side, const InitOptions::StoreOptions& options, StoreAnswers& answers) {
    const std::string name(to_string(side));
    const std::string user_variable = variable("CREDENTIALS_USERNAME", side);
    const std::string password_variable = variable("CREDENTIALS_PASSWORD", side);
    const auto given = [&](const std::string& variable) {
      auto value = environment_.get(variable);
      return value && value->empty() ? std::nullopt : value;
    };
    const bool url_has_one = !answers.is_tcp() && answers.url.find('@') != std::string::npos;
    answers.user = options.user ? options.user : given(user_variable);
    if (!answers.user && asks_ && !url_has_one) {
      // A server without TLS takes everyone, whatever the credentials.
      const std::string preset = answers.url.find("tls=false") == std::string::npos ? "admin" : "none";
      const std::string user = answer("  its user, or none", preset, [](const std::string&) { return Problem(); });
      if (user != "none") answers.user = user;
    }
    if (!answers.user) return;
    if (answers.user->empty()) fail("--" + name + "-user", "it is empty");
    answers.password = given(password_variable);
    if (const auto file = given(password_variable + "_FILE"); file && !answers.password) {
      answers.password_file = std::filesystem::absolute(*file).string();
      return;
    }
    if (answers.password) return;
    if (!prompt_) {
      fail("--" + name + "-user", "the password of the user is missing: set " + password_variable + ", or " +
                                      password_variable + "_FILE to a file that holds it");
    }
    while (!answers.password || answers.password->empty()) {
      answers.password =
          prompt_->ask_secret("  password of " + excerpt(*answers.user) + " at the " + name + " (is not shown):");
      if (!answers.password) throw Ended();
    }
  }

  void ask_streams() {
    const auto take = [&](const std::string& option, const std::string& prefix, const std::vector<std::string>& given) {
      for (const std::string& one : given) {
        if (one.empty()) fail(option, "it is empty");
        if (const Problem problem = add(answers_.streams, prefix + one, problem_of_stream)) fail(option, *problem);
      }
    };
    take("--category", kCategory, options_.categories);
    take("--stream", "", line_.streams);
    if (!answers_.streams.empty()) return;
    if (!asks_) fail("--category", "nothing says what to copy: give --category NAME or --stream NAME");
    prompt_->tell(
        "What is copied: categories (of hero-1, hero-2 and so on it is hero), then single streams. An empty line ends "
        "each list.");
    while (answers_.streams.empty()) {
      several("Category", "", answers_.streams, kCategory, problem_of_stream);
      several("Stream", "", answers_.streams, "", problem_of_stream);
      if (answers_.streams.empty()) prompt_->tell("  name at least one category or stream");
    }
  }

  void ask_types() {
    for (const std::string& type : options_.types) {
      if (type.empty()) fail("--type", "it is empty");
      if (const Problem problem = add(answers_.types, type, problem_of_type)) fail("--type", *problem);
    }
    if (!answers_.types.empty()) return;
    if (!asks_) {
      answers_.types = {"*"};
      return;
    }
    several("Type of events, or a glob", "*", answers_.types, "", problem_of_type);
  }

  // --- Writing ---

  void write(bool overwrites) {
    const Signals held;  // what comes meanwhile ends the process afterwards
    try {
      write_new_files({{environment_file_, environment_text(answers_), kSecret},
                       {config_file_, configuration_text(answers_, config_file_, environment_file_)}},
                      overwrites);
    } catch (const std::runtime_error& error) {
      fail("--config, --env-file", error.what());
    }
    out_ << "wrote " << excerpt(config_file_) << " (what is copied) and " << excerpt(environment_file_)
         << " (where the stores are; only you can read it)" << std::endl;
  }

  void tell_next_step(bool is_well) {
    const std::string arguments = " --config " + excerpt(config_file_) + " --env-file " + excerpt(environment_file_);
    if (!is_well) {
      out_ << "next: mend what stands behind FAULT (" << excerpt(environment_file_)
           << " has the stores), and look again: interconnect check" << arguments << "\n";
    }
    out_ << (is_well ? "next: " : "then: ") << "interconnect" << arguments << "    # copies until it is stopped"
         << std::endl;
  }

  const InitOptions& options_;
  const CommandLine& line_;
  const Environment& environment_;
  std::ostream& out_;
  std::string config_file_;
  std::string environment_file_;
  std::unique_ptr<Prompt> prompt_;
  bool asks_ = false;
  InitAnswers answers_;
};

}  // namespace

ExitCode init(const CommandLine& line, const Environment& environment, std::ostream& out) {
  return Init(line, environment, out).run();
}

}  // namespace interconnect
