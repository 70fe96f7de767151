#include "domain/append.h"

namespace interconnect {
namespace {

std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = utf8.size();
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) continue;
    if (byte < 0xc0) {
      --units;  // it goes on with a character
    } else if (byte >= 0xf0) {
      ++units;  // it begins one of two units
    }
  }
  return units;
}

}  // namespace

std::size_t append_size(const EventView& event, AppendSizeRule rule) {
  if (rule == AppendSizeRule::kData) return event.data.size();
  return event.data.size() + event.metadata.size() + 2 * utf16_units(event.type);
}

}  // namespace interconnect
