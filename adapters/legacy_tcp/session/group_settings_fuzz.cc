#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/legacy_tcp/session/group_settings.h"

// Two lines name a stream and a group; the rest is the body of an answer of the HTTP API about them. What is read as
// settings has no negative time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&body] {
    const std::size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    return line;
  };
  Subscription subscription;
  subscription.stream = next_line();
  subscription.group = next_line();
  const auto info = legacy::parse_server_info(body);
  if (info && info->version.empty()) std::abort();
  const auto group = legacy::parse_group_info(body, subscription);
  if (group && (group->settings.message_timeout.count() < 0 || group->settings.checkpoint_after.count() < 0))
    std::abort();
  return 0;
}
