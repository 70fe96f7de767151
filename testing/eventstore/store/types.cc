#include "testing/eventstore/store/types.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace interconnect::eventstore {

bool User::is_in_role(std::string_view role) const {
  return name == role || std::find(groups.begin(), groups.end(), role) != groups.end();
}

std::string to_text(const EventId& id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kDigits[id[i] >> 4]);
    text.push_back(kDigits[id[i] & 15]);
  }
  return text;
}

bool parse_event_id(std::string_view text, EventId* id) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    int value;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else if (c == '-' && (i == 8 || i == 13 || i == 18 || i == 23)) {
      continue;
    } else {
      return false;
    }
    if (digits == 32) return false;
    std::uint8_t& byte = (*id)[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? value << 4 : byte | value);
    ++digits;
  }
  return digits == 32;
}

EventId new_event_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  EventId id;
  const std::uint64_t halves[2] = {random(), random()};
  std::memcpy(id.data(), halves, id.size());
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x40);
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace interconnect::eventstore
