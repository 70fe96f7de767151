#include "testing/eventstore/tests/replay.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <regex>
#include <set>

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {
namespace {

using rapidjson::Value;

Options on_manual_time(Options options, const Recording& recording) {
  options.manual_time = true;
  options.projections = recording.projections;
  return options;
}

// A value as text that does not depend on the order of members, ports, ids that the server chose, and measured speed.
std::string readable(const Value& v, const std::string& indent = "") {
  static const std::set<std::string> kVolatile = {"correlationId", "averageItemsPerSecond", "countSinceLastMeasurement",
                                                  "from"};
  static const std::regex kHost("https?://127\\.0\\.0\\.1:[0-9]+");
  if (v.IsObject()) {
    std::map<std::string, std::string> members;
    for (const auto& m : v.GetObject()) {
      const std::string name = m.name.GetString();
      if (!kVolatile.contains(name)) members[name] = readable(m.value, indent + "  ");
    }
    std::string out = "{\n";
    for (const auto& [name, value] : members)
      out.append(indent).append("  ").append(name).append(": ").append(value).append("\n");
    return out + indent + "}";
  }
  if (v.IsArray()) {
    std::string out = "[\n";
    for (const auto& e : v.GetArray()) out += indent + "  " + readable(e, indent + "  ") + "\n";
    return out + indent + "]";
  }
  if (v.IsString()) return "\"" + std::regex_replace(v.GetString(), kHost, "HOST") + "\"";
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  v.Accept(writer);
  return out.GetString();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Answer {
  int status = 0;
  std::string reason;
  std::map<std::string, std::string> headers;
  std::string body;
};

Answer parse(const std::string& text) {
  Answer answer;
  const std::size_t head_end = text.find("\r\n\r\n");
  std::size_t line_end = text.find("\r\n");
  if (head_end == std::string::npos) return answer;
  answer.status = std::atoi(text.c_str() + text.find(' '));
  const std::size_t reason = text.find(' ', text.find(' ') + 1) + 1;
  answer.reason = text.substr(reason, line_end - reason);
  while (line_end < head_end) {
    const std::size_t from = line_end + 2;
    line_end = text.find("\r\n", from);
    const std::size_t colon = text.find(": ", from);
    answer.headers[lower(text.substr(from, colon - from))] = text.substr(colon + 2, line_end - colon - 2);
  }
  answer.body = text.substr(head_end + 4);
  return answer;
}

void expect_same(const std::string& target, const wire::Step& want, const Answer& got) {
  static const std::regex kPort("127\\.0\\.0\\.1:[0-9]+");
  const auto& json = *want.json;
  EXPECT_EQ(got.status, json["status"].GetInt()) << got.body;
  EXPECT_EQ(got.reason, json["reason"].GetString());
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : want.headers) headers[lower(name)] = value;
  for (const char* name : {"location", "www-authenticate", "es-currentversion", "content-type"}) {
    auto it = got.headers.find(name);
    EXPECT_EQ(std::regex_replace(it == got.headers.end() ? "" : it->second, kPort, "HOST"),
              std::regex_replace(headers[name], kPort, "HOST"))
        << name;
  }
  // Of feeds, statistics and gossip nothing but the status is looked at by anyone; the list of all groups tells those
  // of other conversations.
  if (target == "/subscriptions") return;
  if (!target.starts_with("/subscriptions") || !json.HasMember("body_json") || json["body_json"].IsNull()) return;
  rapidjson::Document body;
  body.Parse(got.body.data(), got.body.size());
  ASSERT_FALSE(body.HasParseError()) << got.body;
  EXPECT_EQ(readable(body), readable(json["body_json"]));
}

}  // namespace

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

void expect_all_replayed(const std::vector<std::string>& names, const std::vector<Recording>& recordings) {
  for (const std::string& name : names) {
    EXPECT_TRUE(std::any_of(recordings.begin(), recordings.end(), [&](const Recording& r) { return r.name == name; }))
        << name;
  }
}

std::string test_name(const Recording& recording) {
  std::string name = recording.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

std::string without_volatile(const std::string& debug_string) {
  static const std::regex kAdded("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+]+");
  static const std::regex kCause(R"((\$c|\$p|\$causedBy)(\\+"):[^,}]+)");
  return std::regex_replace(std::regex_replace(debug_string, kAdded, "TIME"), kCause, "$1$2:X");
}

