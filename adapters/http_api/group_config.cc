#include "adapters/http_api/group_config.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace interconnect::http_api {
namespace {

using rapidjson::Value;
using std::chrono::milliseconds;

const Value* find(const Value& config, const char* name) {
  const auto member = config.FindMember(name);
  return member == config.MemberEnd() ? nullptr : &member->value;
}

bool read(const Value& config, const char* name, bool& out) {
  const Value* value = find(config, name);
  if (value == nullptr || !value->IsBool()) return false;
  out = value->GetBool();
  return true;
}

// Later servers tell positions as text.
bool read(const Value& config, const char* name, std::int64_t& out) {
  const Value* value = find(config, name);
  if (value == nullptr) return false;
  if (value->IsString()) {
    const char* const end = value->GetString() + value->GetStringLength();
    const auto [parsed, error] = std::from_chars(value->GetString(), end, out);
    return error == std::errc() && parsed == end;
  }
  if (!value->IsInt64()) return false;
  out = value->GetInt64();
  return true;
}

bool read(const Value& config, const char* name, std::int32_t& out) {
  std::int64_t value = 0;
  using Limits = std::numeric_limits<std::int32_t>;
  if (!read(config, name, value) || value < Limits::min() || value > Limits::max()) return false;
  out = static_cast<std::int32_t>(value);
  return true;
}

bool read(const Value& config, const char* name, milliseconds& out) {
  std::int64_t value = 0;
  if (!read(config, name, value)) return false;
  out = milliseconds(std::max<std::int64_t>(value, 0));
  return true;
}

bool read(const Value& config, const char* name, ConsumerStrategy& out) {
  const Value* value = find(config, name);
  if (value == nullptr || !value->IsString()) return false;
  const std::string_view text(value->GetString(), value->GetStringLength());
  for (const auto known :
       {ConsumerStrategy::kDispatchToSingle, ConsumerStrategy::kRoundRobin, ConsumerStrategy::kPinned}) {
    if (text != to_string(known)) continue;
    out = known;
    return true;
  }
  return false;
}

}  // namespace

std::optional<GroupSettings> decode_group_config(const Value& config) {
  GroupSettings settings;
  const bool complete = read(config, "resolveLinktos", settings.resolve_link_tos) &&
                        read(config, "startFrom", settings.start_from) &&
                        read(config, "extraStatistics", settings.extra_statistics) &&
                        read(config, "messageTimeoutMilliseconds", settings.message_timeout) &&
                        read(config, "maxRetryCount", settings.max_retry_count) &&
                        read(config, "liveBufferSize", settings.live_buffer_size) &&
                        read(config, "readBatchSize", settings.read_batch_size) &&
                        read(config, "bufferSize", settings.history_buffer_size) &&
                        read(config, "checkPointAfterMilliseconds", settings.checkpoint_after) &&
                        read(config, "minCheckPointCount", settings.min_checkpoint_count) &&
                        read(config, "maxCheckPointCount", settings.max_checkpoint_count) &&
                        read(config, "maxSubscriberCount", settings.max_subscriber_count) &&
                        read(config, "namedConsumerStrategy", settings.consumer_strategy);
  return complete ? std::optional(settings) : std::nullopt;
}

}  // namespace interconnect::http_api
