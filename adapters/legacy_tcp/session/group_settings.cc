#include "adapters/legacy_tcp/session/group_settings.h"

#include <algorithm>
#include <limits>

#include "rapidjson/document.h"

namespace interconnect::legacy {
namespace {

using std::chrono::milliseconds;

// Calls `visit` with the name and the member of each setting that is a plain value.
template <typename Visit>
void for_each_setting(GroupSettings& settings, Visit visit) {
  visit("resolveLinktos", settings.resolve_link_tos);
  visit("startFrom", settings.start_from);
  visit("extraStatistics", settings.extra_statistics);
  visit("messageTimeoutMilliseconds", settings.message_timeout);
  visit("maxRetryCount", settings.max_retry_count);
  visit("liveBufferSize", settings.live_buffer_size);
  visit("readBatchSize", settings.read_batch_size);
  visit("bufferSize", settings.history_buffer_size);
  visit("checkPointAfterMilliseconds", settings.checkpoint_after);
  visit("minCheckPointCount", settings.min_checkpoint_count);
  visit("maxCheckPointCount", settings.max_checkpoint_count);
  visit("maxSubscriberCount", settings.max_subscriber_count);
}

struct Read {
  const rapidjson::Value& config;
  bool& complete;

  const rapidjson::Value* find(const char* name) const {
    const auto member = config.FindMember(name);
    return member == config.MemberEnd() ? nullptr : &member->value;
  }
  void operator()(const char* name, bool& value) const {
    const rapidjson::Value* found = find(name);
    if (found == nullptr || !found->IsBool()) complete = false;
    if (complete) value = found->GetBool();
  }
  void operator()(const char* name, std::int32_t& value) const {
    const rapidjson::Value* found = find(name);
    if (found == nullptr || !found->IsInt()) complete = false;
    if (complete) value = found->GetInt();
  }
  void operator()(const char* name, std::int64_t& value) const {
    const rapidjson::Value* found = find(name);
    if (found == nullptr || !found->IsInt64()) complete = false;
    if (complete) value = found->GetInt64();
  }
  // 0 is kept as the longest time there is, which no longer fits into the 32 bits that are shown: what comes out is
  // negative.
  void operator()(const char* name, milliseconds& value) const {
    std::int64_t count = 0;
    (*this)(name, count);
    value = milliseconds(std::max<std::int64_t>(count, 0));
  }
};

// Empty if there is no such text.
std::string_view text_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

}  // namespace

std::optional<GroupInfo> parse_group_info(std::string_view json, const Subscription& subscription) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  if (text_member(document, "eventStreamId") != subscription.stream) return std::nullopt;
  if (text_member(document, "groupName") != subscription.group) return std::nullopt;
  const auto config = document.FindMember("config");
  if (config == document.MemberEnd() || !config->value.IsObject()) return std::nullopt;
  GroupInfo info;
  bool complete = true;
  for_each_setting(info.settings, Read{config->value, complete});
  Read{document, complete}("lastProcessedEventNumber", info.last_checkpoint);
  if (!complete) return std::nullopt;
  const std::string_view name = text_member(config->value, "namedConsumerStrategy");
  for (ConsumerStrategy known :
       {ConsumerStrategy::kDispatchToSingle, ConsumerStrategy::kRoundRobin, ConsumerStrategy::kPinned}) {
    if (name != to_string(known)) continue;
    info.settings.consumer_strategy = known;
    return info;
  }
  return std::nullopt;
}

bool same_effect(const GroupSettings& a, const GroupSettings& b) {
  GroupSettings one = a;
  GroupSettings other = b;
  for (GroupSettings* settings : {&one, &other}) {
    settings->start_from = std::max<std::int64_t>(settings->start_from, -1);
    constexpr milliseconds kLongest{std::numeric_limits<std::int32_t>::max()};
    settings->message_timeout = std::min(settings->message_timeout, kLongest);
    settings->checkpoint_after = std::min(settings->checkpoint_after, kLongest);
  }
  return one == other;
}

std::optional<ServerInfo> parse_server_info(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  ServerInfo info{std::string(text_member(document, "esVersion")), std::string(text_member(document, "state"))};
  if (info.version.empty()) return std::nullopt;
  return info;
}

std::optional<std::vector<ClusterNode>> parse_gossip(std::string_view json, bool secure) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const auto members = document.FindMember("members");
  if (members == document.MemberEnd() || !members->value.IsArray()) return std::nullopt;
  const auto endpoint = [](const rapidjson::Value& member, const char* host, const char* port) {
    Endpoint endpoint{std::string(text_member(member, host)), 0};
    const auto number = member.FindMember(port);
    if (number != member.MemberEnd() && number->value.IsUint() && number->value.GetUint() <= 0xffff) {
      endpoint.port = static_cast<std::uint16_t>(number->value.GetUint());
    }
    return endpoint;
  };
  std::vector<ClusterNode> nodes;
  for (const rapidjson::Value& member : members->value.GetArray()) {
    if (!member.IsObject()) return std::nullopt;
    ClusterNode node;
    node.tcp = endpoint(member, "externalTcpIp", secure ? "externalSecureTcpPort" : "externalTcpPort");
    node.http = endpoint(member, "externalHttpIp", "externalHttpPort");
    if (node.tcp.host.empty() || node.tcp.port == 0 || node.http.host.empty() || node.http.port == 0) continue;
    const auto alive = member.FindMember("isAlive");
    node.is_master = text_member(member, "state") == "Master" && alive != member.MemberEnd() && alive->value.IsBool() &&
                     alive->value.GetBool();
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace interconnect::legacy
