#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace interconnect::testing {

// What a Markdown text links to, [...](TARGET), in its order; not in code.
std::vector<std::string> links_of(std::string_view markdown);

// The names by which links reach the text's headings, as GitHub makes them: "## What is `written`?" is
// "what-is-written", a second one of the same name "what-is-written-1".
std::set<std::string> anchors_of(std::string_view markdown);

}  // namespace interconnect::testing
