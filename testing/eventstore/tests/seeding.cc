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

const Value* member(const Value& v, const char* name) {
  if (!v.IsObject()) return nullptr;
  auto it = v.FindMember(name);
  return it == v.MemberEnd() ? nullptr : &it->value;
}

std::string text(const Value* v) {
  return v != nullptr && v->IsString() ? std::string(v->GetString(), v->GetStringLength()) : "";
}
std::string text(const Value& v, const char* name) { return text(member(v, name)); }

std::string bytes(const Value* v) {
  if (v == nullptr) return "";
  if (const Value* base64 = member(*v, "base64")) return base64_decode(text(base64));
  return text(*v, "utf8");
}

std::int64_t number(const Value* v) {
  if (v == nullptr) return 0;
  return v->IsString() ? std::atoll(v->GetString()) : v->GetInt64();
}

std::string guid(const Value* id) {
  if (id == nullptr) return "";
  if (const Value* halves = member(*id, "structured")) {
    EventId bytes;
    std::size_t at = 0;
    for (const char* half : {"mostSignificantBits", "leastSignificantBits"}) {
      const auto bits = static_cast<std::uint64_t>(number(member(*halves, half)));
      for (int shift = 56; shift >= 0; shift -= 8) bytes[at++] = static_cast<std::uint8_t>(bits >> shift);
    }
    return to_text(bytes);
  }
  if (const Value* string = member(*id, "string")) return text(string);
  if (const Value* guid = member(*id, "guid")) return text(guid);
  return "";
}

template <class Visit>
void for_each_object(const Value& v, const Visit& visit) {
  if (v.IsObject()) {
    visit(v);
    for (const auto& m : v.GetObject()) for_each_object(m.value, visit);
  } else if (v.IsArray()) {
    for (const auto& e : v.GetArray()) for_each_object(e, visit);
  }
}

std::string stream_of(const Value& v) {
  if (const Value* identifier = member(v, "streamIdentifier")) return bytes(member(*identifier, "streamName"));
  return text(v, "eventStreamId");
}

bool is_record(const Value& v) {
  return (member(v, "eventStreamId") != nullptr && member(v, "eventType") != nullptr) ||
         (member(v, "streamIdentifier") != nullptr && member(v, "metadata") != nullptr);
}

// Stream and group.
using Group = std::pair<std::string, std::string>;

// Of "stream::group".
Group stream_and_group(const std::string& id) {
  const std::size_t colons = id.rfind("::");
  return colons == std::string::npos ? Group() : Group(id.substr(0, colons), id.substr(colons + 2));
}

class Planner {
 public:
  Planner(const wire::Conversation& conversation, const SeedingHints& hints)
      : conversation_(conversation), hints_(hints) {}

