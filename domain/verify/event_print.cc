#include "domain/verify/event_print.h"

#include <string_view>

#include "domain/verify/json_digest.h"

namespace interconnect {
namespace {

Digest content_digest(std::string_view content, const PrintRules& rules) {
  if (rules.compares_json) {
    if (const auto digest = json_digest(content)) return *digest;
  }
  return digest_of(content);
}

}  // namespace

EventPrint print_of(const EventView& event, const PrintRules& rules) {
  EventPrint print;
  print.id = event.id;
  print.content = event.content;
  print.type = digest_of(event.type);
  print.data = content_digest(event.data, rules);
  if (!rules.ignores_metadata) print.metadata = content_digest(event.metadata, rules);
  return print;
}

void StreamPrint::add(const EventPrint& event) {
  ++events_;
  const std::string_view id(reinterpret_cast<const char*>(event.id.bytes.data()), event.id.bytes.size());
  Digest whole = combined(digest_of(id), event.type);
  whole = combined(whole, event.data);
  whole = combined(whole, event.metadata);
  whole.low ^= static_cast<std::uint64_t>(event.content);
  digest_ = combined(digest_, whole);
}

}  // namespace interconnect
