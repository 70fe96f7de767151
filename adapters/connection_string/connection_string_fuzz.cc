#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "adapters/connection_string/connection_string.h"

// Whatever is read has a host; whatever is refused has its place within the string.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  const auto result = parse_connection_string({reinterpret_cast<const char*>(data), size});
  if (const auto* error = std::get_if<ConnectionStringError>(&result)) {
    if (error->offset > size || error->expected.empty()) std::abort();
  } else if (std::get<ConnectionString>(result).settings.hosts.empty()) {
    std::abort();
  }
  return 0;
}
