#include "testing/eventstore/http/api.h"

#include <algorithm>
#include <optional>

#include "rapidjson/document.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "testing/eventstore/http/group_json.h"
#include "testing/eventstore/http/stream_feed.h"

namespace interconnect::eventstore {
namespace {

bool is_legacy(const Node& node) { return node.options().generation == Generation::kLegacy; }

std::string base_uri(const Node& node) {
  const bool tls = is_legacy(node) ? node.options().https : !node.options().tls_cert.empty();
  return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(node.http_port);
}

// The caller: anonymous, a user, or one with a wrong password, who gets no further.
struct Caller {
  bool refused = false;
  const User* user = nullptr;
};

Caller authenticate(const Node& node, const HttpRequest& request) {
  if (node.insecure()) return {false, EventStore::system()};
  const std::string header = request.header("authorization");
  if (!header.starts_with("Basic ")) return {};
  const std::string login = base64_decode(header.substr(6));
  const std::size_t colon = login.find(':');
  // As gRPC's callers: what cannot be split in two is no credentials.
  if (node.options().version == "21.2.0" && colon != login.rfind(':')) return {};
  const User* user =
      colon == std::string::npos ? nullptr : node.authenticate(login.substr(0, colon), login.substr(colon + 1));
  return {user == nullptr, user};
}

HttpResponse unauthorized() {
  return {.status = 401, .content_type = "", .headers = {{"WWW-Authenticate", "Basic realm=\"ES\""}}};
}

std::string group_reply(const GroupOutcome& outcome, int message_type) {
  static constexpr const char* kResults[] = {"Success", "AlreadyExists", "DoesNotExist", "Fail", "AccessDenied"};
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> w(out);
  w.SetIndent(' ', 2);
  w.StartObject();
  w.Key("correlationId");
  w.String(to_text(new_event_id()).c_str());
  w.Key("reason");
  w.String(outcome.reason.c_str());
  w.Key("result");
  w.String(kResults[static_cast<int>(outcome.result)]);
  w.Key("msgTypeId");
  w.Int(message_type);
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

// The server's internal message types, of 5.0.1; 21.2.0 has seven more before them.
enum class GroupMessage { kCreated = 35, kUpdated = 37, kDeleted = 41, kParkedReplayed = 48 };

HttpResponse to_response(const Node& node, const GroupOutcome& outcome, int success, GroupMessage message) {
  HttpResponse response;
  response.body = group_reply(outcome, static_cast<int>(message) + (is_legacy(node) ? 0 : 7));
  switch (outcome.result) {
    case GroupResult::kSuccess:
      response.status = success;
      break;
    case GroupResult::kAlreadyExists:
      response.status = 409;
      break;
    case GroupResult::kDoesNotExist:
      response.status = 404;
      break;
    case GroupResult::kFail:
      response.status = 500;
      response.close = true;
      break;
    case GroupResult::kAccessDenied:
      response.status = 401;
      response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"ES\"");
      break;
  }
  return response;
}

HttpResponse manage_group(Node& node, const HttpRequest& request, const User* user) {
  const std::string& stream = request.path[1];
  const std::string& group = request.path[2];
  if (request.method == "DELETE")
    return to_response(node, node.groups().delete_group(stream, group, user), 200, GroupMessage::kDeleted);
  const GroupSettings settings = settings_from_json(request.body);
  if (settings.buffer_size <= settings.read_batch_size) {
    return {.status = 400,
            .reason = "BufferSize (" + std::to_string(settings.buffer_size) + ") must be larger than ReadBatchSize (" +
                      std::to_string(settings.read_batch_size) + ")",
            .content_type = "",
            .close = true};
  }
  HttpResponse response =
      request.method == "PUT"
          ? to_response(node, node.groups().create(stream, group, settings, user), 201, GroupMessage::kCreated)
          : to_response(node, node.groups().update(stream, group, settings, user), 200, GroupMessage::kUpdated);
  response.headers.emplace_back("location", base_uri(node) + "/subscriptions/" + stream + "/" + group);
  return response;
}

HttpResponse subscriptions(Node& node, const HttpRequest& request, const User* user) {
  const auto& path = request.path;
  const std::string base = base_uri(node);
  // From 21.2 on, groups are shown to those only who may manage them.
  if (!is_legacy(node) && request.method == "GET" && !node.store().can_access("$settings", Access::kWrite, user)) {
    return {.status = 401, .content_type = ""};
  }
  if (request.method == "GET" && path.size() == 1) return {.body = groups_to_json(node.groups().groups(), base)};
  if (request.method == "GET" && path.size() == 2) {
    const auto groups = node.groups().groups(path[1]);
    if (groups.empty()) return {.status = 404};
    return {.body = groups_to_json(groups, base)};
  }
  if (request.method == "GET" && path.size() == 4 && path[3] == "info") {
    PersistentSubscription* group = node.groups().find(path[1], path[2]);
    if (group == nullptr) return {.status = 404};
    const GroupForm form = is_legacy(node)                      ? GroupForm::k5_0_1
                           : node.options().version == "21.2.0" ? GroupForm::k21_2_0
                                                                : GroupForm::k21_10;
    return {.body = group_to_json(*group, base, form)};
  }
  if (request.method == "POST" && path.size() == 4 && path[3] == "replayParked") {
    std::optional<std::int64_t> stop_at;
    if (auto it = request.query.find("stopAt"); it != request.query.end()) stop_at = std::atoll(it->second.c_str());
    return to_response(node, node.groups().replay_parked(path[1], path[2], stop_at, user), 200,
                       GroupMessage::kParkedReplayed);
  }
  if (path.size() == 3 && (request.method == "PUT" || request.method == "POST" || request.method == "DELETE")) {
    return manage_group(node, request, user);
  }
  return {.status = 404, .content_type = ""};
}

// As far as clients of the copy ask for it.
HttpResponse current_user(const User* user) {
  if (user == nullptr) return unauthorized();
  std::string groups;
  for (const std::string& group : user->groups) groups += (groups.empty() ? "\"" : ", \"") + group + "\"";
  return {.body = "{\n  \"data\": {\n    \"loginName\": \"" + user->name + "\",\n    \"groups\": [" + groups +
                  "]\n  },\n  \"success\": true,\n  \"error\": \"Success\"\n}"};
}

// As both generations tell them (ProjectionsController.cs), but for counts that nobody looks at.
HttpResponse projection_statistics(Node& node, const std::string& name) {
  const std::optional<EventStore::ProjectionState> state = node.store().projection(name);
  if (!state) return {.status = 404, .reason = "Not Found", .content_type = "text/plain; charset=utf-8"};
  const std::string number = std::to_string(state->position);
  const std::string position = state->position < 0 ? "C:0/P:-1" : "C:" + number + "/P:" + number;
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> w(out);
  w.SetIndent(' ', 2);
  const auto text = [&w](const char* key, const std::string& value) {
    w.Key(key);
    w.String(value.c_str());
  };
  w.StartObject();
  w.Key("projections");
  w.StartArray();
  w.StartObject();
  text("effectiveName", name);
  text("status", state->status);
  text("stateReason", state->reason);
  text("name", name);
  text("mode", "Continuous");
  text("position", position);
  w.Key("progress");
  w.Double(state->progress);
  text("lastCheckpoint", position);
  w.EndObject();
  w.EndArray();
  w.EndObject();
  return {.body = std::string(out.GetString(), out.GetSize())};
}

// POST /projection/NAME/command/enable or disable.
HttpResponse command_projection(Node& node, const std::string& name, const std::string& command, const User* user) {
  if (user == nullptr) return unauthorized();
  if (command != "enable" && command != "disable") return {.status = 404, .content_type = ""};
  if (!node.store().set_projection(name, command == "enable" ? "Running" : "Stopped")) {
    return {.status = 404, .reason = "Not Found", .content_type = "text/plain; charset=utf-8"};
  }
  return {.body = "{\n  \"msgTypeId\": 257,\n  \"name\": \"" + name + "\"\n}"};
}

// Of $all, a feed with no more in it than its title: enough for a check that it may be read.
HttpResponse read_stream(Node& node, const HttpRequest& request, const User* user) {
  const std::string& stream = request.path[1];
  const std::optional<FeedRequest> feed = parse_feed_request(request);
  if (!feed) return {.status = 400, .reason = "Bad request", .content_type = "text/plain; charset=utf-8"};
  ReadResult result;
  std::string body;
  if (stream == kAllStream) {
    result = node.store().read_all_backward({-1, -1}, 1, false, user).result;
    body = "{\n  \"title\": \"All events\",\n  \"entries\": []\n}";
  } else {
    const StreamPage page =
        feed->forward ? node.store().read_forward(stream, feed->from, feed->count, feed->resolve_links, user)
                      : node.store().read_backward(stream, feed->from, feed->count, feed->resolve_links, user);
    result = page.result;
    body = feed_to_json(stream, *feed, page);
  }
  switch (result) {
    case ReadResult::kAccessDenied: {
      HttpResponse denied = unauthorized();
      denied.content_type = "text/plain; charset=utf-8";
      return denied;
    }
    case ReadResult::kStreamDeleted:
      return {.status = 410, .reason = "Deleted", .content_type = "text/plain; charset=utf-8"};
    case ReadResult::kSuccess:
      return {.headers = {{"Cache-Control", "max-age=0, no-cache, must-revalidate"}, {"Vary", "Accept"}}, .body = body};
    default:
      return {.status = 404, .reason = "Not Found", .content_type = "text/plain; charset=utf-8"};
  }
}

void write_stream(Node& node, const HttpRequest& request, const User* user, const HttpRespond& respond) {
  const std::string expected_text = request.header("es-expectedversion");
  const std::int64_t expected = expected_text.empty() ? kAny : std::atoll(expected_text.c_str());
  const std::string type = request.header("content-type");
  std::vector<NewEvent> events;
  rapidjson::Document d;
  auto text_of = [](const rapidjson::Value& v) {
    if (v.IsString()) return std::string(v.GetString(), v.GetStringLength());
    rapidjson::StringBuffer out;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(out);
    writer.SetIndent(' ', 2);
    v.Accept(writer);
    return std::string(out.GetString(), out.GetSize());
  };
  if (type.find("vnd.eventstore.events+json") != std::string::npos) {
    d.Parse(request.body.data(), request.body.size());
    if (d.HasParseError() || !d.IsArray()) return respond({.status = 400, .reason = "Write request body invalid."});
    for (const auto& e : d.GetArray()) {
      NewEvent event;
      if (!e.IsObject() || !e.HasMember("eventId") || !e["eventId"].IsString() || !e.HasMember("eventType") ||
          !e["eventType"].IsString() || !parse_event_id(e["eventId"].GetString(), &event.id)) {
        return respond({.status = 400, .reason = "Write request body invalid."});
      }
      event.type = e["eventType"].GetString();
      event.is_json = true;
      if (e.HasMember("data")) event.data = text_of(e["data"]);
      if (e.HasMember("metadata")) event.metadata = text_of(e["metadata"]);
      events.push_back(std::move(event));
    }
  } else {
    NewEvent event;
    event.type = request.header("es-eventtype");
    event.is_json = type.find("json") != std::string::npos;
    event.data = request.body;
    if (event.type.empty()) return respond({.status = 400, .reason = "Must include an event type with the request."});
    if (!parse_event_id(request.header("es-eventid"), &event.id)) event.id = new_event_id();
    events.push_back(std::move(event));
  }
  const std::string location = base_uri(node) + "/streams/" + request.path[1];
  node.append(request.path[1], expected, std::move(events), user, [respond, location](const Node::AppendReply& reply) {
    const std::string plain = "text/plain; charset=utf-8";
    if (!reply.refused_with.empty()) return respond({.status = 500, .reason = reply.refused_with});
    switch (reply.outcome.result) {
      case WriteResult::kSuccess:
        return respond({.status = 201,
                        .content_type = plain,
                        .headers = {{"Location", location + "/" + std::to_string(reply.outcome.first)}}});
      case WriteResult::kWrongExpectedVersion:
        return respond({.status = 400,
                        .reason = "Wrong expected EventNumber",
                        .content_type = plain,
                        .headers = {{"ES-CurrentVersion", std::to_string(reply.outcome.current_version)}}});
      case WriteResult::kStreamDeleted:
        return respond({.status = 410, .reason = "Stream deleted", .content_type = plain});
      case WriteResult::kAccessDenied: {
        HttpResponse denied = unauthorized();
        denied.content_type = plain;
        return respond(denied);
      }
    }
  });
}

// As a test has told the node, to clients of the old generation, which ask over HTTP.
HttpResponse told_gossip(Node& node) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> w(out);
  w.StartObject();
  w.Key("members");
  w.StartArray();
  for (const Misbehaviour::Member& member : node.misbehaviour().gossip) {
    w.StartObject();
    w.Key("state");
    w.String(member.state == "Leader" ? "Master" : member.state == "Follower" ? "Slave" : "Unknown");
    w.Key("isAlive");
    w.Bool(member.is_alive);
    for (const char* kind : {"externalTcp", "externalHttp"}) {
      w.Key((std::string(kind) + "Ip").c_str());
      w.String("127.0.0.1");
    }
    w.Key("externalTcpPort");
    w.Int(member.tcp_port);
    w.Key("externalSecureTcpPort");
    w.Int(member.tcp_port);
    w.Key("externalHttpPort");
    w.Int(member.http_port);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
  return {.body = out.GetString()};
}

HttpResponse gossip(const Node& node) {
  if (is_legacy(node)) {
    const std::string port = std::to_string(node.http_port);
    return {.headers = {{"Cache-Control", "max-age=0, no-cache, must-revalidate"}, {"Vary", "Accept"}},
            .body = "{\n  \"members\": [\n    {\n      \"instanceId\": \"" + to_text(node.instance_id) +
                    "\",\n      \"state\": \"Unknown\",\n      \"isAlive\": true,\n      \"externalTcpIp\": "
                    "\"127.0.0.1\",\n      \"externalTcpPort\": " +
                    std::to_string(node.tcp_port) +
                    ",\n      \"externalHttpIp\": \"127.0.0.1\",\n      \"externalHttpPort\": " + port +
                    "\n    }\n  ],\n  \"serverIp\": \"127.0.0.1\",\n  \"serverPort\": " + port + "\n}"};
  }
  return {.body = "{\n  \"members\": [\n    {\n      \"instanceId\": \"" + to_text(node.instance_id) +
                  "\",\n      \"state\": \"" + (node.ready() ? "Leader" : "Unknown") +
                  "\",\n      \"isAlive\": true,\n      \"httpEndPointIp\": \"127.0.0.1\",\n      "
                  "\"httpEndPointPort\": " +
                  std::to_string(node.http_port) + "\n    }\n  ]\n}"};
}

// Both generations decode a path twice: 5.0.1 once before it takes the path apart, the next ones after.
std::vector<std::string> path_as_read(const std::string& target, bool legacy) {
  std::string path = target.substr(0, target.find('?'));
  if (legacy) {
    path = percent_decode(path);
    std::replace(path.begin(), path.end(), '\\', '/');
    path.resize(std::min(path.find_first_of("?#"), path.size()));
  }
  std::vector<std::string> parts = cut_at_slashes(path);
  for (std::string& part : parts) part = percent_decode(legacy ? part : percent_decode(part));
  return parts;
}

}  // namespace

std::string server_name(const Node& node) { return is_legacy(node) ? "Mono-HTTPAPI/1.0" : "Kestrel"; }

void handle_http(Node& node, HttpRequest request, const HttpRespond& respond) {
  if (node.misbehaviour().silent) return;
  const bool legacy = is_legacy(node);
  request.path = path_as_read(request.target, legacy);
  // The Accept header of several types that axios sends is not understood from 21.2 to 23.10.
  if (!legacy && !node.options().is_of_today() && request.header("accept").find(',') != std::string::npos) {
    return respond({.status = 406, .reason = "Requested URI is not available in requested format", .content_type = ""});
  }
  const Caller caller = authenticate(node, request);
  if (caller.refused) return respond(unauthorized());
  const std::string first = request.path.empty() ? "" : request.path[0];
  if (first == "info") {
    const char* state = !node.ready() ? "unknown" : legacy ? "master" : "leader";
    const std::string version = node.options().dotted_version();
    const std::string db_version =
        node.options().is_at_least({25, 0, 0}) ? "\"dbVersion\": \"" + version + "\",\n  " : "";
    return respond({.body = "{\n  " + db_version + "\"esVersion\": \"" + version + "\",\n  \"state\": \"" + state +
                            "\",\n  \"projectionsMode\": \"" + (node.options().projections ? "All" : "None") +
                            "\"\n}"});
  }
  if (first == "ping") {
    return respond({.body = "{\n  \"msgTypeId\": 88,\n  \"text\": \"Ping request successfully handled\"\n}"});
  }
  if (first == "gossip") {
    if (legacy && !node.misbehaviour().gossip.empty()) return respond(told_gossip(node));
    // A node without quorum has others to hear from.
    if (!legacy || !node.ready()) return respond(gossip(node));
    // A single node never hears from another.
    node.after(10'000, [respond] {
      respond(
          {.status = 408, .reason = "Server was unable to handle request in time", .content_type = "", .close = true});
    });
    return;
  }
  if (first == "stats") {
    return respond({.headers = {{"Cache-Control", "max-age=1, public"}, {"Vary", "Accept"}},
                    .body = "{\n  \"proc\": {\n    \"id\": 1\n  }\n}"});
  }
  if (!legacy && !node.ready()) return respond({.status = 503, .content_type = ""});
  if (first == "subscriptions") return respond(subscriptions(node, request, caller.user));
  if (first == "users" && request.path.size() == 2 && request.path[1] == "$current") {
    return respond(current_user(caller.user));
  }
  if (first == "projection" && request.path.size() == 3 && request.path[2] == "statistics") {
    return respond(projection_statistics(node, request.path[1]));
  }
  if (first == "projection" && request.path.size() == 4 && request.path[2] == "command" && request.method == "POST") {
    return respond(command_projection(node, request.path[1], request.path[3], caller.user));
  }
  if (first == "streams" && request.path.size() >= 2) {
    if (request.method == "GET") return respond(read_stream(node, request, caller.user));
    if (request.method == "POST") return write_stream(node, request, caller.user, respond);
    if (request.method == "DELETE") {
      const bool hard = request.header("es-harddelete") == "true";
      const DeleteOutcome outcome = node.store().delete_stream(request.path[1], kAny, hard, caller.user);
      if (outcome.result == WriteResult::kSuccess) {
        return respond({.status = 204, .reason = "Stream deleted", .content_type = "text/plain; charset=utf-8"});
      }
      if (outcome.result == WriteResult::kStreamDeleted) {
        return respond({.status = 410, .reason = "Stream deleted", .content_type = "text/plain; charset=utf-8"});
      }
      return respond(unauthorized());
    }
  }
  respond({.status = 404, .content_type = ""});
}

}  // namespace interconnect::eventstore
