#include "domain/event.h"

#include <algorithm>

namespace interconnect {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string to_string(const EventId& id) {
  std::string text;
  text.reserve(36);
  for (std::uint8_t byte : id.bytes) {
    if (is_dash_position(text.size())) text.push_back('-');
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 0xf]);
  }
  return text;
}

std::optional<EventId> parse_event_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  EventId id;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    id.bytes[digits / 2] = static_cast<std::uint8_t>(id.bytes[digits / 2] << 4 | value);
    ++digits;
  }
  return id;
}

Event::Event(const EventView& view) : Event(view, view.metadata.size()) {
  std::copy(view.metadata.begin(), view.metadata.end(), mutable_metadata());
}

Event::Event(const EventView& view, std::size_t metadata_size)
    : storage_(new char[view.stream.size() + view.type.size() + view.data.size() + metadata_size]),
      stream_size_(static_cast<std::uint32_t>(view.stream.size())),
      type_size_(static_cast<std::uint32_t>(view.type.size())),
      data_size_(static_cast<std::uint32_t>(view.data.size())),
      metadata_size_(static_cast<std::uint32_t>(metadata_size)),
      id_(view.id),
      revision_(view.revision),
      content_(view.content) {
  char* out = std::copy(view.stream.begin(), view.stream.end(), storage_.get());
  out = std::copy(view.type.begin(), view.type.end(), out);
  std::copy(view.data.begin(), view.data.end(), out);
}

}  // namespace interconnect
