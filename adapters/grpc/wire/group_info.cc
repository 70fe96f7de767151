#include "adapters/grpc/wire/group_info.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "rapidjson/document.h"

namespace interconnect::next {
namespace {

using rapidjson::Value;

// Bounds the parser's work on a body that is nested without end.
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag;

bool read(const Value& config, const char* name, bool& out) {
  const auto member = config.FindMember(name);
  if (member == config.MemberEnd() || !member->value.IsBool()) return false;
  out = member->value.GetBool();
  return true;
}

// Later servers tell positions as text.
bool read(const Value& config, const char* name, std::int64_t& out) {
  const auto member = config.FindMember(name);
  if (member == config.MemberEnd()) return false;
  if (member->value.IsString()) {
    const char* begin = member->value.GetString();
    const char* end = begin + member->value.GetStringLength();
    const auto [parsed, error] = std::from_chars(begin, end, out);
    return error == std::errc() && parsed == end;
  }
  if (!member->value.IsInt64()) return false;
  out = member->value.GetInt64();
  return true;
}

bool read(const Value& config, const char* name, std::int32_t& out) {
  std::int64_t value = 0;
  if (!read(config, name, value)) return false;
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
    return false;
  out = static_cast<std::int32_t>(value);
  return true;
}

bool read(const Value& config, const char* name, std::chrono::milliseconds& out) {
  std::int32_t value = 0;
  if (!read(config, name, value)) return false;
  out = std::chrono::milliseconds(value);
  return true;
}

bool read(const Value& object, const char* name, std::string& out) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return false;
  out.assign(member->value.GetString(), member->value.GetStringLength());
  return true;
}

std::vector<GroupConnection> read_connections(const Value& group) {
  std::vector<GroupConnection> connections;
  const auto member = group.FindMember("connections");
  if (member == group.MemberEnd() || !member->value.IsArray()) return connections;
  for (const Value& listed : member->value.GetArray()) {
    GroupConnection connection;
    const bool complete = listed.IsObject() && read(listed, "connectionName", connection.connection_name) &&
                          read(listed, "totalItemsProcessed", connection.total_items) &&
                          read(listed, "inFlightMessages", connection.in_flight_messages);
    if (!complete) continue;
    read(listed, "from", connection.from);
    read(listed, "username", connection.username);
    connections.push_back(std::move(connection));
  }
  return connections;
}

}  // namespace

std::optional<GroupInfo> decode_group_info(std::string_view body) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const auto member = document.FindMember("config");
  if (member == document.MemberEnd() || !member->value.IsObject()) return std::nullopt;
  const Value& config = member->value;
  GroupInfo info;
  GroupSettings& settings = info.settings;
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
                        read(config, "maxSubscriberCount", settings.max_subscriber_count);
  const auto strategy = config.FindMember("namedConsumerStrategy");
  if (!complete || strategy == config.MemberEnd() || !strategy->value.IsString()) return std::nullopt;
  const std::string_view name(strategy->value.GetString(), strategy->value.GetStringLength());
  info.known_strategy = false;
  for (const auto known :
       {ConsumerStrategy::kDispatchToSingle, ConsumerStrategy::kRoundRobin, ConsumerStrategy::kPinned}) {
    if (name != to_string(known)) continue;
    settings.consumer_strategy = known;
    info.known_strategy = true;
  }
  // From 21.10 on the number is 0 where there is none, and the position tells (PersistentSubscriptionController.cs).
  const auto position = document.FindMember("lastCheckpointedEventPosition");
  if (position == document.MemberEnd() || position->value.IsString()) {
    read(document, "lastProcessedEventNumber", info.last_checkpoint);
  }
  info.connections = read_connections(document);
  return info;
}

std::string decode_server_version(std::string_view body) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return {};
  const auto version = document.FindMember("esVersion");
  if (version == document.MemberEnd() || !version->value.IsString()) return {};
  return {version->value.GetString(), version->value.GetStringLength()};
}

}  // namespace interconnect::next
