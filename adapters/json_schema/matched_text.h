#pragma once

#include <string>

namespace valijson {
class SchemaParser;
}

namespace interconnect {

// What check_schema() calls `pattern` and `format`, so that the validating library leaves them to us: it would match by
// backtracking, which some patterns make endless, and by recursion, for which a long text is a crash.
inline constexpr char kPatternKeyword[] = "pattern, matched in bounded time";
inline constexpr char kFormatKeyword[] = "format, matched in bounded time";

// Nothing if it is a regular expression of ECMAScript that can be matched in a time bounded by its size and the text's;
// else why not.
std::string problem_with_pattern(const std::string& pattern);

// Has the two keywords above checked. A text that is too long to be matched is an exception.
void match_in_bounded_time(valijson::SchemaParser& parser);

}  // namespace interconnect
