#pragma once

#include <optional>
#include <string>

#include "rapidjson/document.h"

namespace interconnect {

struct SchemaFindings {
  std::optional<std::string> problem;  // with its place as a JSON pointer
  bool draft4 = false;
  bool has_pattern_properties = false;
  bool has_unique_items = false;
};

// Finds in a schema what the validating library does not refuse, but ignores, never returns from, or meets only with an
// event at hand. Takes every `id` away, by which that library would look for `#/...` in another document, and renames
// `pattern` and `format` as matched_text.h has it.
SchemaFindings check_schema(rapidjson::Document& schema);

}  // namespace interconnect
