#include "testing/eventstore/tests/seeding.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {
namespace {

using rapidjson::Value;
using wire::Step;

struct Event {
  int before_seq = 0;
  // Orders events of several streams.
  std::int64_t created = 0;
  std::string id;
  std::string type;
  bool is_json = false;
  std::string data;
  std::string metadata;
};

const Value* Member(const Value& v, const char* name) {
  if (!v.IsObject()) return nullptr;
  auto it = v.FindMember(name);
  return it == v.MemberEnd() ? nullptr : &it->value;
}

std::string Text(const Value* v) {
  return v != nullptr && v->IsString() ? std::string(v->GetString(), v->GetStringLength()) : "";
}
std::string Text(const Value& v, const char* name) { return Text(Member(v, name)); }

std::string Bytes(const Value* v) {
  if (v == nullptr) return "";
  if (const Value* base64 = Member(*v, "base64")) return Base64Decode(Text(base64));
  return Text(*v, "utf8");
}

std::int64_t Number(const Value* v) {
  if (v == nullptr) return 0;
  return v->IsString() ? std::atoll(v->GetString()) : v->GetInt64();
}

std::string Guid(const Value* id) {
  if (id == nullptr) return "";
  if (const Value* halves = Member(*id, "structured")) {
    EventId bytes;
    std::size_t at = 0;
    for (const char* half : {"mostSignificantBits", "leastSignificantBits"}) {
      const auto bits = static_cast<std::uint64_t>(Number(Member(*halves, half)));
      for (int shift = 56; shift >= 0; shift -= 8) bytes[at++] = static_cast<std::uint8_t>(bits >> shift);
    }
    return ToText(bytes);
  }
  if (const Value* text = Member(*id, "string")) return Text(text);
  if (const Value* guid = Member(*id, "guid")) return Text(guid);
  return "";
}

template <class Visit>
void ForEachObject(const Value& v, const Visit& visit) {
  if (v.IsObject()) {
    visit(v);
    for (const auto& m : v.GetObject()) ForEachObject(m.value, visit);
  } else if (v.IsArray()) {
    for (const auto& e : v.GetArray()) ForEachObject(e, visit);
  }
}

std::string StreamOf(const Value& v) {
  if (const Value* identifier = Member(v, "streamIdentifier")) return Bytes(Member(*identifier, "streamName"));
  return Text(v, "eventStreamId");
}

bool IsRecord(const Value& v) {
  return (Member(v, "eventStreamId") != nullptr && Member(v, "eventType") != nullptr) ||
         (Member(v, "streamIdentifier") != nullptr && Member(v, "metadata") != nullptr);
}

// Stream and group.
using Group = std::pair<std::string, std::string>;

// Of "stream::group".
Group StreamAndGroup(const std::string& id) {
  const std::size_t colons = id.rfind("::");
  return colons == std::string::npos ? Group() : Group(id.substr(0, colons), id.substr(colons + 2));
}

class Planner {
 public:
  Planner(const wire::Conversation& conversation, const SeedingHints& hints)
      : conversation_(conversation), hints_(hints) {}

  std::vector<SideRequest> Plan() {
    for (const Step& step : conversation_.steps) Look(step);
    for (const auto& [group, seq] : told_groups_) Needed(seq, group);
    std::multimap<std::int64_t, SideRequest> ordered;
    for (const auto& [stream, last, seq] : there_) {
      for (auto& [number, event] : events_[stream]) {
        if (number <= last) event.before_seq = std::min(event.before_seq, seq);
      }
    }
    for (auto& [stream, events] : events_) {
      int latest = 1 << 30;
      for (auto it = events.rbegin(); it != events.rend(); ++it) {
        latest = it->second.before_seq = std::min(latest, it->second.before_seq);
      }
      for (const auto& [number, event] : events) ordered.emplace(event.created, ToRequest(stream, event));
    }
    std::vector<SideRequest> plan;
    for (auto& [created, request] : ordered) plan.push_back(std::move(request));
    plan.insert(plan.end(), groups_.begin(), groups_.end());
    std::stable_sort(plan.begin(), plan.end(),
                     [](const auto& a, const auto& b) { return a.before_seq < b.before_seq; });
    return plan;
  }

 private:
  static std::string CallOf(const Step& step) {
    return step.proto == "tcp" ? step.correlation_id : std::to_string(step.conn) + "/" + std::to_string(step.stream);
  }

