#include "app/configuration/problems.h"

#include <cctype>

namespace interconnect {

std::string shown(std::string_view value) {
  constexpr std::size_t kMost = 40;
  std::string text = "'";
  for (const char c : value.substr(0, kMost)) {
    text.push_back(std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?');
  }
  return text + (value.size() > kMost ? "...'" : "'");
}

std::string FileProblems::place(const YamlMark& mark) const {
  return file_ + ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
}

std::string FileProblems::line(const YamlMark& mark, std::string_view what) const {
  return place(mark) + ": " + std::string(what);
}

}  // namespace interconnect
