#include "testing/eventstore/http/group_json.h"

#include <algorithm>

#include "rapidjson/document.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/http/json_members.h"

namespace interconnect::eventstore {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void Rate(Writer& w, const char* key) {
  w.Key(key);
  w.Double(0.0);
}

void EventNumber(Writer& w, const char* number, const char* position, std::int64_t value, GroupForm form) {
  if (form != GroupForm::k21_10) return Number(w, number, value);
  Number(w, number, std::max<std::int64_t>(value, 0));
  w.Key(position);
  if (value < 0) {
    w.Null();
  } else {
    w.String(std::to_string(value).c_str());
  }
}

void Link(Writer& w, const std::string& href, const char* rel) {
  w.StartObject();
  Text(w, "href", href);
  Text(w, "rel", rel);
  w.EndObject();
}

std::string GroupUri(const PersistentSubscription& group, const std::string& base) {
  return base + "/subscriptions/" + PercentEncode(group.stream()) + "/" + PercentEncode(group.group());
}

std::string ParkedUri(const PersistentSubscription& group, const std::string& base) {
  return base + "/streams/%24persistentsubscription-" + PercentEncode(group.id()) + "-parked";
}

void WriteConfig(Writer& w, const GroupSettings& s) {
  w.Key("config");
  w.StartObject();
  Flag(w, "resolveLinktos", s.resolve_link_tos);
  Number(w, "startFrom", s.start_from);
  Number(w, "messageTimeoutMilliseconds", s.message_timeout_ms);
  Flag(w, "extraStatistics", s.extra_statistics);
  Number(w, "maxRetryCount", s.max_retry_count);
  Number(w, "liveBufferSize", s.live_buffer_size);
  Number(w, "bufferSize", s.buffer_size);
  Number(w, "readBatchSize", s.read_batch_size);
  Flag(w, "preferRoundRobin", s.named_consumer_strategy == "RoundRobin");
  Number(w, "checkPointAfterMilliseconds", s.check_point_after_ms);
  Number(w, "minCheckPointCount", s.min_check_point_count);
  Number(w, "maxCheckPointCount", s.max_check_point_count);
  Number(w, "maxSubscriberCount", s.max_subscriber_count);
  Text(w, "namedConsumerStrategy", s.named_consumer_strategy);
  w.EndObject();
}

}  // namespace

GroupSettings SettingsFromJson(const std::string& body) {
  GroupSettings s;
  rapidjson::Document d;
  d.Parse(body.data(), body.size());
  if (d.HasParseError() || !d.IsObject()) return s;
  auto number = [&d](const char* name, auto* value) {
    auto it = d.FindMember(name);
    if (it != d.MemberEnd() && it->value.IsInt64()) {
      *value = static_cast<std::remove_pointer_t<decltype(value)>>(it->value.GetInt64());
    }
  };
  auto flag = [&d](const char* name, bool* value) {
    auto it = d.FindMember(name);
    if (it != d.MemberEnd() && it->value.IsBool()) *value = it->value.GetBool();
  };
  flag("resolveLinkTos", &s.resolve_link_tos);
  flag("resolveLinktos", &s.resolve_link_tos);
  number("startFrom", &s.start_from);
  flag("extraStatistics", &s.extra_statistics);
  number("messageTimeoutMilliseconds", &s.message_timeout_ms);
  number("maxRetryCount", &s.max_retry_count);
  number("liveBufferSize", &s.live_buffer_size);
  number("bufferSize", &s.buffer_size);
  number("readBatchSize", &s.read_batch_size);
  number("checkPointAfterMilliseconds", &s.check_point_after_ms);
  number("minCheckPointCount", &s.min_check_point_count);
  number("maxCheckPointCount", &s.max_check_point_count);
  number("maxSubscriberCount", &s.max_subscriber_count);
  bool prefer_round_robin = true;
  flag("preferRoundRobin", &prefer_round_robin);
  s.named_consumer_strategy = prefer_round_robin ? "RoundRobin" : "DispatchToSingle";
  if (auto it = d.FindMember("namedConsumerStrategy"); it != d.MemberEnd() && it->value.IsString()) {
    s.named_consumer_strategy = it->value.GetString();
  }
  return s;
}

