#include "testing/documentation/markdown.h"

#include <cctype>
#include <map>
#include <regex>
#include <sstream>

namespace interconnect::testing {
namespace {

// The lines that are no code: neither between fences nor indented by four columns. (A list within a list would be
// taken for code; links in the texts are not nested so deep.)
std::vector<std::string> lines_of_prose(std::string_view markdown) {
  std::vector<std::string> lines;
  std::istringstream text{std::string(markdown)};
  bool is_fenced = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      is_fenced = !is_fenced;
    } else if (!is_fenced && !line.starts_with("    ")) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::string anchor(std::string_view heading) {
  std::string name;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80 || c == '-' || c == '_') {
      name += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      name += '-';
    }
  }
  return name;
}

}  // namespace

std::vector<std::string> links_of(std::string_view markdown) {
  std::string prose;
  for (const std::string& line : lines_of_prose(markdown)) prose += line + "\n";
  prose = std::regex_replace(prose, std::regex("`[^`\n]*`"), "code");
  const std::regex link(R"(\]\(([^)\s]+)\))");
  std::vector<std::string> targets;
  for (std::sregex_iterator it(prose.begin(), prose.end(), link), end; it != end; ++it) targets.push_back((*it)[1]);
  return targets;
}

std::set<std::string> anchors_of(std::string_view markdown) {
  std::set<std::string> anchors;
  std::map<std::string, int> times;
  const std::regex heading("^#{1,6} +(.*)$");
  for (const std::string& line : lines_of_prose(markdown)) {
    std::smatch match;
    if (!std::regex_match(line, match, heading)) continue;
    const std::string name = anchor(std::regex_replace(match[1].str(), std::regex(R"(\]\([^)]*\))"), "]"));
    const int before = times[name]++;
    anchors.insert(before == 0 ? name : name + "-" + std::to_string(before));
  }
  return anchors;
}

}  // namespace interconnect::testing
