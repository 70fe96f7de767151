#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/grpc/wire/status.h"

// The first byte is the status' code; the lines behind it are its text and the trailers that we read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace interconnect;
  if (size == 0 || data[0] == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto next_line = [&rest] {
    const std::size_t end = rest.find('\n');
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
  };
  next::CallStatus status;
  status.code = data[0];
  status.message = next_line();
  status.exception = next_line();
  status.leader_host = next_line();
  status.leader_port = next_line();
  const StoreError of_call = next::to_store_error(status, "what was asked");
  const StoreError of_append = next::to_append_error(status, "what was asked");
  if (of_call.message.empty() || of_append.message.empty()) std::abort();
  (void)next::to_drop_reason(status);
  const auto leader = next::named_leader(status);
  if (leader && (leader->host.empty() || leader->port == 0)) std::abort();
  (void)next::is_not_leader(status);
  (void)next::is_connection_loss(status);
  (void)next::is_group_exists(status);
  (void)next::is_group_missing(status);
  return 0;
}
