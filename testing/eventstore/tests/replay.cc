#include "testing/eventstore/tests/replay.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <regex>
#include <set>

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace interconnect::eventstore {
namespace {

using rapidjson::Value;

Options OnManualTime(Options options, const Recording& recording) {
  options.manual_time = true;
  options.projections = recording.projections;
  return options;
}

// A value as text that does not depend on the order of members, ports, ids that the server chose, and measured speed.
std::string Readable(const Value& v, const std::string& indent = "") {
  static const std::set<std::string> kVolatile = {"correlationId", "averageItemsPerSecond", "countSinceLastMeasurement",
                                                  "from"};
  static const std::regex kPort("127\\.0\\.0\\.1:[0-9]+");
  if (v.IsObject()) {
    std::map<std::string, std::string> members;
    for (const auto& m : v.GetObject()) {
      const std::string name = m.name.GetString();
      if (!kVolatile.contains(name)) members[name] = Readable(m.value, indent + "  ");
    }
    std::string out = "{\n";
    for (const auto& [name, value] : members)
      out.append(indent).append("  ").append(name).append(": ").append(value).append("\n");
    return out + indent + "}";
  }
  if (v.IsArray()) {
    std::string out = "[\n";
    for (const auto& e : v.GetArray()) out += indent + "  " + Readable(e, indent + "  ") + "\n";
    return out + indent + "]";
  }
  if (v.IsString()) return "\"" + std::regex_replace(v.GetString(), kPort, "HOST") + "\"";
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  v.Accept(writer);
  return out.GetString();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Answer {
  int status = 0;
  std::string reason;
  std::map<std::string, std::string> headers;
  std::string body;
};

Answer Parse(const std::string& text) {
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
    answer.headers[Lower(text.substr(from, colon - from))] = text.substr(colon + 2, line_end - colon - 2);
  }
  answer.body = text.substr(head_end + 4);
  return answer;
}

void ExpectSame(const std::string& target, const wire::Step& want, const Answer& got) {
  static const std::regex kPort("127\\.0\\.0\\.1:[0-9]+");
  const auto& json = *want.json;
  EXPECT_EQ(got.status, json["status"].GetInt()) << got.body;
  EXPECT_EQ(got.reason, json["reason"].GetString());
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : want.headers) headers[Lower(name)] = value;
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
  EXPECT_EQ(Readable(body), Readable(json["body_json"]));
}

}  // namespace

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

std::string TestName(const Recording& recording) {
  std::string name = recording.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

ReplayStage::ReplayStage(const Recording& recording, Options options)
    : conversation_(wire::ReadConversation(recording.name)),
      server_(OnManualTime(std::move(options), recording)),
      plan_(PlanSeeding(conversation_, recording.group_settings)) {
  plan_.insert(plan_.end(), recording.beside.begin(), recording.beside.end());
  std::stable_sort(plan_.begin(), plan_.end(),
                   [](const SideRequest& a, const SideRequest& b) { return a.before_seq < b.before_seq; });
}

void ReplayStage::Reach(const wire::Step& step, const std::function<void()>& settle) {
  constexpr std::int64_t kShortest = 100;
  const bool has_seeds = planned_ < plan_.size() && plan_[planned_].before_seq <= step.seq;
  if (has_seeds || step.t_ms >= time_ms_ + kShortest) settle();
  if (step.t_ms >= time_ms_ + kShortest) {
    Advance(step.t_ms - time_ms_);
    time_ms_ = step.t_ms;
  }
  for (; planned_ < plan_.size() && plan_[planned_].before_seq <= step.seq; ++planned_) {
    const SideRequest& side = plan_[planned_];
    const std::string answer = eventstore::Http(side.admin ? server_.admin_port() : server_.http_port(), side.method,
                                                side.target, side.body, side.headers);
    EXPECT_EQ(answer.substr(0, 10), "HTTP/1.1 2") << side.method << " " << side.target << "\n" << answer;
  }
}

void ReplayStage::Nudge() {
  constexpr std::int64_t kStep = 250;
  Advance(kStep);
  time_ms_ += kStep;
}

void ReplayStage::Advance(std::int64_t ms) {
  eventstore::Http(server_.admin_port(), "POST", "/misbehave", "{\"advanceMs\": " + std::to_string(ms) + "}");
}

void ReplayStage::Http(const wire::Step& step) {
  const auto& json = *step.json;
  if (step.FromClient() && json.HasMember("target")) {
    std::string headers;
    for (const auto& [name, value] : step.headers) {
      const std::string lower = Lower(name);
      if (lower == "host" || lower == "connection" || lower == "content-length" || lower == "transfer-encoding")
        continue;
      headers.append(name).append(": ").append(value).append("\r\n");
    }
    const std::string body = json.HasMember("body") && json["body"].IsString() ? json["body"].GetString() : "";
    answers_[step.seq] = std::async(std::launch::async, eventstore::Http, server_.http_port(), step.method,
                                    std::string(json["target"].GetString()), body, headers);
  } else if (json.HasMember("status")) {
    const int request = json["in_reply_to"].GetInt();
    auto& answer = answers_[request];
    ASSERT_TRUE(answer.valid()) << "no request";
    while (answer.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) Nudge();
    for (const wire::Step& asked : conversation_.steps) {
      if (asked.seq == request) ExpectSame((*asked.json)["target"].GetString(), step, Parse(answer.get()));
    }
  }
}

void ReplayStage::AwaitConfirmations(const std::string& group, int count) {
  for (int i = 0; i < 5000; ++i) {
    const std::string state = Parse(eventstore::Http(server_.admin_port(), "GET", "/state")).body;
    rapidjson::Document d;
    d.Parse(state.data(), state.size());
    if (!d["groups"].HasMember(group.c_str()) || d["groups"][group.c_str()]["confirmations"].GetInt() >= count) return;
  }
  ADD_FAILURE() << group << " never saw " << count << " confirmations";
}

}  // namespace interconnect::eventstore
