#include "domain/link.h"

#include <charconv>
#include <system_error>

namespace interconnect {

std::optional<LinkTarget> parse_link(std::string_view data) {
  const std::size_t at = data.find('@');
  if (at == std::string_view::npos || at + 1 == data.size()) return std::nullopt;
  LinkTarget target;
  target.stream = data.substr(at + 1);
  const auto [end, error] = std::from_chars(data.data(), data.data() + at, target.revision);
  if (error != std::errc{} || end != data.data() + at || target.revision < 0) return std::nullopt;
  return target;
}

}  // namespace interconnect
