#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "adapters/env_config/environment_file.h"

// Any file is read or refused, and what was read is the same again once it is written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  const auto result = parse_environment_file({reinterpret_cast<const char*>(data), size});
  const auto* file = std::get_if<EnvironmentFile>(&result);
  if (file == nullptr) return 0;
  std::string written;
  for (const auto& [name, value] : *file) written += environment_file_line(name, value);
  const auto again = parse_environment_file(written);
  if (!std::holds_alternative<EnvironmentFile>(again) || std::get<EnvironmentFile>(again) != *file) std::abort();
  return 0;
}