  void Look(const Step& step) {
    if (step.proto == "http") return LookAtHttp(step);
    const Value* decoded = Member(*step.json, "decoded");
    if (step.event == "headers" && step.FromClient()) opened_[CallOf(step)] = step.seq;
    if (decoded == nullptr) return;
    if (step.FromClient()) {
      if (step.IsPackage() && opened_.emplace(CallOf(step), step.seq).second) {
        streams_[CallOf(step)] = Text(*decoded, "eventStreamId");
      }
      if (Member(*decoded, "options") != nullptr && Member(*Member(*decoded, "options"), "subscription") != nullptr) {
        subscriptions_.insert(CallOf(step));
      }
      if (step.command.find("ConnectToPersistent") != std::string::npos) {
        asked_[CallOf(step)] = {Text(*decoded, "eventStreamId"), Text(*decoded, "subscriptionId")};
      } else if (step.command == "CreatePersistentSubscription") {
        created_.insert({Text(*decoded, "eventStreamId"), Text(*decoded, "subscriptionGroupName")});
      } else if (const Value* options = Member(*decoded, "options"); options != nullptr) {
        const Group group = {StreamOf(*options), Text(*options, "groupName")};
        if (step.method.ends_with("/Create")) created_.insert(group);
        if (step.method.ends_with("Subscriptions/Read")) asked_[CallOf(step)] = group;
      }
      ForEachObject(*decoded, [this](const Value& v) {
        const Value* id = Member(v, "eventId") != nullptr ? Member(v, "eventId") : Member(v, "id");
        if (id != nullptr) written_.insert(Guid(id));
      });
      return;
    }
    if (const Value* subscriptions = Member(*decoded, "subscriptions")) {
      for (const auto& s : subscriptions->GetArray()) {
        const Group group = {Text(s, "eventSource"), Text(s, "groupName")};
        if (group.first != "$all") told_groups_.emplace_back(group, opened_[CallOf(step)]);
      }
    }
    if (step.command == "PersistentSubscriptionConfirmation" ||
        Member(*decoded, "subscriptionConfirmation") != nullptr) {
      if (auto it = asked_.find(CallOf(step)); it != asked_.end()) Needed(opened_[CallOf(step)], it->second);
    }
    if (const Value* last = Member(*decoded, "lastEventNumber"); last != nullptr && step.IsPackage()) {
      int seq = opened_[CallOf(step)];
      // What a group finds on its first connection was there before it was made.
      auto made = made_over_http_.find(StreamAndGroup(Text(*decoded, "subscriptionId")));
      if (made != made_over_http_.end()) seq = std::min(seq, made->second);
      there_.push_back({streams_[CallOf(step)], Number(last), seq});
    }
    const bool push = step.command.ends_with("EventAppeared") ||
                      (Member(*decoded, "commitPosition") != nullptr && !step.command.starts_with("ReadAllEvents")) ||
                      subscriptions_.contains(CallOf(step));
    const bool from_log = !step.IsPackage() && Member(*decoded, "noPosition") == nullptr;
    const bool persistent = step.method.ends_with("Subscriptions/Read");
    const bool live = step.IsPackage() ? push : from_log && (persistent || subscriptions_.contains(CallOf(step)));
    const Value* event = Member(*decoded, "event");
    // A link was there before; so was what it leads to.
    const bool linked = event != nullptr && Member(*event, "link") != nullptr;
    const bool pushed_live = live && !linked && !hints_.caught_up.contains(step.seq);
    const int before = pushed_live ? step.seq : opened_[CallOf(step)];
    ForEachObject(*decoded, [&](const Value& v) {
      if (IsRecord(v)) Told(v, before);
    });
  }

  void LookAtHttp(const Step& step) {
    const Value* target = Member(*step.json, "target");
    if (step.FromClient() && target != nullptr && step.method == "PUT") {
      const std::string path = Text(target);
      const std::size_t slash = path.rfind('/');
      if (path.starts_with("/subscriptions/")) {
        const Group group = {PercentDecode(path.substr(15, slash - 15)), path.substr(slash + 1)};
        created_.insert(group);
        made_over_http_.emplace(group, step.seq);
      }
    }
    // A group that an answer tells is there when it is asked for.
    const Value* body = Member(*step.json, "body_json");
    if (body == nullptr) return;
    ForEachObject(*body, [&](const Value& v) {
      if (Member(v, "groupName") == nullptr || Member(v, "eventStreamId") == nullptr) return;
      told_groups_.emplace_back(Group(Text(v, "eventStreamId"), Text(v, "groupName")),
                                static_cast<int>(Number(Member(*step.json, "in_reply_to"))));
    });
  }

  // The settings that some answer of the conversation tells for the group.
  std::string SettingsOf(const Group& group) {
    for (const Step& step : conversation_.steps) {
      if (const Value* decoded = Member(*step.json, "decoded")) {
        if (const Value* subscriptions = Member(*decoded, "subscriptions")) {
          for (const auto& s : subscriptions->GetArray()) {
            if (Text(s, "eventSource") == group.first && Text(s, "groupName") == group.second) return SettingsOf(s);
          }
        }
      }
      const Value* body = Member(*step.json, "body_json");
      if (body == nullptr || Text(*body, "eventStreamId") != group.first || Text(*body, "groupName") != group.second) {
        continue;
      }
      if (const Value* config = Member(*body, "config")) {
        rapidjson::StringBuffer out;
        rapidjson::Writer<rapidjson::StringBuffer> writer(out);
        config->Accept(writer);
        return {out.GetString(), out.GetSize()};
      }
    }
    auto own = hints_.settings_of_group.find(group.second);
    return own != hints_.settings_of_group.end() ? own->second : hints_.group_settings;
  }

