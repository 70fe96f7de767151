#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/grpc/wire/group_info.h"

// The body of an answer of the HTTP API, which tells of groups and versions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)next::decode_server_version(body);
  (void)next::decode_group_info(body);
  return 0;
}
