#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// Streams that projections fill, with links for the most part.

// Whether one of the servers' own projections fills the stream, which its name tells.
bool is_system_projections(std::string_view stream);

// The projection that fills the stream, where the stream's name tells: the servers' own, or the one whose results it
// holds ("$projections-NAME-result").
std::optional<std::string> projection_of(std::string_view stream);

// A user's projection, as far as it matters what it writes to.
struct ProjectionDefinition {
  std::string query;          // JavaScript
  std::string result_stream;  // empty: none
};

// Whether the definition names the stream: as its result stream, or in an emit, linkTo, linkStreamTo or copyTo whose
// stream is a literal. Other ways to name it are not seen.
bool writes_to(const ProjectionDefinition& definition, std::string_view stream);

// What a stream that a projection fills does not bring, for people; nothing if nothing is known to be missing.
// `server_version`: "21.2.0.0"; empty: not known.
std::optional<std::string> left_out_of(std::string_view stream, std::string_view server_version);

}  // namespace interconnect
