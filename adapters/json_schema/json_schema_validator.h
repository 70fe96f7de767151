#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "domain/event_validator.h"

namespace interconnect {

// A JSON Schema: draft 7, or draft 4 if its `$schema` says so. `format` is checked for date, time and date-time.
// References stay within the schema: `#` and `#/a/pointer`.
struct JsonSchema {
  std::string text;
  std::string origin;  // for messages: the file, or its place in one
};

struct JsonSchemaError {
  std::string message;  // names the origin, and where in it
};

// What a document may be for its validation to end soon and within the stack, whatever was sent.
inline constexpr std::size_t kMaxValidatedDepth = 200;
inline constexpr std::size_t kMaxMatchedText = 16'384;  // bytes, of a text that has a pattern or a format
inline constexpr std::size_t kMaxMatchedName = 256;     // bytes, of every property if there are patterns for properties
inline constexpr std::size_t kMaxUniqueItems = 4'096;   // of each array, if the schema asks anywhere for unique items

// Compiles the schemas for an event's data, its metadata or both. An event whose bytes are not JSON, or that are beyond
// the limits above, is invalid. The validator is for one thread at a time.
std::variant<std::shared_ptr<const EventValidator>, JsonSchemaError> make_json_schema_validator(
    const std::optional<JsonSchema>& data, const std::optional<JsonSchema>& metadata);

}  // namespace interconnect
