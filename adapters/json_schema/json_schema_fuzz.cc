#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/json_schema/json_schema_validator.h"

// The first line is a schema, the rest a document: both are taken or refused, never more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const auto result = make_json_schema_validator(JsonSchema{std::string(input.substr(0, end)), "fuzz"}, std::nullopt);
  if (const auto* validator = std::get_if<std::shared_ptr<const EventValidator>>(&result)) {
    EventView event;
    event.data = end == std::string_view::npos ? "" : input.substr(end + 1);
    (void)(*validator)->validate(event);
  }
  return 0;
}
