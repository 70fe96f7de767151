// Writes what each fuzzer starts from, a folder for each: seeds FOLDER. Most of it is what real servers sent.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "testing/wire/conversation.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxSeed = 64 << 10;

constexpr std::string_view kConnectionStrings[] = {
    "esdb://localhost:2113",
    "esdb://admin:changeit@127.0.0.1:2113?tls=false",
    "esdb+discover://user:p%40ss@a.example:2113,b.example:2114,[::1]:2115/?nodePreference=follower&"
    "maxDiscoverAttempts=-1&discoveryInterval=50&gossipTimeout=1000&keepAliveInterval=-1&keepAliveTimeout=5",
    "esdb://h?tlsVerifyCert=false&tlsCaFile=%2Fca.pem&userCertFile=c.pem&userKeyFile=k.pem&connectionName=a%20b&"
    "defaultDeadline=5000&throwOnAppendFailure=false",
};

constexpr std::string_view kSchemas[] = {
    R"({})",
    R"({"type":"object","required":["name"],"properties":{"name":{"type":"string","pattern":"^[a-z]+(-[a-z]+)*$"}}})",
    R"({"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true,"maxLength":5})",
    R"({"definitions":{"n":{"properties":{"next":{"$ref":"#/definitions/n"}}}},"allOf":[{"$ref":"#/definitions/n"}]})",
    R"({"if":{"const":1},"then":{"enum":[1,"a"]},"else":{"not":{"format":"date-time"}},"uniqueItems":true})",
    R"({"patternProperties":{"^x-":{"type":["string","null"]}},"additionalProperties":false,"dependencies":{"a":["b"]}})",
};

class Corpora {
 public:
  explicit Corpora(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, std::string_view seed) {
    if (seed.size() > kMaxSeed) return;
    const std::filesystem::path folder = folder_ / target;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / ("seed-" + std::to_string(++count_[target])), std::ios::binary);
    file.write(seed.data(), static_cast<std::streamsize>(seed.size()));
  }

 private:
  std::filesystem::path folder_;
  std::map<std::string, int> count_;
};

std::string with_prefix(char prefix, std::string_view rest) { return std::string(1, prefix).append(rest); }

void add_event(const EventView& event, Corpora& corpora) {
  corpora.add("event_metadata_fuzz", event.metadata);
  for (const std::string_view schema : kSchemas) {
    corpora.add("json_schema_fuzz", std::string(schema).append("\n").append(event.data));
  }
}

void add_package(const wire::Step& step, Corpora& corpora) {
  if (step.from_client() || step.truncated) return;
  const std::string frame = step.frame();
  corpora.add("package_fuzz", frame);
  corpora.add("reply_fuzz", with_prefix(static_cast<char>(step.command_byte), step.payload));
  // In the words of session_fuzz: the user asks, and the server answers the first thing that was asked.
  for (const char* asked : {"", "\x04", "\x05", "\x07\x09"}) {
    std::string script = "\x01\xf6";  // identified
    script.append(3, '\0').append("\x01\xf3").push_back('\x01');
    script.append(2, '\0').append(asked).append(*asked == '\0' ? "" : std::string(1, '\0'));
    script.push_back('\x01');
    script.push_back(static_cast<char>(step.command_byte));
    script.push_back('\x02');
    script.push_back(static_cast<char>(step.payload.size() >> 8));
    script.push_back(static_cast<char>(step.payload.size()));
    corpora.add("session_fuzz", script + step.payload);
  }

  const auto decoded = legacy::decode_package(frame);
  const auto* framed = std::get_if<legacy::Framed>(&decoded);
  if (framed == nullptr) return;
  const auto reply = legacy::decode_reply(framed->package);
  if (const auto* message = std::get_if<legacy::Reply>(&reply)) {
    if (const auto* pushed = std::get_if<legacy::PersistentEventAppeared>(message); pushed && pushed->event.event) {
      add_event(*pushed->event.event, corpora);
    }
  }
}

char kind_of(std::string_view method) {
  if (method.ends_with("Streams/Append")) return 'a';
  if (method.ends_with("Streams/Read")) return 'r';
  if (method.ends_with("PersistentSubscriptions/Read")) return 'p';
  if (method.ends_with("Gossip/Read")) return 'g';
  return 'u';
}

void add_grpc(const wire::Step& step, Corpora& corpora) {
  if (step.from_client()) return;
  if (step.is_message() && !step.truncated) {
    corpora.add("message_fuzz", with_prefix(kind_of(step.method), step.payload));
  }
  const std::string_view code = step.header("grpc-status");
  if (code.empty() || code == "0") return;
  std::string seed(1, static_cast<char>(std::stoi(std::string(code))));
  for (const char* name : {"grpc-message", "exception", "leader-endpoint-host", "leader-endpoint-port"}) {
    seed.append(step.header(name)).push_back('\n');
  }
  corpora.add("status_fuzz", seed);
}

std::string text_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
}

void add_http(const wire::Step& step, Corpora& corpora) {
  const auto status = step.json->FindMember("status");
  if (step.from_client() || status == step.json->MemberEnd()) return;
  const std::string body = text_member(*step.json, "body");
  std::string answer = "HTTP/1.1 " + std::to_string(status->value.GetInt()) + " OK\r\n";
  for (const auto& [name, value] : step.headers) answer.append(name).append(": ").append(value).append("\r\n");
  for (const char piece : {'\x07', '\xff'}) corpora.add("http_answer_fuzz", with_prefix(piece, answer + "\r\n" + body));
  corpora.add("group_info_fuzz", body);
  std::string names = "\n\n";
  if (const auto json = step.json->FindMember("body_json"); json != step.json->MemberEnd() && json->value.IsObject()) {
    names = text_member(json->value, "eventStreamId") + "\n" + text_member(json->value, "groupName") + "\n";
  }
  corpora.add("group_settings_fuzz", names + body);
}

std::string read(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(name).rdbuf();
  return text.str();
}

void write_all(Corpora corpora) {
  for (const std::string_view text : kConnectionStrings) corpora.add("connection_string_fuzz", text);
  corpora.add("yaml_document_fuzz", read("app/interconnect.example.yaml"));
  corpora.add("environment_file_fuzz", read("deploy/package/interconnect.env"));
  for (const std::string& name : wire::conversation_names()) {
    for (const wire::Step& step : wire::read_conversation(name).steps) {
      if (step.is_package()) add_package(step, corpora);
      if (step.proto == "grpc") add_grpc(step, corpora);
      if (step.proto == "http") add_http(step, corpora);
    }
  }
}

}  // namespace
}  // namespace interconnect

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: seeds FOLDER\n";
    return 2;
  }
  interconnect::write_all(interconnect::Corpora(argv[1]));
  return 0;
}
