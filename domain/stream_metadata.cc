#include "domain/stream_metadata.h"

#include "domain/json_text.h"

namespace interconnect {

bool is_soft_deletion(const EventView& event) {
  if (event.content != ContentKind::kJson) return false;
  bool is_deletion = false;
  JsonObjectText object;
  const bool is_object = scan_json_object(event.data, object, [&](const JsonMember& member) {
    if (!json_string_is(member.name, "$tb")) return;
    is_deletion = event.data.substr(member.value_begin, member.value_end - member.value_begin) == "9223372036854775807";
  });
  return is_object && is_deletion;
}

}  // namespace interconnect