  // Of a SubscriptionInfo, which leaves out what is zero.
  static std::string SettingsOf(const Value& info) {
    static constexpr const char* kNumbers[] = {"messageTimeoutMilliseconds",
                                               "maxRetryCount",
                                               "liveBufferSize",
                                               "bufferSize",
                                               "readBatchSize",
                                               "checkPointAfterMilliseconds",
                                               "minCheckPointCount",
                                               "maxCheckPointCount",
                                               "maxSubscriberCount",
                                               "startFrom"};
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> w(out);
    w.StartObject();
    for (const char* name : kNumbers) {
      w.Key(name);
      w.Int64(Number(Member(info, name)));
    }
    w.Key("resolveLinkTos");
    const Value* resolves = Member(info, "resolveLinkTos");
    w.Bool(resolves != nullptr && resolves->GetBool());
    w.Key("namedConsumerStrategy");
    w.String(Text(info, "namedConsumerStrategy").c_str());
    w.EndObject();
    return {out.GetString(), out.GetSize()};
  }

  // A group that was made beside the conversation, before the step of this number.
  void Needed(int seq, const Group& group) {
    if (!created_.insert(group).second) return;
    groups_.push_back({seq, false, "PUT",
                       "/subscriptions/" + PercentEncode(group.first) + "/" + PercentEncode(group.second),
                       SettingsOf(group), kAsAdmin});
  }

  void Told(const Value& v, int before) {
    const std::string stream = StreamOf(v);
    const bool servers_own = stream.starts_with('$') && stream != "$$$all";
    if (servers_own && !hints_.whole_log) return LinkTold(v, before);
    Event event;
    event.before_seq = before;
    std::int64_t number;
    if (const Value* metadata = Member(v, "metadata"); Member(v, "streamIdentifier") != nullptr) {
      event.id = Guid(Member(v, "id"));
      event.type = Text(*metadata, "type");
      event.is_json = Text(*metadata, "content-type") == "application/json";
      event.metadata = Bytes(Member(v, "customMetadata"));
      event.created = Number(Member(*metadata, "created"));
      number = Number(Member(v, "streamRevision"));
    } else {
      event.id = Guid(Member(v, "eventId"));
      event.type = Text(v, "eventType");
      event.is_json = Number(Member(v, "dataContentType")) == 1;
      event.metadata = Bytes(metadata);
      event.created = Number(Member(v, "created"));
      number = Number(Member(v, "eventNumber"));
    }
    event.data = Bytes(Member(v, "data"));
    const bool own_type = event.type.starts_with('$') && event.type != "$>" && stream != "$$$all";
    if ((own_type && !servers_own) || event.id.empty() || written_.contains(event.id)) return;
    events_[stream].emplace(number, event);
  }

  // What a projection's link leads to was there before the link.
  void LinkTold(const Value& v, int before) {
    const Value* metadata = Member(v, "metadata");
    const bool link = Text(v, "eventType") == "$>" || (metadata != nullptr && Text(*metadata, "type") == "$>");
    const std::string target = Bytes(Member(v, "data"));
    const std::size_t at = target.find('@');
    if (!link || at == std::string::npos || target[at + 1] == '$') return;
    const std::int64_t number = std::atoll(target.c_str());
    if (number != INT64_MAX) there_.push_back({target.substr(at + 1), number, before});
  }

  static SideRequest ToRequest(const std::string& stream, const Event& event) {
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> w(out);
    w.StartObject();
    w.Key("events");
    w.StartArray();
    w.StartObject();
    auto text = [&w](const char* key, const std::string& value) {
      w.Key(key);
      w.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
    };
    text("id", event.id);
    text("type", event.type);
    text("contentType", event.is_json ? "application/json" : "application/octet-stream");
    text("data", Base64Encode(event.data));
    text("metadata", Base64Encode(event.metadata));
    w.EndObject();
    w.EndArray();
    w.EndObject();
    return {event.before_seq, true, "POST", "/append/" + PercentEncode(stream), out.GetString(), ""};
  }

  const wire::Conversation& conversation_;
  const SeedingHints& hints_;
  // What was asked, by call: when, and of which stream.
  std::map<std::string, int> opened_;
  std::map<std::string, std::string> streams_;
  // A stream had events up to the number when a request of this sequence number was made.
  struct There {
    std::string stream;
    std::int64_t last;
    int seq;
  };
  std::vector<There> there_;
  std::set<std::string> subscriptions_;
  std::set<std::string> written_;
  std::map<std::string, std::map<std::int64_t, Event>> events_;
  std::map<std::string, Group> asked_;
  std::set<Group> created_;
  // When each was made in the conversation, and when an answer was asked for that tells it.
  std::map<Group, int> made_over_http_;
  std::vector<std::pair<Group, int>> told_groups_;
  std::vector<SideRequest> groups_;
};

}  // namespace

std::vector<SideRequest> PlanSeeding(const wire::Conversation& conversation, const SeedingHints& hints) {
  return Planner(conversation, hints).Plan();
}

}  // namespace interconnect::eventstore
