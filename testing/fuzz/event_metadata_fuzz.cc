#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "domain/event_metadata.h"

namespace interconnect {

// What the copy makes of any metadata is an object again if it was one, stays when copied again, and is else untouched.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view metadata(reinterpret_cast<const char*>(data), size);
  EventView event;
  event.stream = "stream";
  event.type = metadata.substr(0, 8);
  event.metadata = metadata;
  const Event copy = with_copy_metadata(event);
  if (metadata.empty() || is_json_object(metadata)) {
    if (!is_json_object(copy.metadata())) std::abort();
    event.metadata = copy.metadata();
    if (with_copy_metadata(event).metadata() != copy.metadata()) std::abort();
  } else if (copy.metadata() != metadata) {
    std::abort();
  }
  return 0;
}

}  // namespace interconnect
