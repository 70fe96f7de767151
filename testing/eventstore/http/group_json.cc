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

void rate(Writer& w, const char* key) {
  w.Key(key);
  w.Double(0.0);
}

void event_number(Writer& w, const char* name, const char* position, std::int64_t value, GroupForm form) {
  if (form != GroupForm::k21_10) return number(w, name, value);
  number(w, name, std::max<std::int64_t>(value, 0));
  w.Key(position);
  if (value < 0) {
    w.Null();
  } else {
    w.String(std::to_string(value).c_str());
  }
}

void link(Writer& w, const std::string& href, const char* rel) {
  w.StartObject();
  text(w, "href", href);
  text(w, "rel", rel);
  w.EndObject();
}

std::string group_uri(const PersistentSubscription& group, const std::string& base) {
  return base + "/subscriptions/" + percent_encode(group.stream()) + "/" + percent_encode(group.group());
}

std::string parked_uri(const PersistentSubscription& group, const std::string& base) {
  return base + "/streams/%24persistentsubscription-" + percent_encode(group.id()) + "-parked";
}

void write_config(Writer& w, const GroupSettings& s) {
  w.Key("config");
  w.StartObject();
  flag(w, "resolveLinktos", s.resolve_link_tos);
  number(w, "startFrom", s.start_from);
  number(w, "messageTimeoutMilliseconds", s.message_timeout_ms);
  flag(w, "extraStatistics", s.extra_statistics);
  number(w, "maxRetryCount", s.max_retry_count);
  number(w, "liveBufferSize", s.live_buffer_size);
  number(w, "bufferSize", s.buffer_size);
  number(w, "readBatchSize", s.read_batch_size);
  flag(w, "preferRoundRobin", s.named_consumer_strategy == "RoundRobin");
  number(w, "checkPointAfterMilliseconds", s.check_point_after_ms);
  number(w, "minCheckPointCount", s.min_check_point_count);
  number(w, "maxCheckPointCount", s.max_check_point_count);
  number(w, "maxSubscriberCount", s.max_subscriber_count);
  text(w, "namedConsumerStrategy", s.named_consumer_strategy);
  w.EndObject();
}

}  // namespace

GroupSettings settings_from_json(const std::string& body) {
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

std::string group_to_json(PersistentSubscription& group, const std::string& base_uri, GroupForm form) {
  const bool next_generation = form != GroupForm::k5_0_1;
  const PersistentSubscription::Info info = group.get_info();
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartObject();
  w.Key("links");
  w.StartArray();
  link(w, group_uri(group, base_uri) + "/info", "detail");
  link(w, group_uri(group, base_uri) + "/replayParked", "replayParked");
  w.EndArray();
  write_config(w, group.settings());
  text(w, "eventStreamId", group.stream());
  text(w, "groupName", group.group());
  text(w, "status", info.status);
  rate(w, "averageItemsPerSecond");
  text(w, "parkedMessageUri", parked_uri(group, base_uri));
  text(w, "getMessagesUri", group_uri(group, base_uri) + "/1");
  number(w, "totalItemsProcessed", info.total_items);
  number(w, "countSinceLastMeasurement", info.count_since_last_measurement);
  event_number(w, "lastProcessedEventNumber", "lastCheckpointedEventPosition", info.last_processed, form);
  event_number(w, "lastKnownEventNumber", "lastKnownEventPosition", info.last_known, form);
  number(w, "readBufferCount", static_cast<std::int64_t>(info.read_buffer_count));
  number(w, "liveBufferCount", static_cast<std::int64_t>(info.live_buffer_count));
  number(w, "retryBufferCount", static_cast<std::int64_t>(info.retry_buffer_count));
  number(w, "totalInFlightMessages", info.total_in_flight);
  if (next_generation) number(w, "outstandingMessagesCount", static_cast<std::int64_t>(info.outstanding));
  w.Key("connections");
  w.StartArray();
  for (const Consumer* consumer : info.consumers) {
    w.StartObject();
    text(w, "from", consumer->from);
    text(w, "username", consumer->user);
    rate(w, "averageItemsPerSecond");
    number(w, "totalItemsProcessed", consumer->total());
    number(w, "countSinceLastMeasurement", consumer->total());
    w.Key("extraStatistics");
    w.StartArray();
    w.EndArray();
    number(w, "availableSlots", consumer->slots());
    number(w, "inFlightMessages", static_cast<std::int64_t>(consumer->unconfirmed().size()));
    if (next_generation) text(w, "connectionName", consumer->connection_name);
    w.EndObject();
  }
  w.EndArray();
  if (next_generation) number(w, "parkedMessageCount", info.parked);
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

std::string groups_to_json(const std::vector<PersistentSubscription*>& groups, const std::string& base_uri) {
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartArray();
  for (PersistentSubscription* group : groups) {
    const PersistentSubscription::Info info = group->get_info();
    w.StartObject();
    w.Key("links");
    w.StartArray();
    link(w, group_uri(*group, base_uri) + "/info", "detail");
    w.EndArray();
    text(w, "eventStreamId", group->stream());
    text(w, "groupName", group->group());
    text(w, "parkedMessageUri", parked_uri(*group, base_uri));
    text(w, "getMessagesUri", group_uri(*group, base_uri) + "/1");
    text(w, "status", info.status);
    rate(w, "averageItemsPerSecond");
    number(w, "totalItemsProcessed", info.total_items);
    number(w, "lastProcessedEventNumber", info.last_processed);
    number(w, "lastKnownEventNumber", info.last_known);
    number(w, "connectionCount", static_cast<std::int64_t>(info.consumers.size()));
    number(w, "totalInFlightMessages", info.total_in_flight);
    w.EndObject();
  }
  w.EndArray();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace interconnect::eventstore
