#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"

// Reads the input as what a server sent: package after package, each decoded whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect::legacy;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const auto decoded = decode_package(bytes);
    const auto* framed = std::get_if<Framed>(&decoded);
    if (framed == nullptr) return 0;
    (void)decode_reply(framed->package);
    bytes.remove_prefix(framed->size);
  }
}
