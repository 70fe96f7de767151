#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/store.h"
#include "ports/environment.h"

namespace interconnect {

// What a person says of one store.
struct StoreAnswers {
  std::string url;                                          // esdb://... (gRPC), or http(s)://HOST[:PORT] (TCP)
  std::string tcp_port = "1113";                            // of TCP
  std::optional<std::string> user = std::nullopt;           // nothing: none, or as the URL has it
  std::optional<std::string> password = std::nullopt;       // of the user
  std::optional<std::string> password_file = std::nullopt;  // that holds it, in its place

  bool is_tcp() const { return url.starts_with("http"); }
};

// What init makes its two files of.
struct InitAnswers {
  StoreAnswers source;
  StoreAnswers destination;
  std::vector<std::string> streams = {};  // of the source; $ce-CATEGORY among them
  std::string group = "interconnect";
  std::vector<std::string> types = {};
  std::optional<std::uint16_t> http_port = 9090;  // nothing: no page
};

using Variables = std::vector<std::pair<std::string, std::string>>;

// The variables that the program reads for a store.
Variables variables_of(const StoreAnswers& answers, Store side);

// The environment that the file of variables makes; `others` has the variables that belong to neither store.
class EnvironmentOfAnswers final : public Environment {
 public:
  EnvironmentOfAnswers(const InitAnswers& answers, const Environment& others);
  std::optional<std::string> get(std::string_view variable) const override;

 private:
  Variables variables_;
  const Environment& others_;
};

// The two files. `config_file` and `environment_file` are their names, which their comments tell.
std::string configuration_text(const InitAnswers& answers, const std::string& config_file,
                               const std::string& environment_file);
std::string environment_text(const InitAnswers& answers);

// What the program's own readers find wrong with a part of the answers, without the place; nothing if all is well.
std::optional<std::string> problem_of_store(const StoreAnswers& answers, Store side);
std::optional<std::string> problem_of_stream(const std::vector<std::string>& streams);
std::optional<std::string> problem_of_type(const std::vector<std::string>& types);
std::optional<std::string> problem_of_group(const std::string& group);

}  // namespace interconnect
