#include "adapters/http_api/paths.h"

#include <cstdint>

namespace interconnect::http_api {
namespace {

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 0xf]};
    }
  }
  return encoded;
}

}  // namespace

std::string path_part(std::string_view name) {
  const std::string once = percent_encoded(name);
  return name.find_first_of("%/\\?#") == std::string_view::npos ? once : percent_encoded(once);
}

std::string group_path(std::string_view stream, std::string_view group) {
  return "/subscriptions/" + path_part(stream) + "/" + path_part(group);
}

std::string group_info_path(std::string_view stream, std::string_view group) {
  return group_path(stream, group) + "/info";
}

}  // namespace interconnect::http_api