SideRequest deletion(int before_seq, const std::string& stream, bool hard) {
  return {before_seq, false,
          "DELETE",   "/streams/" + percent_encode(stream),
          "",         std::string(kAsAdmin) + (hard ? "ES-HardDelete: true\r\n" : "")};
}

SideRequest fill(int before_seq, const std::string& stream, int count) {
  std::string events;
  for (int i = 0; i < count; ++i) {
    events += (i == 0 ? "" : ",") +
              ("{\"id\":\"" + to_text(new_event_id()) + "\",\"type\":\"Filling\",\"data\":\"\",\"metadata\":\"\"}");
  }
  return {before_seq, true, "POST", "/append/" + percent_encode(stream), "{\"events\":[" + events + "]}", ""};
}

namespace {

bool is_position(const google::protobuf::FieldDescriptor& field) {
  return field.name().ends_with("commit_position") || field.name().ends_with("prepare_position");
}

bool is_int64(const google::protobuf::FieldDescriptor& field) {
  return field.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT64;
}

// Calls `visit` with each message and each position in it, in the order of the fields' numbers.
template <class Visit>
void for_each_position(google::protobuf::Message* message, const Visit& visit) {
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (is_position(*field)) {
      visit(message, field);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map()) {
      const int size = field->is_repeated() ? reflection->FieldSize(*message, field) : 1;
      for (int i = 0; i < size; ++i) {
        for_each_position(field->is_repeated() ? reflection->MutableRepeatedMessage(message, field, i)
                                               : reflection->MutableMessage(message, field),
                          visit);
      }
    }
  }
}

std::int64_t value_of(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  return is_int64(field) ? reflection->GetInt64(message, &field)
                         : static_cast<std::int64_t>(reflection->GetUInt64(message, &field));
}

std::vector<std::int64_t> positions_in(const google::protobuf::Message& message) {
  std::unique_ptr<google::protobuf::Message> copy(message.New());
  copy->CopyFrom(message);
  std::vector<std::int64_t> positions;
  for_each_position(copy.get(), [&](google::protobuf::Message* m, const google::protobuf::FieldDescriptor* field) {
    positions.push_back(value_of(*m, *field));
  });
  return positions;
}

}  // namespace

void Positions::learn(const google::protobuf::Message& recorded, const google::protobuf::Message& ours) {
  const std::vector<std::int64_t> theirs = positions_in(recorded);
  const std::vector<std::int64_t> own = positions_in(ours);
  for (std::size_t i = 0; i < theirs.size() && theirs.size() == own.size(); ++i) {
    if (theirs[i] > 1) ours_[theirs[i]] = own[i];
  }
}

void Positions::translate(google::protobuf::Message* request) const {
  for_each_position(request, [this](google::protobuf::Message* m, const google::protobuf::FieldDescriptor* field) {
    auto it = ours_.find(value_of(*m, *field));
    if (it == ours_.end()) return;
    if (is_int64(*field)) {
      m->GetReflection()->SetInt64(m, field, it->second);
    } else {
      m->GetReflection()->SetUInt64(m, field, static_cast<std::uint64_t>(it->second));
    }
  });
}