std::string GroupToJson(PersistentSubscription& group, const std::string& base_uri, GroupForm form) {
  const bool next_generation = form != GroupForm::k5_0_1;
  const PersistentSubscription::Info info = group.GetInfo();
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartObject();
  w.Key("links");
  w.StartArray();
  Link(w, GroupUri(group, base_uri) + "/info", "detail");
  Link(w, GroupUri(group, base_uri) + "/replayParked", "replayParked");
  w.EndArray();
  WriteConfig(w, group.settings());
  Text(w, "eventStreamId", group.stream());
  Text(w, "groupName", group.group());
  Text(w, "status", info.status);
  Rate(w, "averageItemsPerSecond");
  Text(w, "parkedMessageUri", ParkedUri(group, base_uri));
  Text(w, "getMessagesUri", GroupUri(group, base_uri) + "/1");
  Number(w, "totalItemsProcessed", info.total_items);
  Number(w, "countSinceLastMeasurement", info.count_since_last_measurement);
  EventNumber(w, "lastProcessedEventNumber", "lastCheckpointedEventPosition", info.last_processed, form);
  EventNumber(w, "lastKnownEventNumber", "lastKnownEventPosition", info.last_known, form);
  Number(w, "readBufferCount", static_cast<std::int64_t>(info.read_buffer_count));
  Number(w, "liveBufferCount", static_cast<std::int64_t>(info.live_buffer_count));
  Number(w, "retryBufferCount", static_cast<std::int64_t>(info.retry_buffer_count));
  Number(w, "totalInFlightMessages", info.total_in_flight);
  if (next_generation) Number(w, "outstandingMessagesCount", static_cast<std::int64_t>(info.outstanding));
  w.Key("connections");
  w.StartArray();
  for (const Consumer* consumer : info.consumers) {
    w.StartObject();
    Text(w, "from", consumer->from);
    Text(w, "username", consumer->user);
    Rate(w, "averageItemsPerSecond");
    Number(w, "totalItemsProcessed", consumer->total());
    Number(w, "countSinceLastMeasurement", consumer->total());
    w.Key("extraStatistics");
    w.StartArray();
    w.EndArray();
    Number(w, "availableSlots", consumer->slots());
    Number(w, "inFlightMessages", static_cast<std::int64_t>(consumer->unconfirmed().size()));
    if (next_generation) Text(w, "connectionName", consumer->connection_name);
    w.EndObject();
  }
  w.EndArray();
  if (next_generation) Number(w, "parkedMessageCount", info.parked);
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

std::string GroupsToJson(const std::vector<PersistentSubscription*>& groups, const std::string& base_uri) {
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartArray();
  for (PersistentSubscription* group : groups) {
    const PersistentSubscription::Info info = group->GetInfo();
    w.StartObject();
    w.Key("links");
    w.StartArray();
    Link(w, GroupUri(*group, base_uri) + "/info", "detail");
    w.EndArray();
    Text(w, "eventStreamId", group->stream());
    Text(w, "groupName", group->group());
    Text(w, "parkedMessageUri", ParkedUri(*group, base_uri));
    Text(w, "getMessagesUri", GroupUri(*group, base_uri) + "/1");
    Text(w, "status", info.status);
    Rate(w, "averageItemsPerSecond");
    Number(w, "totalItemsProcessed", info.total_items);
    Number(w, "lastProcessedEventNumber", info.last_processed);
    Number(w, "lastKnownEventNumber", info.last_known);
    Number(w, "connectionCount", static_cast<std::int64_t>(info.consumers.size()));
    Number(w, "totalInFlightMessages", info.total_in_flight);
    w.EndObject();
  }
  w.EndArray();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace interconnect::eventstore
