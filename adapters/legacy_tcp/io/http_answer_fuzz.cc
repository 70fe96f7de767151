#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <variant>

#include "adapters/legacy_tcp/io/http_answer.h"

// Reads the input as what a server sent, in pieces of the size that the first byte tells: it comes to an end, whatever
// it is, and an answer has a status of three digits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect::legacy;
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  HttpAnswer answer;
  std::optional<HttpResult> result;
  while (!result && !bytes.empty()) {
    const auto room = answer.room();
    if (room.empty()) std::abort();
    const std::size_t count = std::min({piece, room.size(), bytes.size()});
    std::copy_n(bytes.begin(), count, room.begin());
    bytes.remove_prefix(count);
    result = answer.received(count);
  }
  if (!result) result = answer.ended("the connection was closed");
  if (const auto* response = std::get_if<HttpResponse>(&*result)) {
    if (response->status > 999 || response->body.size() > size) std::abort();
  }
  return 0;
}
