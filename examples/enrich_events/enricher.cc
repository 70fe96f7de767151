#include "enricher.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>
#include <string_view>

#include "domain/event.h"
#include "domain/event_metadata.h"
#include "domain/json_text.h"

namespace enrich_events {
namespace {

using interconnect::Event;
using interconnect::EventView;

std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

const rapidjson::Value* string_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() || !member->value.IsString() ? nullptr : &member->value;
}

// The members' own text, so that every byte of them is kept; empty where there is none.
struct Content {
  std::string_view data;
  std::string_view metadata;
};

std::optional<Content> content_of(std::string_view line) {
  Content content;
  interconnect::JsonObjectText object;
  const bool is_object = interconnect::scan_json_object(line, object, [&](const interconnect::JsonMember& member) {
    const std::string_view value = line.substr(member.value_begin, member.value_end - member.value_begin);
    if (interconnect::json_string_is(member.name, "data")) content.data = value;
    if (interconnect::json_string_is(member.name, "metadata")) content.metadata = value;
  });
  if (!is_object) return std::nullopt;
  return content;
}

std::string line_of(const Event& event) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  const auto write = [&writer](const char* name, std::string_view value) {
    writer.Key(name);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  const auto write_json = [&writer](const char* name, std::string_view json) {
    if (json.empty()) return;
    writer.Key(name);
    writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  };
  writer.StartObject();
  write("stream", event.stream());
  write("id", to_string(event.id()));
  write("type", event.type());
  write_json("data", event.data());
  write_json("metadata", event.metadata());
  writer.EndObject();
  return text.GetString();
}

}  // namespace

std::variant<std::string, Refusal> enrich(const std::string& line, const interconnect::EventPolicy& policy) {
  const auto content = content_of(line);
  if (!content) return Refusal{"it is no JSON object"};
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  const rapidjson::Value* const stream = string_member(document, "stream");
  const rapidjson::Value* const type = string_member(document, "type");
  const rapidjson::Value* const id_text = string_member(document, "id");
  if (stream == nullptr || type == nullptr || id_text == nullptr) {
    return Refusal{"it needs stream, id and type, all strings"};
  }
  const auto id = interconnect::parse_event_id(text_of(*id_text));
  if (!id) return Refusal{"its id is no UUID"};

  const EventView event{.stream = text_of(*stream),
                        .id = *id,
                        .type = text_of(*type),
                        .content = interconnect::ContentKind::kJson,
                        .data = content->data,
                        .metadata = content->metadata};
  const interconnect::Verdict verdict = policy.judge(event);
  if (const auto* invalid = std::get_if<interconnect::Invalid>(&verdict)) return Refusal{invalid->reason};
  if (std::holds_alternative<interconnect::NotAllowed>(verdict)) {
    return Refusal{"events of type " + std::string(event.type) + " are not allowed"};
  }
  return line_of(interconnect::with_copy_metadata(event));
}

Counts enrich_all(std::istream& in, std::ostream& out, std::ostream& refused, const interconnect::EventPolicy& policy) {
  Counts counts;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    const auto enriched = enrich(line, policy);
    if (const auto* text = std::get_if<std::string>(&enriched)) {
      out << *text << '\n';
      ++counts.enriched;
    } else {
      refused << "line " << number << ": " << std::get<Refusal>(enriched).reason << '\n';
      ++counts.refused;
    }
  }
  return counts;
}

}  // namespace enrich_events
