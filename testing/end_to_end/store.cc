#include "testing/end_to_end/store.h"

#include <csignal>
#include <cstdio>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "testing/end_to_end/http_request.h"

namespace interconnect::testing {
namespace {

constexpr char kProgram[] = "testing/eventstore/eventstore";
constexpr ChildProcess::Limit kStartLimit{30'000};

std::string login() { return "Authorization: Basic " + base64(std::string("admin:") + Store::kPassword) + "\r\n"; }

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) throw std::runtime_error("not JSON: " + text.substr(0, 200));
  return document;
}

std::string shown(const std::string& bytes) {
  std::string text;
  for (const char c : bytes.substr(0, 160)) {
    if (c >= ' ' && c <= '~') {
      text.push_back(c);
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      text += escaped;
    }
  }
  return bytes.size() > 160 ? text + "... (" + std::to_string(bytes.size()) + " bytes)" : text;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const StoredEvent& event) {
  return out << event.id << " " << event.type << (event.is_json ? " JSON" : " binary") << " data '" << shown(event.data)
             << "' metadata '" << shown(event.metadata) << "'";
}

std::string event_id(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-00000000beef", static_cast<unsigned>(n));
  return text;
}

Store::Store(Generation generation, std::vector<std::string> arguments)
    : generation_(generation), arguments_(std::move(arguments)) {
  arguments_.push_back(generation == Generation::kLegacy ? "--generation=legacy" : "--generation=next");
  // The next generation without TLS takes everybody for the administrator.
  if (generation == Generation::kLegacy) arguments_.push_back(std::string("--user=admin:") + kPassword);
  start();
}

void Store::start() {
  Command command{kProgram, arguments_, {}};
  // The first time any port, later the same ones.
  command.arguments.push_back("--tcp-port=" + std::to_string(tcp_port_));
  command.arguments.push_back("--http-port=" + std::to_string(http_port_));
  command.arguments.push_back("--admin-port=" + std::to_string(admin_port_));
  process_ = std::make_unique<ChildProcess>(command);
  const auto ready = process_->wait_for_line("ready", kStartLimit);
  if (!ready ||
      std::sscanf(ready->c_str(), "ready tcp=%d http=%d admin=%d", &tcp_port_, &http_port_, &admin_port_) != 3) {
    throw std::runtime_error("the test event store does not start: " + process_->output());
  }
}

std::map<std::string, std::string> Store::environment(const std::string& side) const {
  const std::string prefix = "EVENTSTORE_INTERCO_";
  std::map<std::string, std::string> variables{{prefix + "CREDENTIALS_USERNAME_" + side, "admin"},
                                               {prefix + "CREDENTIALS_PASSWORD_" + side, kPassword}};
  if (generation_ == Generation::kLegacy) {
    variables[prefix + "TCP_ENDPOINT_" + side] = "127.0.0.1";
    variables[prefix + "TCP_PORT_" + side] = std::to_string(tcp_port_);
    variables[prefix + "HTTP_ENDPOINT_" + side] = "http://127.0.0.1";
    variables[prefix + "HTTP_PORT_" + side] = std::to_string(http_port_);
  } else {
    variables[prefix + "CONNECTION_STRING_" + side] = "esdb://127.0.0.1:" + std::to_string(http_port_) + "?tls=false";
  }
  return variables;
}

void Store::append(const std::string& stream, const std::vector<StoredEvent>& events) {
  rapidjson::StringBuffer body;
  rapidjson::Writer<rapidjson::StringBuffer> writer(body);
  const auto member = [&writer](const char* name, const std::string& value) {
    writer.Key(name);
    writer.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  writer.Key("events");
  writer.StartArray();
  for (const StoredEvent& event : events) {
    writer.StartObject();
    member("id", event.id);
    member("type", event.type);
    member("contentType", event.is_json ? "application/json" : "application/octet-stream");
    member("data", base64(event.data));
    member("metadata", base64(event.metadata));
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  admin("POST", "/append/" + percent_encoded(stream), body.GetString());
}

void Store::load(const std::string& prefix, int streams, int events, int size) {
  admin("POST", "/load",
        R"({"prefix":")" + prefix + R"(","streams":)" + std::to_string(streams) + R"(,"events":)" +
            std::to_string(events) + R"(,"size":)" + std::to_string(size) + "}");
}

void Store::tombstone(const std::string& stream) { delete_stream(stream, true); }
void Store::soft_delete(const std::string& stream) { delete_stream(stream, false); }

void Store::set_metadata(const std::string& stream, const std::string& json) {
  admin("POST", "/stream/" + percent_encoded(stream), R"({"metadata":)" + json + "}");
}

void Store::delete_stream(const std::string& stream, bool hard) {
  const HttpReply reply = http_request(http_port_, "DELETE", "/streams/" + percent_encoded(stream), "",
                                       login() + (hard ? "ES-HardDelete: true\r\n" : ""));
  if (reply.status != 204) throw std::runtime_error("deleting " + stream + ": " + std::to_string(reply.status));
}

std::vector<StoredEvent> Store::dump(const std::string& stream) const {
  const rapidjson::Document list = parsed(admin("GET", "/dump/" + percent_encoded(stream)));
  std::vector<StoredEvent> events;
  for (const auto& item : list.GetArray()) {
    events.push_back({item["id"].GetString(), item["type"].GetString(),
                      std::string(item["contentType"].GetString()) == "application/json",
                      from_base64(item["data"].GetString()), from_base64(item["metadata"].GetString())});
  }
  return events;
}

std::map<std::string, int> Store::streams(const std::string& prefix) const {
  const rapidjson::Document all = parsed(admin("GET", "/streams"));
  std::map<std::string, int> found;
  for (const auto& stream : all.GetObject()) {
    const std::string name(stream.name.GetString(), stream.name.GetStringLength());
    if (name.starts_with(prefix)) found[name] = stream.value.GetInt();
  }
  return found;
}

int Store::count(const std::string& prefix) const {
  int events = 0;
  for (const auto& [name, count] : streams(prefix)) events += count;
  return events;
}

GroupState Store::group(const std::string& stream, const std::string& group) const {
  const rapidjson::Document state = parsed(admin("GET", "/state"));
  const auto& groups = state["groups"];
  const auto found = groups.FindMember((stream + "::" + group).c_str());
  if (found == groups.MemberEnd()) return {};
  const auto& values = found->value;
  return {values["consumers"].GetInt(), values["inFlight"].GetInt(), values["outstanding"].GetInt(),
          values["pushed"].GetInt64(), values["parked"].GetInt64()};
}

std::string Store::group_info(const std::string& stream, const std::string& group) const {
  const std::string target = "/subscriptions/" + percent_encoded(stream) + "/" + percent_encoded(group) + "/info";
  return http_request(http_port_, "GET", target, "", login()).body;
}

void Store::make_group(const std::string& stream, const std::string& group, const std::string& json) {
  const std::string target = "/subscriptions/" + percent_encoded(stream) + "/" + percent_encoded(group);
  const HttpReply reply = http_request(http_port_, "PUT", target, json, login());
  if (reply.status != 201) throw std::runtime_error("PUT " + target + ": " + reply.body);
}

void Store::change_password(const std::string& password) {
  admin("POST", "/users", R"({"name":"admin","password":")" + password + R"("})");
}
void Store::misbehave(const std::string& json) { admin("POST", "/misbehave", json); }
void Store::freeze() { process_->signal(SIGSTOP); }
void Store::thaw() { process_->signal(SIGCONT); }
void Store::kill() { process_.reset(); }
void Store::start_again() { start(); }

std::string Store::admin(const std::string& method, const std::string& target, const std::string& body) const {
  const HttpReply reply = http_request(admin_port_, method, target, body);
  if (reply.status != 200) throw std::runtime_error(method + " " + target + ": " + reply.body);
  return reply.body;
}

}  // namespace interconnect::testing
