#include "domain/excerpt.h"

#include <cstddef>

namespace interconnect {
namespace {

// Room for the longest of what gRPC says of a connection that fails.
constexpr std::size_t kMaxExcerpt = 500;

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

// U+0080 to U+009F in UTF-8: a terminal may take them for the beginning of a command, and some for a line break.
bool is_second_of_control(unsigned char before, unsigned char c) { return before == 0xc2 && c >= 0x80 && c < 0xa0; }

bool is_inside_character(unsigned char c) { return (c & 0xc0) == 0x80; }

}  // namespace

std::string excerpt(std::string_view text) {
  std::size_t size = text.size();
  if (size > kMaxExcerpt) {
    // No more than a character's bytes back, since the text need not be UTF-8.
    size = kMaxExcerpt;
    for (int i = 0; i < 3 && is_inside_character(static_cast<unsigned char>(text[size])); ++i) --size;
  }
  std::string out(text.substr(0, size));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    if (i > 0 && is_second_of_control(static_cast<unsigned char>(out[i - 1]), c)) {
      out[i - 1] = out[i] = ' ';
    } else if (is_control(c)) {
      out[i] = ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (size < text.size()) out += "...";
  return out;
}

}  // namespace interconnect
