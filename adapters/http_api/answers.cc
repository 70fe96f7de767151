#include "adapters/http_api/answers.h"

#include <algorithm>
#include <cstdint>

#include "adapters/http_api/group_config.h"
#include "rapidjson/document.h"

namespace interconnect::http_api {
namespace {

using rapidjson::Value;

// Iterative: bounds the parser's work on a body that is nested without end.
std::optional<rapidjson::Document> parse(std::string_view body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  return document;
}

const Value* find(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::string_view text(const Value& object, const char* name) {
  const Value* value = find(object, name);
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

std::optional<std::int64_t> number(const Value& object, const char* name) {
  const Value* value = find(object, name);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return value->GetInt64();
}

// A revision of the subscribed stream. From 21.10 on the number is 0 where there is none, and `position` tells
// (PersistentSubscriptionController.cs).
Revision revision(const Value& group, const char* number_name, const char* position_name) {
  const Value* position = find(group, position_name);
  if (position != nullptr && !position->IsString()) return kNoStream;
  return number(group, number_name).value_or(kNoStream);
}

// Nothing that the group has seen is on its way: PersistentSubscription.cs of both generations. Its live buffer keeps
// what was sent long ago, and does not count.
bool is_at_rest(const Value& group) {
  if (text(group, "status") != "Live") return false;
  for (const char* count : {"readBufferCount", "retryBufferCount", "totalInFlightMessages"}) {
    if (number(group, count) != 0) return false;
  }
  return number(group, "outstandingMessagesCount").value_or(0) == 0;  // 21.2.0's, beside what consumers hold
}

}  // namespace

std::optional<ServerInfo> decode_server(std::string_view body) {
  const auto document = parse(body);
  if (!document || text(*document, "esVersion").empty()) return std::nullopt;
  return ServerInfo{std::string(text(*document, "esVersion")), std::string(text(*document, "state"))};
}

std::optional<ConsumerGroupInfo> decode_consumer_group(std::string_view body, std::string_view stream,
                                                       std::string_view group) {
  const auto document = parse(body);
  if (!document || text(*document, "eventStreamId") != stream || text(*document, "groupName") != group) {
    return std::nullopt;
  }
  ConsumerGroupInfo info;
  info.settled = revision(*document, "lastProcessedEventNumber", "lastCheckpointedEventPosition");
  info.is_at_rest = is_at_rest(*document);
  if (info.is_at_rest) {
    info.settled = std::max(info.settled, revision(*document, "lastKnownEventNumber", "lastKnownEventPosition"));
  }
  info.delivered = number(*document, "totalItemsProcessed").value_or(0);
  info.in_flight = number(*document, "totalInFlightMessages").value_or(0);
  info.parked = number(*document, "parkedMessageCount");
  info.last_checkpoint = revision(*document, "lastProcessedEventNumber", "lastCheckpointedEventPosition");
  if (const Value* config = find(*document, "config"); config != nullptr && config->IsObject()) {
    info.settings = decode_group_config(*config);
  }
  const Value* connections = find(*document, "connections");
  if (connections != nullptr && connections->IsArray()) info.consumers = connections->Size();
  return info;
}

std::optional<ProjectionInfo> decode_projection(std::string_view body) {
  const auto document = parse(body);
  if (!document) return std::nullopt;
  const Value* list = find(*document, "projections");
  if (list == nullptr || !list->IsArray() || list->Empty() || !(*list)[0].IsObject()) return std::nullopt;
  const Value& projection = (*list)[0];
  const std::string_view status = text(projection, "status");
  if (status.empty()) return std::nullopt;
  ProjectionInfo info{.status = std::string(status), .is_running = status.starts_with("Running")};
  info.reason = text(projection, "stateReason");
  info.position = text(projection, "position");
  info.buffered_events = number(projection, "bufferedEvents").value_or(0);
  // Negative: not known (CoreProjection.cs).
  const Value* progress = find(projection, "progress");
  if (progress != nullptr && progress->IsNumber() && progress->GetDouble() >= 0) info.progress = progress->GetDouble();
  return info;
}

std::optional<std::vector<std::string>> decode_projections(std::string_view body) {
  const auto document = parse(body);
  if (!document) return std::nullopt;
  const Value* list = find(*document, "projections");
  if (list == nullptr || !list->IsArray()) return std::nullopt;
  std::vector<std::string> names;
  for (const Value& projection : list->GetArray()) {
    if (projection.IsObject() && !text(projection, "name").empty()) names.emplace_back(text(projection, "name"));
  }
  return names;
}

std::optional<ProjectionDefinition> decode_projection_definition(std::string_view body) {
  const auto document = parse(body);
  if (!document || text(*document, "name").empty()) return std::nullopt;
  ProjectionDefinition definition{std::string(text(*document, "query")), {}};
  const Value* output = find(*document, "outputConfig");
  if (output != nullptr && output->IsObject()) definition.result_stream = text(*output, "resultStreamName");
  return definition;
}

std::optional<UserInfo> decode_user(std::string_view body) {
  const auto document = parse(body);
  if (!document) return std::nullopt;
  const Value* data = find(*document, "data");
  if (data == nullptr || !data->IsObject() || text(*data, "loginName").empty()) return std::nullopt;
  UserInfo user{std::string(text(*data, "loginName")), {}};
  const Value* groups = find(*data, "groups");
  if (groups == nullptr || !groups->IsArray()) return user;
  for (const Value& group : groups->GetArray()) {
    if (group.IsString()) user.groups.emplace_back(group.GetString(), group.GetStringLength());
  }
  return user;
}

}  // namespace interconnect::http_api
