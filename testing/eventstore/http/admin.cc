#include "testing/eventstore/http/admin.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "testing/eventstore/http/json_members.h"

namespace interconnect::eventstore {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

std::string str(const rapidjson::Value& v) { return v.IsString() ? std::string(v.GetString()) : ""; }
int to_int(const rapidjson::Value& v) { return v.IsNumber() ? static_cast<int>(v.GetDouble()) : 0; }

// {"NAME": "Stopped"} or {"NAME": {"status": "Faulted", "progress": 12.5}}; one whose status begins with "Running"
// runs.
std::string set_projections(Node& node, const rapidjson::Value& value) {
  if (!value.IsObject()) return "projections needs names and their status";
  for (const auto& member : value.GetObject()) {
    const rapidjson::Value& v = member.value;
    std::string status = str(v);
    std::optional<double> progress;
    if (v.IsObject()) {
      if (v.HasMember("status")) status = str(v["status"]);
      if (v.HasMember("progress") && v["progress"].IsNumber()) progress = v["progress"].GetDouble();
    }
    const std::string name = member.name.GetString();
    if (status.empty()) return "no status of " + name;
    // As the servers tell one that was not disabled.
    if (status == "Faulted") status = "Faulted (Enabled)";
    if (!node.store().set_projection(name, status, progress)) return "no projection " + name;
  }
  return "";
}

// Unknown names are refused: a test that misspells one would test nothing.
std::string misbehave(Node& node, const std::string& name, const rapidjson::Value& value) {
  Misbehaviour& m = node.misbehaviour();
  if (name == "answerDelayMs") {
    m.answer_delay_ms = to_int(value);
  } else if (name == "applyDelayMs") {
    m.apply_delay_ms = to_int(value);
  } else if (name == "dropAppendAnswers") {
    m.drop_append_answers = to_int(value);
  } else if (name == "ignoreAppends") {
    m.ignore_appends = to_int(value);
  } else if (name == "refuseAppends") {
    if (!value.IsObject() || !value.HasMember("count") || !value.HasMember("with")) {
      return "refuseAppends needs count and with";
    }
    m.refuse_appends = to_int(value["count"]);
    m.refuse_with = str(value["with"]);
    m.refuse_message = value.HasMember("message") ? str(value["message"]) : "";
  } else if (name == "stream") {
    m.stream = str(value);
  } else if (name == "silent") {
    m.silent = value.IsBool() && value.GetBool();
  } else if (name == "notReady") {
    node.set_not_ready(value.IsBool() && value.GetBool());
  } else if (name == "notLeader") {
    m.leader_host = value.IsObject() && value.HasMember("host") ? str(value["host"]) : "";
    m.leader_tcp_port = value.IsObject() && value.HasMember("tcpPort") ? to_int(value["tcpPort"]) : 0;
    m.leader_http_port = value.IsObject() && value.HasMember("httpPort") ? to_int(value["httpPort"]) : 0;
  } else if (name == "gossip") {
    m.gossip.clear();
    if (!value.IsArray()) return value.IsNull() ? "" : "gossip needs a list of members";
    for (const rapidjson::Value& member : value.GetArray()) {
      if (!member.IsObject() || !member.HasMember("state") || !member.HasMember("httpPort")) {
        return "a member needs state and httpPort";
      }
      m.gossip.push_back({.state = str(member["state"]),
                          .is_alive = !member.HasMember("isAlive") || member["isAlive"].IsTrue(),
                          .tcp_port = member.HasMember("tcpPort") ? to_int(member["tcpPort"]) : 0,
                          .http_port = to_int(member["httpPort"])});
    }
  } else if (name == "appendsPerSecond") {
    m.appends_per_second = value.IsNumber() ? value.GetDouble() : 0;
  } else if (name == "eventsPerSecond") {
    m.events_per_second = value.IsNumber() ? value.GetDouble() : 0;
  } else if (name == "delayPerAppendMs") {
    m.delay_per_append_ms = to_int(value);
  } else if (name == "freezeMs") {
    std::this_thread::sleep_for(std::chrono::milliseconds(to_int(value)));
  } else if (name == "advanceMs") {
    if (!node.options().manual_time) return "needs --manual-time";
    node.advance(to_int(value));
  } else if (name == "cutConnections") {
    node.cut_connections();
  } else if (name == "dropSubscribers") {
    PersistentSubscription* group = node.groups().find(str(value));
    if (group == nullptr) return "no group " + str(value);
    group->drop_all();
  } else if (name == "standstill") {
    PersistentSubscription* group = node.groups().find(str(value));
    if (group == nullptr) return "no group " + str(value);
    group->come_to_a_standstill();
  } else if (name == "forgetIds") {
    node.store().forget_ids();
  } else if (name == "scavenge") {
    node.store().scavenge();
  } else if (name == "projections") {
    return set_projections(node, value);
  } else if (name == "reset") {
    m = {};
    node.set_not_ready(false);
    for (const char* projection : {"$by_category", "$by_event_type"})
      node.store().set_projection(projection, "Running");
  } else {
    return "unknown: " + name;
  }
  return "";
}

void load(Node& node, const rapidjson::Value& d) {
  auto number = [&d](const char* name, int fallback) {
    return d.HasMember(name) && d[name].IsInt() ? d[name].GetInt() : fallback;
  };
  auto text = [&d](const char* name, const char* fallback) {
    return d.HasMember(name) && d[name].IsString() ? std::string(d[name].GetString()) : fallback;
  };
  const int events = number("events", 1000);
  const int streams = std::max(number("streams", 1), 1);
  const int size = number("size", 1024);
  const bool json = !d.HasMember("json") || !d["json"].IsBool() || d["json"].GetBool();
  const std::string prefix = text("prefix", "load-");
  const std::string type = text("type", "Loaded");
  const std::string metadata = text("metadata", "");
  for (int i = 0; i < events; ++i) {
    NewEvent event;
    event.id = new_event_id();
    event.type = type;
    event.is_json = json;
    event.metadata = metadata;
    event.data = json ? "{\"n\":" + std::to_string(i) + ",\"pad\":\"" : std::to_string(i) + ":";
    const std::string end = json ? "\"}" : "";
    const int pad = size - static_cast<int>(event.data.size() + end.size());
    if (pad > 0) event.data.append(static_cast<std::size_t>(pad), 'x');
    event.data += end;
    std::vector<NewEvent> one;
    one.push_back(std::move(event));
    node.store().append_as_system(prefix + std::to_string(i % streams), kAny, std::move(one));
    // Links and pushes as it goes: a flush at the end would hold everything twice.
    if (i % 1000 == 999) node.store().flush();
  }
  node.store().flush();
}

// Whoever logs in from now on needs the new password.
std::string set_user(Node& node, const rapidjson::Value& d) {
  if (!d.HasMember("name") || !d["name"].IsString() || !d.HasMember("password") || !d["password"].IsString()) {
    return "needs name and password";
  }
  node.add_user(d["name"].GetString(), d["password"].GetString());
  return "";
}

// {"metadata": {...}} or {"delete": "soft"|"hard"}, as the server writes them itself.
std::string set_stream(Node& node, const std::string& stream, const rapidjson::Value& d) {
  if (d.HasMember("metadata")) {
    rapidjson::StringBuffer out;
    Writer w(out);
    d["metadata"].Accept(w);
    NewEvent event;
    event.id = new_event_id();
    event.type = kMetadataType;
    event.is_json = true;
    event.data.assign(out.GetString(), out.GetSize());
    node.store().append_as_system(metastream_of(stream), kAny, {event});
  }
  if (d.HasMember("delete")) {
    const std::string how = str(d["delete"]);
    if (how != "soft" && how != "hard") return "delete is soft or hard";
    node.store().delete_stream(stream, kAny, how == "hard", EventStore::system());
  }
  node.store().flush();
  return "";
}

// The events as Dump() tells them.
std::string append(Node& node, const std::string& stream, const rapidjson::Value& d) {
  if (!d.HasMember("events") || !d["events"].IsArray()) return "needs events";
  std::vector<NewEvent> events;
  for (const auto& e : d["events"].GetArray()) {
    NewEvent event;
    if (!e.IsObject() || !e.HasMember("id") || !parse_event_id(str(e["id"]), &event.id)) return "an event has no id";
    if (e.HasMember("type")) event.type = str(e["type"]);
    if (e.HasMember("contentType")) event.is_json = str(e["contentType"]) == "application/json";
    if (e.HasMember("data")) event.data = base64_decode(str(e["data"]));
    if (e.HasMember("metadata")) event.metadata = base64_decode(str(e["metadata"]));
    events.push_back(std::move(event));
  }
  node.store().append_as_system(stream, kAny, std::move(events));
  node.store().flush();
  return "";
}

std::string dump(Node& node, const std::string& stream) {
  rapidjson::StringBuffer out;
  Writer w(out);
  w.StartArray();
  for (const Record* record : node.store().all_events(stream)) {
    w.StartObject();
    w.Key("number");
    w.Int64(record->number);
    text(w, "id", to_text(record->id));
    text(w, "type", record->type);
    text(w, "contentType", record->is_json ? "application/json" : "application/octet-stream");
    text(w, "data", base64_encode(record->data));
    text(w, "metadata", base64_encode(record->metadata));
    w.Key("position");
    w.Int64(record->position);
    w.Key("created");
    w.Int64(record->created);
    w.EndObject();
  }
  w.EndArray();
  return std::string(out.GetString(), out.GetSize());
}

std::string streams(Node& node) {
  auto names = node.store().stream_names();
  std::sort(names.begin(), names.end());
  rapidjson::StringBuffer out;
  Writer w(out);
  w.StartObject();
  for (const std::string& name : names) {
    w.Key(name.c_str(), static_cast<rapidjson::SizeType>(name.size()));
    w.Int64(static_cast<std::int64_t>(node.store().all_events(name).size()));
  }
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

std::string state(Node& node) {
  rapidjson::StringBuffer out;
  Writer w(out);
  w.StartObject();
  w.Key("connections");
  w.Uint64(node.connection_count());
  w.Key("events");
  w.Uint64(node.store().log().size());
  w.Key("groups");
  w.StartObject();
  for (PersistentSubscription* group : node.groups().groups()) {
    const auto info = group->get_info();
    w.Key(group->id().c_str());
    w.StartObject();
    text(w, "status", info.status);
    w.Key("consumers");
    w.Uint64(info.consumers.size());
    w.Key("inFlight");
    w.Int(info.total_in_flight);
    w.Key("outstanding");
    w.Uint64(info.outstanding);
    w.Key("pushed");
    w.Int64(info.total_items);
    w.Key("checkpoint");
    w.Int64(info.last_processed);
    w.Key("confirmations");
    w.Int64(info.confirmations);
    w.Key("parked");
    w.Int64(info.parked);
    w.EndObject();
  }
  w.EndObject();
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace

void handle_admin(Node& node, const HttpRequest& request, const HttpRespond& respond) {
  const std::string first = request.path.empty() ? "" : request.path[0];
  std::string stream = request.path.size() < 2 ? "" : request.path[1];
  for (std::size_t i = 2; i < request.path.size(); ++i) stream += "/" + request.path[i];
  if (request.method == "GET" && first == "dump" && !stream.empty()) return respond({.body = dump(node, stream)});
  if (request.method == "GET" && first == "streams") return respond({.body = streams(node)});
  if (request.method == "GET" && first == "state") return respond({.body = state(node)});
  const bool is_append = first == "append" && !stream.empty();
  const bool is_stream = first == "stream" && !stream.empty();
  if (request.method != "POST" ||
      (first != "misbehave" && first != "load" && first != "users" && !is_append && !is_stream)) {
    return respond({.status = 404});
  }
  rapidjson::Document d;
  d.Parse(request.body.data(), request.body.size());
  if (d.HasParseError() || !d.IsObject()) return respond({.status = 400, .body = "{\"error\":\"not a JSON object\"}"});
  if (is_append || is_stream) {
    const std::string error = is_append ? append(node, stream, d) : set_stream(node, stream, d);
    return respond({.status = error.empty() ? 200 : 400, .body = "{\"error\":\"" + error + "\"}"});
  }
  if (first == "users") {
    const std::string error = set_user(node, d);
    return respond({.status = error.empty() ? 200 : 400, .body = "{\"error\":\"" + error + "\"}"});
  }
  if (first == "load") {
    load(node, d);
    return respond({.body = "{}"});
  }
  for (const auto& member : d.GetObject()) {
    const std::string error = misbehave(node, member.name.GetString(), member.value);
    if (!error.empty()) return respond({.status = 400, .body = "{\"error\":\"" + error + "\"}"});
  }
  respond({.body = "{}"});
}

}  // namespace interconnect::eventstore