  std::vector<SideRequest> plan() {
    for (const Step& step : conversation_.steps) look(step);
    for (const auto& [group, seq] : told_groups_) needed(seq, group);
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
      for (const auto& [number, event] : events) ordered.emplace(event.created, to_request(stream, event));
    }
    std::vector<SideRequest> plan;
    for (auto& [created, request] : ordered) plan.push_back(std::move(request));
    plan.insert(plan.end(), groups_.begin(), groups_.end());
    std::stable_sort(plan.begin(), plan.end(),
                     [](const auto& a, const auto& b) { return a.before_seq < b.before_seq; });
    return plan;
  }

 private:
  static std::string call_of(const Step& step) {
    return step.proto == "tcp" ? step.correlation_id : std::to_string(step.conn) + "/" + std::to_string(step.stream);
  }

  void look(const Step& step) {
    if (step.proto == "http") return look_at_http(step);
    const Value* decoded = member(*step.json, "decoded");
    if (step.event == "headers" && step.from_client()) opened_[call_of(step)] = step.seq;
    if (decoded == nullptr) return;
    if (step.from_client()) {
      if (step.is_package() && opened_.emplace(call_of(step), step.seq).second) {
        streams_[call_of(step)] = text(*decoded, "eventStreamId");
      }
      if (member(*decoded, "options") != nullptr && member(*member(*decoded, "options"), "subscription") != nullptr) {
        subscriptions_.insert(call_of(step));
      }
      if (step.command.find("ConnectToPersistent") != std::string::npos) {
        asked_[call_of(step)] = {text(*decoded, "eventStreamId"), text(*decoded, "subscriptionId")};
      } else if (step.command == "CreatePersistentSubscription") {
        created_.insert({text(*decoded, "eventStreamId"), text(*decoded, "subscriptionGroupName")});
      } else if (const Value* options = member(*decoded, "options"); options != nullptr) {
        const Group group = {stream_of(*options), text(*options, "groupName")};
        if (step.method.ends_with("/Create")) created_.insert(group);
        if (step.method.ends_with("Subscriptions/Read")) asked_[call_of(step)] = group;
      }
      for_each_object(*decoded, [this](const Value& v) {
        const Value* id = member(v, "eventId") != nullptr ? member(v, "eventId") : member(v, "id");
        if (id != nullptr) written_.insert(guid(id));
      });
      return;
    }
    if (const Value* subscriptions = member(*decoded, "subscriptions")) {
      for (const auto& s : subscriptions->GetArray()) {
        const Group group = {text(s, "eventSource"), text(s, "groupName")};
        if (group.first != "$all") told_groups_.emplace_back(group, opened_[call_of(step)]);
      }
    }
    if (step.command == "PersistentSubscriptionConfirmation" ||
        member(*decoded, "subscriptionConfirmation") != nullptr) {
      if (auto it = asked_.find(call_of(step)); it != asked_.end()) needed(opened_[call_of(step)], it->second);
    }
    if (const Value* last = member(*decoded, "lastEventNumber"); last != nullptr && step.is_package()) {
      int seq = opened_[call_of(step)];
      // What a group finds on its first connection was there before it was made.
      auto made = made_over_http_.find(stream_and_group(text(*decoded, "subscriptionId")));
      if (made != made_over_http_.end()) seq = std::min(seq, made->second);
      there_.push_back({streams_[call_of(step)], number(last), seq});
    }
    const bool push = step.command.ends_with("EventAppeared") ||
                      (member(*decoded, "commitPosition") != nullptr && !step.command.starts_with("ReadAllEvents")) ||
                      subscriptions_.contains(call_of(step));
    const bool from_log = !step.is_package() && member(*decoded, "noPosition") == nullptr;
    const bool persistent = step.method.ends_with("Subscriptions/Read");
    const bool live = step.is_package() ? push : from_log && (persistent || subscriptions_.contains(call_of(step)));
    const Value* event = member(*decoded, "event");
    // A link was there before; so was what it leads to.
    const bool linked = event != nullptr && member(*event, "link") != nullptr;
    const bool pushed_live = live && !linked && !hints_.caught_up.contains(step.seq);
    const int before = pushed_live ? step.seq : opened_[call_of(step)];
    for_each_object(*decoded, [&](const Value& v) {
      if (is_record(v)) told(v, before);
    });
  }

  void look_at_http(const Step& step) {
    const Value* target = member(*step.json, "target");
    if (step.from_client() && target != nullptr && step.method == "PUT") {
      const std::string path = text(target);
      const std::size_t slash = path.rfind('/');
      if (path.starts_with("/subscriptions/")) {
        const Group group = {percent_decode(path.substr(15, slash - 15)), path.substr(slash + 1)};
        created_.insert(group);
        made_over_http_.emplace(group, step.seq);
      }
    }
    // A group that an answer tells is there when it is asked for.
    const Value* body = member(*step.json, "body_json");
    if (body == nullptr) return;
    for_each_object(*body, [&](const Value& v) {
      if (member(v, "groupName") == nullptr || member(v, "eventStreamId") == nullptr) return;
      told_groups_.emplace_back(Group(text(v, "eventStreamId"), text(v, "groupName")),
                                static_cast<int>(number(member(*step.json, "in_reply_to"))));
    });
  }

  // The settings that some answer of the conversation tells for the group.
  std::string settings_of(const Group& group) {
    for (const Step& step : conversation_.steps) {
      if (const Value* decoded = member(*step.json, "decoded")) {
        if (const Value* subscriptions = member(*decoded, "subscriptions")) {
          for (const auto& s : subscriptions->GetArray()) {
            if (text(s, "eventSource") == group.first && text(s, "groupName") == group.second) return settings_of(s);
          }
        }
      }
      const Value* body = member(*step.json, "body_json");
      if (body == nullptr || text(*body, "eventStreamId") != group.first || text(*body, "groupName") != group.second) {
        continue;
      }
      if (const Value* config = member(*body, "config")) {
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
  static std::string settings_of(const Value& info) {
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
      w.Int64(number(member(info, name)));
    }
    w.Key("resolveLinkTos");
    const Value* resolves = member(info, "resolveLinkTos");
    w.Bool(resolves != nullptr && resolves->GetBool());
    w.Key("namedConsumerStrategy");
    w.String(text(info, "namedConsumerStrategy").c_str());
    w.EndObject();
    return {out.GetString(), out.GetSize()};
  }

  // A group that was made beside the conversation, before the step of this number.
  void needed(int seq, const Group& group) {
    if (!created_.insert(group).second) return;
    groups_.push_back({seq, false, "PUT",
                       "/subscriptions/" + percent_encode(group.first) + "/" + percent_encode(group.second),
                       settings_of(group), kAsAdmin});
  }

  void told(const Value& v, int before) {
    const std::string stream = stream_of(v);
    const bool servers_own = stream.starts_with('$') && stream != "$$$all";
    if (servers_own && !hints_.whole_log) return link_told(v, before);
    Event event;
    event.before_seq = before;
    std::int64_t revision;
    if (const Value* metadata = member(v, "metadata"); member(v, "streamIdentifier") != nullptr) {
      event.id = guid(member(v, "id"));
      event.type = text(*metadata, "type");
      event.is_json = text(*metadata, "content-type") == "application/json";
      event.metadata = bytes(member(v, "customMetadata"));
      event.created = number(member(*metadata, "created"));
      revision = number(member(v, "streamRevision"));
    } else {
      event.id = guid(member(v, "eventId"));
      event.type = text(v, "eventType");
      event.is_json = number(member(v, "dataContentType")) == 1;
      event.metadata = bytes(metadata);
      event.created = number(member(v, "created"));
      revision = number(member(v, "eventNumber"));
    }
    event.data = bytes(member(v, "data"));
    const bool own_type = event.type.starts_with('$') && event.type != "$>" && stream != "$$$all";
    if ((own_type && !servers_own) || event.id.empty() || written_.contains(event.id)) return;
    events_[stream].emplace(revision, event);
  }

  // What a projection's link leads to was there before the link.
  void link_told(const Value& v, int before) {
    const Value* metadata = member(v, "metadata");
    const bool link = text(v, "eventType") == "$>" || (metadata != nullptr && text(*metadata, "type") == "$>");
    const std::string target = bytes(member(v, "data"));
    const std::size_t at = target.find('@');
    if (!link || at == std::string::npos || target[at + 1] == '$') return;
    const std::int64_t number = std::atoll(target.c_str());
    if (number != INT64_MAX) there_.push_back({target.substr(at + 1), number, before});
  }

  static SideRequest to_request(const std::string& stream, const Event& event) {
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
    text("data", base64_encode(event.data));
    text("metadata", base64_encode(event.metadata));
    w.EndObject();
    w.EndArray();
    w.EndObject();
    return {event.before_seq, true, "POST", "/append/" + percent_encode(stream), out.GetString(), ""};
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

std::vector<SideRequest> plan_seeding(const wire::Conversation& conversation, const SeedingHints& hints) {
  return Planner(conversation, hints).plan();
}

}  // namespace interconnect::eventstore
