#include "testing/wire/conversation.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace interconnect::wire {
namespace {

// Tests run in the root of their runfiles.
constexpr char kFolder[] = "testing/wire";

std::string text(const rapidjson::Value& v, const char* key) {
  auto it = v.FindMember(key);
  return it != v.MemberEnd() && it->value.IsString() ? std::string(it->value.GetString(), it->value.GetStringLength())
                                                     : "";
}

std::int64_t number(const rapidjson::Value& v, const char* key) {
  auto it = v.FindMember(key);
  if (it == v.MemberEnd()) return -1;
  if (it->value.IsInt64()) return it->value.GetInt64();
  return it->value.IsDouble() ? static_cast<std::int64_t>(it->value.GetDouble()) : -1;
}

Step parse_step(std::shared_ptr<const rapidjson::Document> doc) {
  const rapidjson::Document& d = *doc;
  Step s;
  s.seq = static_cast<int>(number(d, "seq"));
  s.t_ms = number(d, "t_ms");
  s.dir = text(d, "dir");
  s.proto = text(d, "proto");
  s.event = text(d, "event");
  s.conn = static_cast<int>(number(d, "conn"));
  s.command = text(d, "command");
  s.command_byte = static_cast<int>(number(d, "command_byte"));
  s.flags = static_cast<int>(number(d, "flags"));
  s.correlation_id = from_hex(text(d, "correlation_id"));
  if (d.HasMember("login")) s.login = text(d, "login");
  if (d.HasMember("password")) s.password = text(d, "password");
  s.stream = static_cast<int>(number(d, "stream"));
  s.method = text(d, "method");
  if (auto h = d.FindMember("headers"); h != d.MemberEnd()) {
    if (h->value.IsArray()) {
      for (const auto& pair : h->value.GetArray()) {
        if (!pair.IsArray() || pair.Size() != 2) throw std::runtime_error("a header is no pair");
        s.headers.emplace_back(pair[0].GetString(), pair[1].GetString());
      }
    } else if (h->value.IsObject()) {
      for (const auto& m : h->value.GetObject()) {
        if (m.value.IsString()) s.headers.emplace_back(m.name.GetString(), m.value.GetString());
      }
    }
  }
  s.truncated = d.HasMember("payload_hex_truncated");
  const char* key = s.truncated ? "payload_hex_truncated" : "payload_hex";
  if (auto p = d.FindMember(key); p != d.MemberEnd() && p->value.IsString()) s.payload = from_hex(p->value.GetString());
  s.payload_size = s.truncated ? static_cast<std::size_t>(number(d, "payload_len")) : s.payload.size();
  s.json = std::move(doc);
  return s;
}

}  // namespace

std::string regrown(const Step& step, std::string_view tail) {
  std::string payload = step.payload;
  payload.resize(std::max(payload.size(), step.payload_size - tail.size()), payload.back());
  return payload.append(tail);
}

std::string from_hex(std::string_view hex) {
  auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::runtime_error("not a hexadecimal digit");
  };
  if (hex.size() % 2 != 0) throw std::runtime_error("odd number of hexadecimal digits");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return bytes;
}

std::string Step::frame() const {
  std::string body;
  body.push_back(static_cast<char>(command_byte));
  body.push_back(static_cast<char>(flags));
  body += correlation_id;
  // Of a package whose login cannot be read, the payload is the whole package.
  if (payload.starts_with(body)) {
    body.clear();
  } else if ((flags & 1) != 0 && login) {
    body.push_back(static_cast<char>(login.value_or("").size()));
    body += login.value_or("");
    body.push_back(static_cast<char>(password.value_or("").size()));
    body += password.value_or("");
  }
  body += payload;
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame.push_back(static_cast<char>(body.size() >> shift));
  return frame + body;
}

std::string_view Step::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Conversation read_conversation(const std::string& name) {
  const std::string path = std::string(kFolder) + "/" + name + ".jsonl";
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  Conversation conversation;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    auto doc = std::make_shared<rapidjson::Document>();
    if (doc->Parse(line.data(), line.size()).HasParseError() || !doc->IsObject()) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": not a JSON object");
    }
    if (doc->HasMember("scenario")) {
      conversation.scenario = text(*doc, "scenario");
      conversation.server = text(*doc, "server");
      conversation.client = text(*doc, "client");
      conversation.what = text(*doc, "what");
      continue;
    }
    try {
      conversation.steps.push_back(parse_step(std::move(doc)));
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  return conversation;
}

std::vector<std::string> conversation_names(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& folder : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = folder.path().filename().string();
    if (!std::filesystem::is_directory(folder.path()) || !name.starts_with(prefix)) continue;
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
      if (file.path().extension() == ".jsonl") names.push_back(name + "/" + file.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace interconnect::wire
