#include "domain/link_streams.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <tuple>
#include <utility>

#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::string_view kResultBegin = "$projections-";
constexpr std::string_view kResultEnd = "-result";

struct SystemProjection {
  std::string_view prefix;
  std::string_view name;
};
constexpr std::array kSystemProjections{
    SystemProjection{"$ce-", "$by_category"}, SystemProjection{"$et-", "$by_event_type"},
    SystemProjection{"$bc-", "$by_correlation_id"}, SystemProjection{"$category-", "$stream_by_category"}};

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool take(std::string_view& text, char c) {
  skip_space(text);
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Whether the text, which follows a function's name, is a call whose first argument is this literal.
bool is_call_with(std::string_view text, std::string_view literal) {
  if (!take(text, '(')) return false;
  skip_space(text);
  if (text.empty()) return false;
  const char quote = text.front();
  if (quote != '\'' && quote != '"' && quote != '`') return false;
  text.remove_prefix(1);
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return take(text, quote) && take(text, ',');
}

// Nothing if it is none.
std::optional<std::tuple<int, int, int>> read_version(std::string_view text) {
  std::array<int, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc()) return std::nullopt;
    at = next;
    if (i + 1 < parts.size() && (at == end || *at++ != '.')) return std::nullopt;
  }
  return std::tuple(parts[0], parts[1], parts[2]);
}

}  // namespace

bool is_system_projections(std::string_view stream) {
  for (const auto& [prefix, name] : kSystemProjections) {
    if (stream.starts_with(prefix)) return true;
  }
  return false;
}

std::optional<std::string> projection_of(std::string_view stream) {
  for (const auto& [prefix, name] : kSystemProjections) {
    if (stream.starts_with(prefix)) return std::string(name);
  }
  if (stream.size() <= kResultBegin.size() + kResultEnd.size() || !stream.starts_with(kResultBegin) ||
      !stream.ends_with(kResultEnd)) {
    return std::nullopt;
  }
  stream.remove_prefix(kResultBegin.size());
  stream.remove_suffix(kResultEnd.size());
  return std::string(stream);
}

bool writes_to(const ProjectionDefinition& definition, std::string_view stream) {
  if (stream.empty()) return false;
  if (definition.result_stream == stream) return true;
  const std::string_view query = definition.query;
  for (const std::string_view function : {"emit", "linkTo", "linkStreamTo", "copyTo"}) {
    for (std::size_t at = query.find(function); at != std::string_view::npos; at = query.find(function, at + 1)) {
      if (is_call_with(query.substr(at + function.size()), stream)) return true;
    }
  }
  return false;
}

// EventFilter.PassesValidation in EventStore.Projections.Core, and CategorizeStreamByPath.cs.
std::optional<std::string> left_out_of(std::string_view stream, std::string_view server_version) {
  const std::string named = "stream '" + excerpt(stream) + "' ";
  if (stream.starts_with("$category-")) {
    return named + "holds the names of streams (events of type $@), not events: subscribe to '$ce-" +
           excerpt(stream.substr(std::string_view("$category-").size())) + "' for the events of these streams";
  }
  if (!stream.starts_with("$et-") && !stream.starts_with("$bc-")) return std::nullopt;
  const auto version = read_version(server_version);
  if (version && *version < std::tuple(20, 10, 2)) return std::nullopt;
  return named +
         "leaves out events that are flagged JSON and do not parse (plain text, no data, a byte order mark, a trailing "
         "comma, more than 64 levels) on servers from 20.10.2 and 21.2.0 on, and nothing is filled in for them: they "
         "are "
         "not copied. Where such events may be, subscribe to their category ($ce-CATEGORY) instead";
}

}  // namespace interconnect
