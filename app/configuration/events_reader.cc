#include "app/configuration/events_reader.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "adapters/json_schema/json_schema_validator.h"
#include "app/configuration/files.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxSchemaFile = 4 * 1024 * 1024;

std::optional<JsonSchema> read_schema(Section& section, std::string_view key, FileProblems& problems) {
  const YamlNode* const node = section.find(key);
  if (node == nullptr) {
    section.note(key, "none");
    return std::nullopt;
  }
  section.note(key, node->kind == YamlNode::Kind::kScalar ? node->scalar : "a schema");
  if (node->kind == YamlNode::Kind::kMap) return JsonSchema{to_json(*node), problems.place(node->mark)};
  if (node->kind != YamlNode::Kind::kScalar) {
    section.error(key, "must be the name of a file, or the schema itself as a map");
    return std::nullopt;
  }
  const std::string path = path_beside(problems.file(), node->scalar);
  auto text = read_file(path, kMaxSchemaFile);
  if (!text) {
    section.error(key, "the file " + path +
                           " cannot be read: name one that this user may read, from the configuration file's folder");
    return std::nullopt;
  }
  return JsonSchema{*std::move(text), path};
}

AllowedType read_event(const YamlNode& node, FileProblems& problems, const std::string& path) {
  AllowedType type;
  Section section(node, "an event", problems, path);
  section.require("type");
  section.read("type", type.pattern);
  const auto data = read_schema(section, "dataSchema", problems);
  const auto metadata = read_schema(section, "metadataSchema", problems);
  section.finish();
  if (type.pattern == "$streamDeleted") {
    section.error("type",
                  "$streamDeleted records the deletion of a stream at one server and is never copied: leave it out");
  }
  // One at a time, so that each schema's problem has its own line.
  for (const auto& [key, schema] : {std::pair{"dataSchema", &data}, std::pair{"metadataSchema", &metadata}}) {
    if (!*schema) continue;
    const auto alone = make_json_schema_validator(*schema, std::nullopt);
    if (const auto* error = std::get_if<JsonSchemaError>(&alone)) section.error(key, error->message);
  }
  if (data || metadata) {
    auto validator = make_json_schema_validator(data, metadata);
    if (auto* compiled = std::get_if<std::shared_ptr<const EventValidator>>(&validator)) {
      type.validator = std::move(*compiled);
    }
  }
  return type;
}

}  // namespace

std::vector<AllowedType> read_events(Section& file, FileProblems& problems) {
  std::vector<AllowedType> types;
  const YamlNode* const list = file.require("events");
  if (list == nullptr) return types;
  if (list->kind != YamlNode::Kind::kSequence || list->items.empty()) {
    file.error("events", "must be a list of at least one type: nothing is copied that is not listed");
    return types;
  }
  std::map<std::string, int> first_lines;
  for (const YamlNode& item : list->items) {
    AllowedType type = read_event(item, problems, "events[" + std::to_string(types.size()) + "].");
    const auto [first, is_new] = first_lines.try_emplace(type.pattern, item.mark.line);
    if (!is_new && !type.pattern.empty()) {
      problems.error(item.mark, "the same type stands in line " + std::to_string(first->second) + ": leave one out");
    }
    types.push_back(std::move(type));
  }
  return types;
}

}  // namespace interconnect
