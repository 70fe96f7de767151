#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"

// The first byte is a package's command, the rest its payload: a message of the legacy protobuf schema.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect::legacy;
  if (size == 0) return 0;
  Package package;
  package.command = static_cast<Command>(data[0]);
  package.payload = {reinterpret_cast<const char*>(data) + 1, size - 1};
  (void)decode_reply(package);
  return 0;
}
