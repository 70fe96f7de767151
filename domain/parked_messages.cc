#include "domain/parked_messages.h"

#include "domain/json_text.h"

namespace interconnect {

std::string parked_stream(std::string_view stream, std::string_view group) {
  return "$persistentsubscription-" + std::string(stream) + "::" + std::string(group) + "-parked";
}

bool is_parked_by_consumer(std::string_view metadata) {
  // Up to what a serializer may escape.
  constexpr std::string_view kByConsumer = "\"Client explicitly NAK";
  bool is_by_consumer = false;
  JsonObjectText object;
  const bool is_object = scan_json_object(metadata, object, [&](const JsonMember& member) {
    if (!json_string_is(member.name, "reason")) return;
    is_by_consumer =
        metadata.substr(member.value_begin, member.value_end - member.value_begin).starts_with(kByConsumer);
  });
  return is_object && is_by_consumer;
}

}  // namespace interconnect