ReplayStage::ReplayStage(const Recording& recording, Options options)
    : recording_(recording),
      conversation_(wire::read_conversation(recording.name)),
      server_(on_manual_time(std::move(options), recording)),
      plan_(plan_seeding(conversation_, recording.hints)) {
  plan_.insert(plan_.end(), recording.beside.begin(), recording.beside.end());
  std::stable_sort(plan_.begin(), plan_.end(),
                   [](const SideRequest& a, const SideRequest& b) { return a.before_seq < b.before_seq; });
}

void ReplayStage::reach(const wire::Step& step, const std::function<void()>& settle) {
  constexpr std::int64_t kShortest = 100;
  const bool has_seeds = planned_ < plan_.size() && plan_[planned_].before_seq <= step.seq;
  if (has_seeds || step.t_ms >= time_ms_ + kShortest) settle();
  if (step.t_ms >= time_ms_ + kShortest) {
    advance(step.t_ms - time_ms_);
    time_ms_ = step.t_ms;
  }
  for (; planned_ < plan_.size() && plan_[planned_].before_seq <= step.seq; ++planned_) {
    const SideRequest& side = plan_[planned_];
    const std::string answer = eventstore::http(side.admin ? server_.admin_port() : server_.http_port(), side.method,
                                                side.target, side.body, side.headers);
    EXPECT_EQ(answer.substr(0, 10), "HTTP/1.1 2") << side.method << " " << side.target << "\n" << answer;
  }
}

std::string ReplayStage::payload(const wire::Step& step) const {
  if (!step.truncated) return step.payload;
  auto tail = recording_.cut_tails.find(step.seq);
  EXPECT_NE(tail, recording_.cut_tails.end()) << "payload was cut";
  return tail == recording_.cut_tails.end() ? step.payload : wire::regrown(step, tail->second);
}

void ReplayStage::nudge() {
  constexpr std::int64_t kStep = 250;
  advance(kStep);
  time_ms_ += kStep;
}

void ReplayStage::advance(std::int64_t ms) {
  eventstore::http(server_.admin_port(), "POST", "/misbehave", "{\"advanceMs\": " + std::to_string(ms) + "}");
}

void ReplayStage::http(const wire::Step& step) {
  const auto& json = *step.json;
  if (step.from_client() && json.HasMember("target")) {
    std::string headers;
    for (const auto& [name, value] : step.headers) {
      const std::string known = lower(name);
      if (known == "host" || known == "connection" || known == "content-length" || known == "transfer-encoding")
        continue;
      headers.append(name).append(": ").append(value).append("\r\n");
    }
    const std::string body = json.HasMember("body") && json["body"].IsString() ? json["body"].GetString() : "";
    answers_[step.seq] = std::async(std::launch::async, eventstore::http, server_.http_port(), step.method,
                                    std::string(json["target"].GetString()), body, headers);
  } else if (json.HasMember("status")) {
    const int request = json["in_reply_to"].GetInt();
    auto& answer = answers_[request];
    ASSERT_TRUE(answer.valid()) << "no request";
    while (answer.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) nudge();
    for (const wire::Step& asked : conversation_.steps) {
      if (asked.seq == request) expect_same((*asked.json)["target"].GetString(), step, parse(answer.get()));
    }
  }
}

void ReplayStage::await_confirmations(const std::string& group, int count) {
  await_group(group, [count](const Value& told) { return told["confirmations"].GetInt() >= count; });
}

void ReplayStage::await_consumers(const std::string& group, int count) {
  await_group(group, [count](const Value& told) { return told["consumers"].GetInt() <= count; });
}

void ReplayStage::await_group(const std::string& group, const std::function<bool(const Value&)>& satisfies) {
  for (int i = 0; i < 5000; ++i) {
    const std::string state = parse(eventstore::http(server_.admin_port(), "GET", "/state")).body;
    rapidjson::Document d;
    d.Parse(state.data(), state.size());
    if (!d["groups"].HasMember(group.c_str()) || satisfies(d["groups"][group.c_str()])) return;
  }
  ADD_FAILURE() << group << " never came to what was waited for";
}

}  // namespace interconnect::eventstore
