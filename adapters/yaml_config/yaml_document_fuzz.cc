#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/yaml_config/yaml_document.h"

// Any file is read or refused, never more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  const auto result = read_yaml({reinterpret_cast<const char*>(data), size});
  if (const auto* root = std::get_if<YamlNode>(&result)) (void)to_json(*root);
  return 0;
}
